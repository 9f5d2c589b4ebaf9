import { CodedError } from './errors/index.js';
import type { EventKind } from './event.js';
import type { JobSpec } from './job-spec.js';
import { usualRejoinSeconds } from './vertical-spec.js';

/** Minor version of the package whose specs, events and posts this is; the first two numbers of package.json's. */
export const ownRelease = '0.2';
/** How many minor versions the first is ahead of the second; undefined across major versions. */
function ahead(one: string, other: string): number | undefined {
  const [major, minor] = one.split('.').map(Number) as [number, number];
  const [otherMajor, otherMinor] = other.split('.').map(Number) as [number, number];
  return major === otherMajor ? minor - otherMinor : undefined;
}

/** `0.2` of `0.2.7`. @throws {CodedError} VERSION_UNSUPPORTED for what is no version. */
function releaseOf(version: string, who: string): string {
  const [, found] = /^(\d{1,4}\.\d{1,4})\.\d/.exec(version) ?? [];
  if (found !== undefined) return found;
  throw new CodedError('VERSION_UNSUPPORTED', `${who} does not say which version it runs`);
}

/**
 * The minor version of a participant that this coordinator takes: its own or the one before.
 * @throws {CodedError} VERSION_UNSUPPORTED that says who upgrades.
 */
export function participantRelease(version: string, name: string): string {
  const its = releaseOf(version, name);
  const behind = ahead(ownRelease, its);
  if (behind === 0 || behind === 1) return its;
  const newer =
    behind === undefined ? Number.parseInt(its, 10) > Number.parseInt(ownRelease, 10) : behind < 0;
  const upgrade = newer ? 'the coordinator is upgraded first' : `the operator of ${name} upgrades it`;
  throw new CodedError(
    'VERSION_UNSUPPORTED',
    `${name} runs ${its}, the coordinator ${ownRelease}, which takes that version and the minor one before: ${upgrade}`,
    { parties: newer ? [] : [name] },
  );
}

/**
 * A participant asks this of its coordinator: an older one does not know what we would say, one that is two ahead may have
 * forgotten.
 * @throws {CodedError} VERSION_UNSUPPORTED that says who upgrades.
 */
export function checkCoordinatorVersion(version: string): void {
  const its = releaseOf(version, 'the coordinator');
  const before = ahead(its, ownRelease);
  if (before === 0 || before === 1) return;
  const older =
    before === undefined ? Number.parseInt(its, 10) < Number.parseInt(ownRelease, 10) : before < 0;
  throw new CodedError(
    'VERSION_UNSUPPORTED',
    `the coordinator runs ${its}, this participant ${ownRelease}: ${older ? 'the coordinator' : 'this participant'} is upgraded`,
  );
}

/** Oldest minor version whose participants can take part in a job, so also whose participants can read its spec. */
export function neededRelease(spec: JobSpec): string {
  // Reveals are one post under a fifth key since 0.2.
  if (spec.mode === 'horizontal') return '0.2';
  return spec.deadlines.rejoinSeconds === usualRejoinSeconds ? '0.1' : '0.2';
}

/** Whether a participant of a minor version knows all that a job needs. */
export function knows(its: string, needed: string): boolean {
  const left = its === needed ? 0 : ahead(its, needed);
  return left !== undefined && left >= 0;
}

/**
 * Events that tell people how a job stands and that no participant acts upon: those of a version which does not know them
 * are not shown them. Whatever a participant acts upon is the matter of `neededRelease`.
 */
const toldSince: Readonly<Partial<Record<EventKind, string>>> = {
  stalled: '0.2',
  revoked: '0.2',
};

/** Whether a participant of a minor version is shown events of a kind. */
export function isTold(its: string, kind: EventKind): boolean {
  return knows(its, toldSince[kind] ?? its);
}
