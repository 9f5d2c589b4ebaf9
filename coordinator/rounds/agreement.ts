import { canonicalJson, type Metric, type ParticipantName, type PostOf } from '../../contract/index.js';
import { owedToStep } from './course.js';
import { absent, type Debt } from './debt.js';
import { keyedIn } from './keyed.js';
import { remaining } from './leaving.js';
import { keysOwedBy } from './mask-keys.js';
import {
  type ByParticipant,
  type Collecting,
  isExchanging,
  isOver,
  isSumming,
  isVerticalKeying,
  type Keying,
  type Past,
  type SealedRun,
  type Sum,
  type Summing,
  type Unfinished,
} from './state.js';

/** Participants whose statement differs from that of most; everybody when no statement has a majority. */
export function dissenters<T>(
  statements: ByParticipant<T>,
  same: (statement: T) => string,
): ParticipantName[] {
  const groups = new Map<string, ParticipantName[]>();
  for (const [name, statement] of statements) {
    const key = same(statement);
    const group = groups.get(key);
    if (group) group.push(name);
    else groups.set(key, [name]);
  }
  if (groups.size <= 1) return [];
  const sorted = [...groups.values()].sort((a, b) => b.length - a.length);
  const [largest, second] = sorted;
  const majority = new Set(largest && second && largest.length > second.length ? largest : []);
  return [...statements.keys()].filter((name) => !majority.has(name)).sort();
}

/** What all contributions of a sum must have in common. */
export function shapeOf(contribution: Pick<PostOf<'contribution'>, 'valueCount' | 'parameterSet'>): string {
  return `${contribution.valueCount} values in the ${contribution.parameterSet} set`;
}

/** Who contributed what most did: only these can be in one sum. Nobody where two shapes are as frequent. */
export function alike(contributions: ByParticipant<PostOf<'contribution'>>): ReadonlySet<ParticipantName> {
  const odd = new Set(dissenters(contributions, shapeOf));
  return new Set([...contributions.keys()].filter((name) => !odd.has(name)));
}

/** By report: each is compared again whenever another one comes. */
const outcomes = new WeakMap<PostOf<'applied'>, string>();

/** What all reports on an opened sum must have in common, the sum's digest aside. */
export function outcomeOf(report: PostOf<'applied'>): string {
  const { fingerprint, next, metrics } = report;
  const { purpose, round, stopped, bestRound } = next;
  const outcome =
    outcomes.get(report) ??
    canonicalJson([fingerprint, purpose, round, stopped, bestRound, metrics.map(metricKey).sort()]);
  outcomes.set(report, outcome);
  return outcome;
}

function metricKey({ name, round, value }: Metric): string {
  return `${name}/${round}/${value}`;
}

/** True when the last piece of a sealed sequence has come, and all before it. */
export function isComplete(run: SealedRun | undefined): boolean {
  return run?.last !== undefined && run.seqs.size === run.last + 1;
}

/** Who must act before the job goes on, and what they must do. Empty while the coordinator itself is at work. */
export function owed(state: Unfinished): Debt[] {
  const { roster } = state.charter;
  if (state.kind === 'awaiting-consent') return debts('approve the job', absent(roster, state.consents));
  if (state.kind === 'keying') return owedToKeying(state);
  if (isExchanging(state)) return owedToStep(state);
  if (!isSumming(state)) return [];
  const { current, batch } = state;
  if (!isOver(current)) return owedToSum(state, current);
  return batch ? debts('share its mask keys', keysOwedBy(state, batch)) : [];
}

function debts(act: string, who: readonly ParticipantName[]): Debt[] {
  return who.map((name) => ({ who: name, act }));
}

function owedToKeying(state: Keying): Debt[] {
  const { roster } = state.charter;
  if (state.keying.stage === 'joining') return debts('join the roster', absent(roster, state.keying.joins));
  if (state.keying.stage === 'sharing')
    return debts('share its mask keys', absent(roster, state.keying.batch.complete));
  if (!isVerticalKeying(state) && state.keying.stage === 'signing') {
    const { commitments, jobKeys } = state.keying;
    const first = roster.slice(0, 1);
    if (!commitments) return debts('make the shared keys of the job', first);
    if (roster.slice(1).some((to) => !isComplete(jobKeys.get(to)))) {
      return debts('send the shared keys of the job', first);
    }
  }
  return debts('sign the roster', absent(roster, state.keying.signatures));
}

/** Who is to contribute: everybody with mask keys that has not left, to a later level of a tree of those who began it. */
export function askedFor(state: Summing, { sum, bound }: Collecting): readonly ParticipantName[] {
  const able = keyedIn(state, sum, remaining(state));
  return bound ? able.filter((name) => bound.includes(name)) : able;
}

/** Whoever is asked contributes; in S or not, everybody who has not left signs and opens, and Q of them are enough. */
function owedToSum(state: Summing, sum: Exclude<Sum, Past>): Debt[] {
  const here = remaining(state);
  switch (sum.phase) {
    case 'collecting':
      return debts(`upload ${sumName(sum)}`, absent(askedFor(state, sum), sum.contributions));
    case 'unmasking':
      if (sum.signatures.size >= state.charter.quorum) return [];
      return debts(`sign the survivor set of ${sumName(sum)}`, absent(here, sum.signatures));
    case 'applying':
      return debts(`open and apply ${sumName(sum)}`, absent(here, sum.reports));
  }
}

/** Sums below this number are done with: everybody who has not left has opened them. */
export function sumsDoneWith(state: Summing, from = 0): number {
  const here = remaining(state);
  const sums: readonly Sum[] = [...state.past, state.current];
  let done = from;
  for (let sum = sums[done]; sum && isOver(sum); sum = sums[done]) {
    if (sum.phase === 'agreed' && absent(here, sum.reports).length > 0) return done;
    done++;
  }
  return done;
}

/** The sum as people call it. */
export function sumName({ purpose, round }: { readonly purpose: string; readonly round: number }): string {
  return purpose === 'update' ? `round ${round}` : `the ${purpose} sum`;
}
