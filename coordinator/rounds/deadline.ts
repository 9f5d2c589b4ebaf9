import type { ParticipantName } from '../../contract/index.js';
import {
  type Applying,
  type Collecting,
  isExchanging,
  isOver,
  isSumming,
  type Past,
  type Summing,
  type Unfinished,
} from './state.js';

/** Reveals come together, each within a fraction of a second of the one before. */
const seedsWaitMs = 2_000;

/** When time changes something: the wait closes with those who came, stalls, or ends the job. */
export function deadlineOf(state: Unfinished): number {
  if (state.kind === 'awaiting-consent') return state.deadlineMs;
  if (state.kind === 'keying') {
    return state.keying.stage === 'sharing' ? state.keying.batch.deadlineMs : state.keying.deadlineMs;
  }
  if (isExchanging(state)) return state.openStep.deadlineMs;
  const { current } = state;
  if (isOver(current)) return keysDueMs(state, current);
  return current.phase === 'collecting' ? closesMs(state, current) : current.deadlineMs;
}

/** When time changes anything: a deadline, or the end of the wait for seeds before it. */
export function wakesMs(state: Unfinished): number {
  const waiting = isSumming(state) && state.current.phase === 'applying' ? state.current : undefined;
  const recoversMs = waiting && recoveryDueMs(state as Summing, waiting);
  return Math.min(deadlineOf(state), recoversMs ?? Number.POSITIVE_INFINITY);
}

/**
 * When the others are asked for the seeds of members that have not opened theirs: once nobody has revealed anything for a
 * while, at once if they have all left. Undefined while nobody is missing, or fewer than a quorum are there to help.
 */
export function recoveryDueMs({ charter, left }: Summing, sum: Applying): number | undefined {
  if (sum.missing || sum.reveals.size < charter.quorum) return undefined;
  const silent = silentOf(sum);
  if (silent.length === 0) return undefined;
  return silent.every((name) => left.has(name)) ? sum.revealedMs : sum.revealedMs + seedsWaitMs;
}

/** Members that have not opened their seeds. */
export function silentOf({ members, reveals }: Applying): ParticipantName[] {
  return members.filter((name) => !reveals.has(name));
}

/** When the job fails unless those it waits for come back; 0 while it does not stand still for them. */
export function stalledUntil(state: Unfinished): number {
  if (isExchanging(state)) return state.openStep.stalled ? state.openStep.deadlineMs : 0;
  if (!isSumming(state)) return 0;
  const { current, charter } = state;
  switch (current.phase) {
    case 'collecting':
      return current.stalled && current.enoughMs === undefined ? current.deadlineMs : 0;
    case 'unmasking':
      return current.stalled && current.signatures.size < charter.quorum ? current.deadlineMs : 0;
    case 'applying':
      return current.stalled ? current.deadlineMs : 0;
    case 'agreed':
    case 'skipped':
      return state.batch ? keysDueMs(state, current) : 0;
  }
}

/** The time of grace begins when enough have contributed, and never outlasts the round. */
function closesMs({ charter }: Summing, { deadlineMs, enoughMs }: Collecting): number {
  if (enoughMs === undefined) return deadlineMs;
  return Math.min(deadlineMs, after(enoughMs, charter.spec.deadlines.graceSeconds));
}

/** Keys that were asked for long ago are waited for like anybody who is away, once a sum needs them. */
function keysDueMs({ batch, charter }: Summing, { agreedMs }: Past): number {
  if (!batch) return agreedMs;
  return Math.max(batch.deadlineMs, after(agreedMs, charter.spec.deadlines.rejoinSeconds));
}

export function after(nowMs: number, seconds: number): number {
  return nowMs + Math.ceil(seconds * 1000);
}
