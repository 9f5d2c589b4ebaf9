import {
  type EventBody,
  type EventOf,
  type JobEvent,
  mostSums,
  type ParticipantName,
} from '../../contract/index.js';
import { absent } from './debt.js';
import { graphOf } from './graph.js';
import { illegal } from './illegal.js';
import { keyedIn } from './keyed.js';
import { mayClose, remaining } from './leaving.js';
import { sumAt } from './sequence.js';
import {
  type ClosedBatch,
  type HorizontalKeying,
  isOver,
  isSumming,
  isVerticalKeying,
  type KeyBatch,
  type Summing,
  type Unfinished,
} from './state.js';

/**
 * Whether less than one batch lies ahead of the sum that now runs and the one to come: whoever is away then has that
 * many rounds to come back before a sum has to wait for its keys.
 */
export function lacksKeysAhead({ charter, current, keyedSums, batch }: Summing): boolean {
  if (batch || current.purpose === 'evaluation') return false;
  return keyedSums < mostSums(charter.spec) && keyedSums - current.sum <= charter.spec.participation.keyBatch;
}

export function requestKeys(
  { charter: { spec } }: HorizontalKeying | Summing,
  firstSum: number,
  deadlineMs: number,
): EventBody {
  const count = Math.min(spec.participation.keyBatch, mostSums(spec) - firstSum);
  return { kind: 'sumKeysRequested', firstSum, count, deadlineMs };
}

/**
 * Whose mask keys the batch under way waits for: of everybody who has not left. A sum that stands still for it does not wait
 * for those that the batch before had to do without already, if there are enough without them: they had all of its sums to
 * come back.
 */
export function keysOwedBy(state: Summing, batch: KeyBatch): readonly ParticipantName[] {
  const late = absent(remaining(state), batch.complete);
  const { sum } = state.current;
  if (!isOver(state.current) || keyedIn(state, sum, late).length > 0) return late;
  return mayDoWithout(state, batch) ? [] : late;
}

/** The end of a batch that does not come in whole, once nobody is waited for; nothing while somebody is, or too few are in. */
export function closeKeys(state: Summing): EventBody | undefined {
  const { batch, left, current } = state;
  // With nobody gone the last keys complete the batch.
  if (!batch || (left.size === 0 && !isOver(current))) return undefined;
  return keysOwedBy(state, batch).length === 0 ? closeKeysNow(state, batch) : undefined;
}

/** The same when time is up: with those whose keys are in, if they are enough. */
export function closeKeysNow(state: Summing, batch: KeyBatch): EventBody | undefined {
  if (!mayDoWithout(state, batch)) return undefined;
  const here = new Set(keyable(state, batch));
  return { kind: 'keysClosed', firstSum: batch.firstSum, without: absent(state.charter.roster, here) };
}

/**
 * Whether those who are in can make the sums of the batch alone: they are a survivor set for the first of them, which takes
 * no fewer than the others, and open it whoever else is there.
 */
function mayDoWithout(state: Summing, batch: KeyBatch): boolean {
  if (batch.firstSum === 0) return false;
  const here = new Set(keyable(state, batch));
  return graphOf(state).opens(here) && mayClose(state, sumAt(state.charter.spec, batch.firstSum), here);
}

function keyable(state: Summing, { complete }: KeyBatch): ParticipantName[] {
  return remaining(state).filter((name) => complete.has(name));
}

/** Folds the request for a batch. */
export function withBatch(at: Unfinished, body: EventOf<'sumKeysRequested'>, event: JobEvent): Unfinished {
  const { firstSum, count, deadlineMs } = body;
  const none = { keys: new Map(), shares: new Map(), complete: new Map() };
  const batch: KeyBatch = { firstSum, count, deadlineMs, ...none };
  if (at.kind === 'keying' && !isVerticalKeying(at) && at.keying.stage === 'signing') {
    const { joins, rosterDigest } = at.keying;
    return { ...at, keying: { stage: 'sharing', joins, rosterDigest, batch } };
  }
  if (isSumming(at) && !at.batch && firstSum === at.keyedSums) return { ...at, batch };
  throw illegal(at.kind, event);
}

/** Folds the end of one that did not come in whole. */
export function withKeysClosed(at: Unfinished, body: EventOf<'keysClosed'>, event: JobEvent): Summing {
  const batch = isSumming(at) ? at.batch : undefined;
  if (!isSumming(at) || batch?.firstSum !== body.firstSum) throw illegal(at.kind, event);
  const { firstSum, count } = batch;
  const closed: ClosedBatch = { firstSum, count, without: new Set(body.without) };
  const closedBatches = [...at.closedBatches, closed];
  return { ...at, batch: undefined, keyedSums: firstSum + count, closedBatches };
}
