import { type HexDigest, keyedDigest, type ParticipantName } from '../../contract/index.js';
import { type ClosedBatch, isSumming, type Summing, type Unfinished } from './state.js';

/** Who has mask keys for a sum, of everybody or of some: only these contribute to it. */
export function keyedIn(
  state: Summing,
  sum: number,
  among: readonly ParticipantName[] = state.charter.roster,
): readonly ParticipantName[] {
  const closed = closedBatchOf(state, sum);
  return closed ? among.filter((name) => !closed.without.has(name)) : among;
}

/** What contributions to a sum say of those; undefined where everybody has. */
export function keyedDigestOf(state: Summing, sum: number): HexDigest | undefined {
  const closed = closedBatchOf(state, sum);
  return closed && keyedDigest(closed.firstSum, keyedIn(state, sum));
}

function closedBatchOf({ closedBatches }: Summing, sum: number): ClosedBatch | undefined {
  return closedBatches.find(({ firstSum, count }) => sum >= firstSum && sum < firstSum + count);
}

/** Whether a batch closed without the keys of somebody. */
export function keysClosedTo(state: Unfinished, name: ParticipantName, firstSum: number): boolean {
  if (!isSumming(state)) return false;
  return state.closedBatches.some((batch) => batch.firstSum === firstSum && batch.without.has(name));
}
