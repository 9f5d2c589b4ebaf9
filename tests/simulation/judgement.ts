import { type JobEvent, type JobId, knows, neededRelease } from '../../contract/index.js';
import { type JobState, step } from '../../coordinator/rounds/index.js';
import type { Network } from './network.js';
import type { Operation, Plan } from './operations.js';
import { oldOf, type RunSpec } from './setups.js';
import type { Site, Undisturbed } from './site.js';

/** A world at its end, as laws are held against it. */
export interface Ended {
  readonly plan: Plan;
  readonly spec: RunSpec;
  readonly jobId: JobId;
  readonly names: readonly string[];
  readonly site: Site;
  readonly network: Network;
  /** Undefined for the undisturbed job itself. */
  readonly usual: Undisturbed | undefined;
  /** The job has ended, and whoever is there is through with it. */
  readonly over: boolean;
  /** Stopped for good. */
  readonly gone: ReadonlySet<string>;
  /** Restores that lost events, and who had been shown one of them. */
  readonly restores: readonly { readonly seenBy: readonly string[] }[];
  readonly mostFiles: number;
  readonly waitingTimers: number;
}

/** Timers of a world at rest: sessions that try again, the last deadline, and what replicas repeat. */
const fewTimers = 48;

/** Holds the laws at the end of a run, beside those that are held while it runs. */
export function judge(ended: Ended): void {
  const { site, spec, restores } = ended;
  const events = eventsOf(ended);
  noteLeavings(ended);
  if (spec.mode === 'horizontal') site.ledger.checkSums(spec, events, restores.length > 0);
  else judgeSteps(ended, events);
  const unaware = restores.length > 0 ? ended.names.filter((name) => isOut(ended, name)) : [];
  site.ledger.checkStored(events, site.disks, new Set(unaware));
  judgeFold(ended, events);
  judgeEnding(ended, events);
  judgeGrowth(ended, events);
}

/** Stopped for good, or heard by nobody. */
function isOut({ gone, network }: Ended, name: string): boolean {
  return gone.has(name) || network.isRevoked(name);
}

/** Who was killed while it left has it in its journal alone. */
function noteLeavings({ site, names, jobId }: Ended): void {
  for (const name of names) {
    const kept = site.disks.get(name)?.jobs.get(jobId);
    if (kept?.state === 'left' && !site.ledger.leaving.has(name))
      site.ledger.left(name, kept.code, kept.detail);
  }
}

function eventsOf({ site, jobId }: Ended): readonly JobEvent[] {
  return site.store.jobs.get(jobId)?.events ?? [];
}

function stateOf({ site, jobId }: Ended): string {
  return site.store.jobs.get(jobId)?.row.state ?? 'nothing';
}

/** Every step has one outcome, whatever happens (law 4). */
function judgeSteps({ site, usual, restores }: Ended, events: readonly JobEvent[]): void {
  if (usual === undefined) return;
  const right = usual.site.ledger.valuesOf(usual.events);
  for (const [route, value] of site.ledger.valuesOf(events)) {
    if (value !== right.get(route))
      site.ledger.fail(`the parcel ${route} holds something else than it should`);
  }
  for (const [name, disk] of site.disks) {
    const most = usual.site.disks.get(name)?.releases.size ?? 0;
    if (disk.releases.size > most && restores.length === 0)
      site.ledger.fail(`${name} told ${disk.releases.size} functionals of its labels, not ${most}`);
  }
}

function judgeFold(ended: Ended, events: readonly JobEvent[]): void {
  const { fail } = failing(ended);
  let folded: JobState | undefined;
  try {
    for (const event of events) folded = step(folded, event);
    const said = folded?.kind ?? 'nothing';
    if (said !== stateOf(ended)) fail(`the store says ${stateOf(ended)}, its events say ${said}`);
  } catch (error) {
    fail(`the stored transcript does not fold: ${error}`);
  }
}

function judgeEnding(ended: Ended, events: readonly JobEvent[]): void {
  const { plan, spec, site, over, gone, restores, names, jobId } = ended;
  const { fail } = failing(ended);
  const last = events.at(-1)?.body;
  const was = (kind: Operation['kind']) => plan.operations.some((one) => one.kind === kind);
  const seenBy = restores.flatMap((restore) => restore.seenBy).filter((name) => !isOut(ended, name));
  const old = oldOf(plan.setup);
  const refused = old !== undefined && !knows('0.1', neededRelease(spec));
  for (const [who, { code, why }] of site.ledger.leaving) {
    const undone = code === 'TRANSCRIPT_BEHIND' && restores.some((one) => one.seenBy.length > 0);
    const revoked = code === 'CERTIFICATE_REVOKED' && ended.network.isRevoked(who);
    if (!undone && !revoked) fail(`${who} left: ${code}: ${why}`);
  }
  if (!over) fail(`the job is ${stateOf(ended)} and nothing happens after ${last?.kind}`);
  const mayMiss = plan.setup.deadlines === 'short' || gone.size > 0 || restores.length > 0;
  if (last?.kind === 'failed') {
    const explained =
      (last.code === 'DEADLINE_MISSED' && mayMiss) ||
      (last.code === 'TRANSCRIPT_BEHIND' && restores.length > 0) ||
      (last.code === 'CERTIFICATE_REVOKED' && was('revoke')) ||
      (last.code === 'VERSION_UNSUPPORTED' && refused);
    if (!explained) fail(`the job failed: ${last.code}, ${last.detail}`);
  }
  if (last?.kind === 'cancelled' && !was('cancel')) fail('nobody cancelled the job');
  if (last?.kind !== 'finished') return;
  if (seenBy.length > 0) fail(`the job finished, though ${seenBy.join(', ')} had seen what a restore undid`);
  for (const name of names) {
    const kept = site.disks.get(name)?.jobs.get(jobId)?.state;
    if (!isOut(ended, name) && !site.ledger.leaving.has(name) && kept !== 'finished') {
      fail(`the job finished, and ${name} has it as ${kept}`);
    }
  }
}

/** Bounds that depend on the job alone, however long it took (law 9). */
function judgeGrowth({ names, spec, site, ...ended }: Ended, events: readonly JobEvent[]): void {
  const n = names.length;
  const sums = spec.mode === 'horizontal' ? spec.training.rounds + 3 : 0;
  const steps =
    spec.mode === 'vertical' ? 10 + 5 * (spec.type === 'training' ? spec.training.iterations : 0) : 0;
  const mostEvents = 6 * n * (sums + 6) + 2 * n * n + steps * (2 + 2 * n * n);
  if (events.length > mostEvents) site.ledger.fail(`${events.length} events of at most ${mostEvents}`);
  const mostFiles = sums * (2 * n + 1) + steps * n * n;
  if (ended.mostFiles > mostFiles)
    site.ledger.fail(`${ended.mostFiles} stored files of at most ${mostFiles}`);
  if (ended.over && ended.waitingTimers > fewTimers)
    site.ledger.fail(`${ended.waitingTimers} timers wait after the end`);
  for (const name of names) {
    if (ended.network.sessionsOf(name) > 1) site.ledger.fail(`${name} has more than one session`);
  }
}

function failing({ site }: Ended) {
  return { fail: (what: string) => site.ledger.fail(what) };
}
