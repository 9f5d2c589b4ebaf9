import {
  type ErrorCode,
  type EventBody,
  limits,
  type ParticipantName,
  rosterDigest,
} from '../../contract/index.js';
import { dissenters, outcomeOf, owed, owingKeys, shapeOf, sumName } from './agreement.js';
import { iterationsOf, outcomeDigest } from './course.js';
import type { Debt } from './debt.js';
import { firstSum, mostSums } from './sequence.js';
import {
  type Agreed,
  type Applying,
  deadlineOf,
  type Exchanging,
  type HorizontalKeying,
  isExchanging,
  isSumming,
  isVerticalKeying,
  type Keying,
  type Summing,
  type Unfinished,
  type VerticalCharter,
} from './state.js';

/** What the coordinator itself says next, if anything: its own moves follow from the state alone. */
export function follow(state: Unfinished, nowMs: number): EventBody | undefined {
  if (state.aborted) {
    const { by, post } = state.aborted;
    return failed(post.code as ErrorCode, `${by}: ${post.detail}`, [post.party || by]);
  }
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

/** What a missed deadline leads to; a quorum of signatures or reports is enough by then. */
export function expire(state: Unfinished, nowMs: number): EventBody | undefined {
  if (nowMs < deadlineOf(state)) return undefined;
  if (isSumming(state) && !state.batch) {
    const { current } = state;
    if (current.phase === 'collecting') {
      const shapes = shapeFailure(current.contributions, sumName(current));
      if (shapes) return shapes;
    }
    if (current.phase === 'unmasking' && current.signatures.size >= state.charter.quorum) return undefined;
    if (current.phase === 'applying' && current.reports.size >= state.charter.quorum) return agree(current);
    if (current.phase === 'agreed') return undefined;
  }
  return missed(owed(state));
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
  if (state.keying.stage === 'signing') return requestKeys(state, 0, nowMs);
  return startSum(state, 0, firstSum(state.charter.spec), nowMs);
}

function followStep(state: Exchanging, nowMs: number): EventBody | undefined {
  if (!isIn(state)) return undefined;
  const { charter } = state;
  const next = openStep(charter, state.openStep.step.number + 1, nowMs);
  if (next) return next;
  const rounds = iterationsOf(charter);
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
  if (current.phase === 'agreed') return followAgreed(state, current, nowMs);
  if (!isIn(state)) return undefined;
  switch (current.phase) {
    case 'collecting':
      return (
        shapeFailure(current.contributions, sumName(current)) ?? {
          kind: 'survivorsProposed',
          sum: current.sum,
          members: [...charter.roster],
          deadlineMs: after(nowMs, charter.spec.deadlines.openingSeconds),
        }
      );
    case 'unmasking': {
      const odd = dissenters(current.signatures, ({ survivorDigest }) => survivorDigest);
      if (odd.length === 0) return undefined;
      return failed('SURVIVORS_MISMATCH', `${odd.join(', ')} signed another survivor set`, odd);
    }
    case 'applying':
      return agree(current);
  }
}

function followAgreed(state: Summing, current: Agreed, nowMs: number): EventBody | undefined {
  const { next } = current;
  if (next.purpose === 'done') {
    const rounds = [...state.past, current].reduce((most, { round }) => Math.max(most, round), 0);
    return { kind: 'finished', fingerprint: current.fingerprint, rounds, bestRound: next.bestRound };
  }
  const sum = current.sum + 1;
  if (sum < state.keyedSums) return startSum(state, sum, { purpose: next.purpose, round: next.round }, nowMs);
  if (!state.batch) return requestKeys(state, sum, nowMs);
  if (owingKeys(state.charter.roster, state.batch).length > 0) return undefined;
  return startSum(state, sum, { purpose: next.purpose, round: next.round }, nowMs);
}

/** Everybody did what the state waits for. */
function isIn(state: Unfinished): boolean {
  return owed(state).length === 0;
}

function requestKeys(state: HorizontalKeying | Summing, firstSum: number, nowMs: number): EventBody {
  const { spec } = state.charter;
  const count = Math.min(limits.sumKeysPerBatch, mostSums(spec) - firstSum);
  return {
    kind: 'sumKeysRequested',
    firstSum,
    count,
    deadlineMs: after(nowMs, spec.deadlines.keyingSeconds),
  };
}

function startSum(
  state: HorizontalKeying | Summing,
  sum: number,
  { purpose, round }: ReturnType<typeof firstSum>,
  nowMs: number,
): EventBody {
  const deadlineMs = after(nowMs, state.charter.spec.deadlines.roundSeconds);
  return { kind: 'sumStarted', sum, purpose, round, deadlineMs };
}

function shapeFailure(
  contributions: Summing['current']['contributions'],
  name: string,
): EventBody | undefined {
  const odd = dissenters(contributions, shapeOf);
  if (odd.length === 0) return undefined;
  const shapes = odd.map((who) => `${who} sent ${shapeOf(contributions.get(who)!)}`);
  return failed('SUM_SHAPE', `${name}: ${shapes.slice(0, 3).join('; ')}, unlike the others`, odd);
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

export function failed(
  code: ErrorCode,
  detail: string,
  parties: readonly (ParticipantName | string)[],
): EventBody {
  return { kind: 'failed', code, detail, parties: [...parties] };
}

function after(nowMs: number, seconds: number): number {
  return nowMs + Math.ceil(seconds * 1000);
}
