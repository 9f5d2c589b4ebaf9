import { canonicalJson, type Metric, type ParticipantName, type PostOf } from '../../contract/index.js';
import { type ByParticipant, isSumming, type KeyBatch, type Sum, type Unfinished } from './state.js';

/** Participants whose statement differs from that of most; everybody when no statement has a majority. */
export function dissenters<T>(
  statements: ByParticipant<T>,
  same: (statement: T) => string,
): ParticipantName[] {
  const groups = new Map<string, ParticipantName[]>();
  for (const [name, statement] of statements) {
    const key = same(statement);
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  if (groups.size <= 1) return [];
  const sorted = [...groups.values()].sort((a, b) => b.length - a.length);
  const [largest, second] = sorted;
  const majority = largest && second && largest.length > second.length ? largest : [];
  return [...statements.keys()].filter((name) => !majority.includes(name)).sort();
}

/** What all contributions of a sum must have in common. */
export function shapeOf(contribution: PostOf<'contribution'>): string {
  return `${contribution.valueCount} values in the ${contribution.parameterSet} set`;
}

/** What all reports on an opened sum must have in common, the sum's digest aside. */
export function outcomeOf({ fingerprint, next, metrics }: PostOf<'applied'>): string {
  const { purpose, round, stopped, bestRound } = next;
  return canonicalJson([fingerprint, purpose, round, stopped, bestRound, metrics.map(metricKey).sort()]);
}

function metricKey({ name, round, value }: Metric): string {
  return `${name}/${round}/${value}`;
}

export function absent(
  roster: readonly ParticipantName[],
  present: ReadonlySet<ParticipantName> | ByParticipant<unknown>,
) {
  return roster.filter((name) => !present.has(name));
}

/** Participants that still owe keys or shares of a batch. */
export function owingKeys(roster: readonly ParticipantName[], batch: KeyBatch): ParticipantName[] {
  return roster.filter((sender) => {
    const runs = batch.shares.get(sender);
    return !batch.keys.has(sender) || roster.some((to) => to !== sender && !isComplete(runs?.get(to)));
  });
}

function isComplete(run: { seqs: ReadonlySet<number>; last: number | undefined } | undefined): boolean {
  return run?.last !== undefined && run.seqs.size === run.last + 1;
}

export interface Owed {
  /** What the job waits for, as a verb phrase for one participant. */
  readonly act: string;
  readonly who: readonly ParticipantName[];
}

/** Who must act before the job goes on, and what they must do. Empty while the coordinator itself is at work. */
export function owed(state: Unfinished): Owed {
  const { roster } = state.charter;
  if (state.kind === 'awaiting-consent') {
    return { act: 'approve the job', who: absent(roster, state.consents) };
  }
  if (state.kind === 'keying') {
    const { keying } = state;
    if (keying.stage === 'joining') return { act: 'join the roster', who: absent(roster, keying.joins) };
    if (keying.stage === 'sharing')
      return { act: 'share its mask keys', who: owingKeys(roster, keying.batch) };
    const first = roster.slice(0, 1);
    if (!keying.commitments) return { act: 'make the shared keys of the job', who: first };
    if (roster.slice(1).some((to) => !isComplete(keying.jobKeys.get(to)))) {
      return { act: 'send the shared keys of the job', who: first };
    }
    return { act: 'sign the roster', who: absent(roster, keying.signatures) };
  }
  if (!isSumming(state)) return { act: '', who: [] };
  if (state.batch) return { act: 'share its mask keys', who: owingKeys(roster, state.batch) };
  return owedToSum(roster, state.current);
}

function owedToSum(roster: readonly ParticipantName[], sum: Sum): Owed {
  switch (sum.phase) {
    case 'collecting':
      return { act: `upload ${sumName(sum)}`, who: absent(roster, sum.contributions) };
    case 'unmasking':
      return { act: `sign the survivor set of ${sumName(sum)}`, who: absent(sum.members, sum.signatures) };
    case 'applying':
      return { act: `open and apply ${sumName(sum)}`, who: absent(sum.members, sum.reports) };
    case 'agreed':
      return { act: '', who: [] };
  }
}

/** The sum as people call it. */
export function sumName({ purpose, round }: { readonly purpose: string; readonly round: number }): string {
  return purpose === 'update' ? `round ${round}` : `the ${purpose} sum`;
}
