import {
  type Agreed,
  type Collecting,
  isExchanging,
  isSumming,
  type Summing,
  type Unfinished,
} from './state.js';

/** When time changes something: the wait closes with those who came, stalls, or ends the job. */
export function deadlineOf(state: Unfinished): number {
  if (state.kind === 'awaiting-consent') return state.deadlineMs;
  if (state.kind === 'keying') {
    return state.keying.stage === 'sharing' ? state.keying.batch.deadlineMs : state.keying.deadlineMs;
  }
  if (isExchanging(state)) return state.openStep.deadlineMs;
  const { current } = state;
  if (current.phase === 'agreed') return keysDueMs(state, current);
  return current.phase === 'collecting' ? closesMs(state, current) : current.deadlineMs;
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
      return state.batch ? keysDueMs(state, current) : 0;
  }
}

/** The time of grace begins when enough have contributed, and never outlasts the round. */
function closesMs({ charter }: Summing, { deadlineMs, enoughMs }: Collecting): number {
  if (enoughMs === undefined) return deadlineMs;
  return Math.min(deadlineMs, after(enoughMs, charter.spec.deadlines.graceSeconds));
}

/** Keys that were asked for long ago are waited for like anybody who is away, once a sum needs them. */
function keysDueMs({ batch, charter }: Summing, { agreedMs }: Agreed): number {
  if (!batch) return agreedMs;
  return Math.max(batch.deadlineMs, after(agreedMs, charter.spec.deadlines.rejoinSeconds));
}

export function after(nowMs: number, seconds: number): number {
  return nowMs + Math.ceil(seconds * 1000);
}
