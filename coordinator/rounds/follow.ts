import {
  type ErrorCode,
  type EventBody,
  type ParticipantName,
  rosterDigest,
  stepAfter,
} from '../../contract/index.js';
import { alike, askedFor, dissenters, outcomeOf, owed, shapeOf, sumName } from './agreement.js';
import { isLast, outcomeDigest, roundsTaken } from './course.js';
import { after, deadlineOf, recoveryDueMs, silentOf } from './deadline.js';
import type { Debt } from './debt.js';
import { failed } from './failed.js';
import { abandoned, abortFailure } from './leaving.js';
import { closeKeys, closeKeysNow, lacksKeysAhead, requestKeys } from './mask-keys.js';
import { sumAt } from './sequence.js';
import {
  type Agreed,
  type Applying,
  type Collecting,
  type Exchanging,
  type HorizontalKeying,
  isExchanging,
  isOver,
  isSumming,
  isVerticalKeying,
  type Keying,
  type Past,
  type Summing,
  type Unfinished,
  type Unmasking,
  type VerticalCharter,
} from './state.js';

/** What the coordinator itself says next, if anything: its own moves follow from the state alone. */
export function follow(state: Unfinished, nowMs: number): EventBody | undefined {
  if (state.aborted) return abortFailure(state.aborted.by, state.aborted.post);
  if (state.kind === 'awaiting-consent') {
    const refusal = [...state.consents].find(([, consent]) => !consent.approved);
    if (refusal) {
      const [who, { code, detail }] = refusal;
      return failed(code as ErrorCode, `${who}: ${detail}`, [who]);
    }
    if (!isIn(state)) return undefined;
    return { kind: 'consented', deadlineMs: after(nowMs, state.charter.spec.deadlines.keyingSeconds) };
  }
  if (state.kind === 'keying') return followKeying(state, nowMs);
  return isExchanging(state) ? followStep(state, nowMs) : followSum(state, nowMs);
}

/**
 * What a missed deadline leads to. A round closes with those who came, if they are enough; a sum or step with too few
 * stalls once, so that the missing can come back, and then ends the job.
 */
export function expire(state: Unfinished, nowMs: number): EventBody | undefined {
  if (nowMs < deadlineOf(state)) return undefined;
  const debts = owed(state);
  if (isExchanging(state)) return state.openStep.stalled ? missed(debts) : stall(state, debts, nowMs);
  if (!isSumming(state)) return missed(debts);
  const { current, batch } = state;
  if (isOver(current)) return (batch && closeKeysNow(state, batch)) ?? missed(debts);
  if (current.phase === 'collecting' && current.enoughMs !== undefined) return propose(state, current, nowMs);
  // A quorum has signed: the coordinator itself is at work.
  if (debts.length === 0) return undefined;
  return current.stalled ? missed(debts) : stall(state, debts, nowMs);
}

function stall({ charter }: Summing | Exchanging, debts: readonly Debt[], nowMs: number): EventBody {
  const missing = debts.map(({ who }) => who);
  return { kind: 'stalled', missing, deadlineMs: after(nowMs, charter.spec.deadlines.rejoinSeconds) };
}

/** Those who missed the same are named together. */
function missed(debts: readonly Debt[]): EventBody {
  const acts = new Map<string, ParticipantName[]>();
  for (const { who, act } of debts) acts.set(act, [...(acts.get(act) ?? []), who]);
  const sentences = [...acts].map(([act, names]) => `${names.join(', ')} did not ${act} in time`);
  return failed(
    'DEADLINE_MISSED',
    sentences.join('; '),
    debts.map(({ who }) => who),
  );
}

function followKeying(state: Keying, nowMs: number): EventBody | undefined {
  if (!isIn(state)) return undefined;
  if (state.keying.stage === 'joining') {
    const entries = [...state.keying.joins].map(([name, { kind: _kind, ...entry }]) => ({ name, ...entry }));
    return { kind: 'rosterFixed', rosterDigest: rosterDigest(state.charter.specDigest, entries) };
  }
  if (isVerticalKeying(state)) return openStep(state.charter, 0, nowMs);
  if (state.keying.stage === 'signing') {
    const { deadlines } = state.charter.spec;
    return requestKeys(state, 0, after(nowMs, deadlines.keyingSeconds));
  }
  return startSum(state, 0, sumAt(state.charter.spec, 0), nowMs);
}

function followStep(state: Exchanging, nowMs: number): EventBody | undefined {
  if (!isIn(state)) return undefined;
  const { charter } = state;
  const { step, reports } = state.openStep;
  const after = stepAfter(charter.course, step, isLast(reports.values()));
  if (after) return openStep(charter, after.number, nowMs);
  const rounds = roundsTaken(state);
  return { kind: 'finished', fingerprint: outcomeDigest(state), rounds, bestRound: rounds };
}

/** Undefined past the last step. */
function openStep({ course, spec }: VerticalCharter, number: number, nowMs: number): EventBody | undefined {
  const step = course[number];
  if (!step) return undefined;
  const deadlineMs = after(nowMs, spec.deadlines.stepSeconds);
  return { kind: 'stepOpened', step: number, name: step.name, round: step.round, deadlineMs };
}

function followSum(state: Summing, nowMs: number): EventBody | undefined {
  const { current, charter } = state;
  const over = abandoned(state);
  if (over) return over;
  if (isOver(current)) return followOver(state, current, nowMs);
  if (current.phase === 'collecting' && isBroken(state, current))
    return { kind: 'sumSkipped', sum: current.sum };
  const closed = closeKeys(state);
  if (closed) return closed;
  if (lacksKeysAhead(state)) {
    const { keyingSeconds, rejoinSeconds } = charter.spec.deadlines;
    return requestKeys(state, state.keyedSums, after(nowMs, keyingSeconds + rejoinSeconds));
  }
  switch (current.phase) {
    case 'collecting':
      if (!isIn(state)) return undefined;
      return (current.enoughMs === undefined && shapeFailure(current)) || propose(state, current, nowMs);
    case 'unmasking':
      return current.signatures.size >= charter.quorum ? signatureFailure(current) : undefined;
    case 'applying':
      return current.reports.size >= charter.quorum ? agree(current) : askRecovery(state, current, nowMs);
  }
}

/** Whether somebody who began a tree can no longer be in this level of it: it has left or has no mask keys. */
function isBroken(state: Summing, current: Collecting): boolean {
  if (!current.bound) return false;
  const able = new Set(askedFor(state, current));
  return current.bound.some((name) => !able.has(name) && !current.contributions.has(name));
}

/**
 * Whoever contributed by now what most did is in. A later level of a tree is summed over those who began it or not at all: two sums
 * of one tree over two sets would differ by the histograms of who is in one of them.
 */
function propose({ charter }: Summing, collected: Collecting, nowMs: number): EventBody {
  const { sum, contributions, bound } = collected;
  const within = alike(contributions);
  if (bound && !bound.every((name) => within.has(name))) return { kind: 'sumSkipped', sum };
  const members = charter.roster.filter((name) => (bound ? bound.includes(name) : within.has(name)));
  const deadlineMs = after(nowMs, charter.spec.deadlines.openingSeconds);
  return { kind: 'survivorsProposed', sum, members, deadlineMs };
}

/** Signatures over another survivor set than the others'; asked once there is a quorum of them. */
export function signatureFailure({ signatures }: Unmasking | Applying | Agreed): EventBody | undefined {
  const odd = dissenters(signatures, ({ survivorDigest }) => survivorDigest);
  if (odd.length === 0) return undefined;
  return failed('SURVIVORS_MISMATCH', `${odd.join(', ')} signed another survivor set`, odd);
}

function followOver(state: Summing, current: Past, nowMs: number): EventBody | undefined {
  if (current.phase === 'agreed' && current.next.purpose === 'done') {
    const rounds = [...state.past, current].reduce((most, { round }) => Math.max(most, round), 0);
    const { fingerprint, next } = current;
    return { kind: 'finished', fingerprint, rounds, bestRound: next.bestRound };
  }
  const sum = current.sum + 1;
  if (sum >= state.keyedSums) return closeKeys(state);
  const { purpose, round } = current.next as ReturnType<typeof sumAt>;
  return startSum(state, sum, { purpose, round }, nowMs);
}

/** Everybody did what the state waits for. */
function isIn(state: Unfinished): boolean {
  return owed(state).length === 0;
}

function startSum(
  state: HorizontalKeying | Summing,
  sum: number,
  { purpose, round }: ReturnType<typeof sumAt>,
  nowMs: number,
): EventBody {
  const deadlineMs = after(nowMs, state.charter.spec.deadlines.roundSeconds);
  return { kind: 'sumStarted', sum, purpose, round, deadlineMs };
}

/** Too many contributed something else than the others for a sum without them. */
function shapeFailure(sum: Collecting): EventBody | undefined {
  const { contributions } = sum;
  const odd = dissenters(contributions, shapeOf);
  if (odd.length === 0) return undefined;
  const shapes = odd.map((who) => `${who} sent ${shapeOf(contributions.get(who)!)}`);
  return failed('SUM_SHAPE', `${sumName(sum)}: ${shapes.slice(0, 3).join('; ')}, unlike the others`, odd);
}

function askRecovery(state: Summing, current: Applying, nowMs: number): EventBody | undefined {
  const dueMs = recoveryDueMs(state, current);
  if (dueMs === undefined || nowMs < dueMs) return undefined;
  return { kind: 'recoveryAsked', sum: current.sum, missing: silentOf(current) };
}

function agree(sum: Applying): EventBody {
  const failure = reportFailure(sum);
  if (failure) return failure;
  const [report] = sum.reports.values();
  const { fingerprint, next, metrics } = report!;
  return { kind: 'sumAgreed', sum: sum.sum, fingerprint, next, metrics };
}

/** Why the reports on a sum end the job, if they do; also asked for reports that arrive after a quorum agreed. */
export function reportFailure(sum: Applying | Agreed): EventBody | undefined {
  const misled = [...sum.reports].filter(([, report]) => report.sumDigest !== sum.digest).map(([who]) => who);
  if (misled.length > 0) {
    const sentence = `${misled.join(', ')} opened other bytes than the coordinator stored for ${sumName(sum)}`;
    return failed('SUM_DIGEST_MISMATCH', sentence, misled);
  }
  const odd = dissenters(sum.reports, outcomeOf);
  if (odd.length === 0) return undefined;
  const sentence = `${odd.join(', ')} reported another model, metric or next step after ${sumName(sum)}`;
  return failed('MODEL_DISAGREEMENT', sentence, odd);
}
