import {
  type EventOf,
  type HexDigest,
  inRosterOrder,
  isErrorCode,
  type JobEvent,
  jobIdOf,
  jobSpec,
  participantsOf,
  quorumOf,
  stepsOf,
} from '../../contract/index.js';
import { withPost } from './fold-post.js';
import { illegal } from './illegal.js';
import { jobKindOf } from './sequence.js';
import type {
  Charter,
  Exchanging,
  JobState,
  Joining,
  KeyBatch,
  Keying,
  OpenStep,
  Sum,
  Summing,
  Unfinished,
} from './state.js';
import { isExchanging, isSumming, isUnfinished, isVertical, isVerticalKeying } from './state.js';

/**
 * The one function that changes a job's state. The transcript is its only input, so recovery after a crash and
 * audit by a stranger are the same fold.
 * @throws {CodedError} INTERNAL for an event that is not legal in the state: the stored log is damaged.
 */
export function step(state: JobState | undefined, event: JobEvent): JobState {
  const { body } = event;
  if (body.kind === 'submitted') {
    if (state !== undefined || event.index !== 0) throw illegal(state?.kind, event);
    return {
      kind: 'awaiting-consent',
      charter: charterOf(body, event.atMs),
      nextIndex: 1,
      deadlineMs: body.deadlineMs,
      consents: new Map(),
      aborted: undefined,
    };
  }
  if (state === undefined || !isUnfinished(state) || event.index !== state.nextIndex)
    throw illegal(state?.kind, event);
  const at: Unfinished = { ...state, nextIndex: event.index + 1 };
  const { charter, nextIndex } = at;
  const end = { charter, nextIndex, at, endedMs: event.atMs };
  switch (body.kind) {
    case 'posted':
      return withPost(at, body.post, event);
    case 'consented':
      if (at.kind !== 'awaiting-consent') throw illegal(state?.kind, event);
      return keyingOf(charter, nextIndex, body.deadlineMs);
    case 'rosterFixed':
      if (at.kind !== 'keying' || at.keying.stage !== 'joining') throw illegal(state?.kind, event);
      return withRoster(at, { ...at.keying, rosterDigest: body.rosterDigest });
    case 'sumKeysRequested':
      return withBatch(at, body, event);
    case 'sumStarted':
      return withSum(at, body, event);
    case 'survivorsProposed':
    case 'sumReady':
    case 'sumAgreed':
      if (!isSumming(at) || at.current.sum !== body.sum) throw illegal(state?.kind, event);
      return { ...at, current: advanced(at.current, event) };
    case 'stepOpened':
      return withStep(at, body, event);
    case 'finished': {
      const { fingerprint, rounds, bestRound } = body;
      return { ...end, kind: 'finished', fingerprint, rounds, bestRound };
    }
    case 'failed': {
      const code = isErrorCode(body.code) ? body.code : 'INTERNAL';
      return { ...end, kind: 'failed', code, detail: body.detail, parties: body.parties };
    }
    case 'cancelled':
      return { ...end, kind: 'cancelled', by: body.by, reason: body.reason };
  }
}

function charterOf(body: EventOf<'submitted'>, atMs: number): Charter {
  const spec = jobSpec.parse(JSON.parse(body.specJson));
  const roster = inRosterOrder(participantsOf(spec).map((name) => ({ name }))).map(({ name }) => name);
  const common = {
    jobId: jobIdOf(body.specDigest),
    specJson: body.specJson,
    specDigest: body.specDigest,
    submitter: body.submitter,
    organisation: body.organisation,
    submittedMs: atMs,
    roster,
  };
  if (spec.mode === 'vertical') return { ...common, spec, course: stepsOf(spec) };
  return { ...common, spec, quorum: quorumOf(roster.length, spec.colluders) };
}

function keyingOf(charter: Charter, nextIndex: number, deadlineMs: number): Keying {
  const keying = { stage: 'joining', deadlineMs, joins: new Map() } as const;
  const begun = { kind: 'keying', nextIndex, keying, aborted: undefined } as const;
  return isVertical(charter) ? { ...begun, charter } : { ...begun, charter };
}

function withRoster(at: Keying, joined: Joining & { readonly rosterDigest: HexDigest }): Keying {
  const signing = { ...joined, stage: 'signing', signatures: new Map() } as const;
  if (isVerticalKeying(at)) return { ...at, keying: signing };
  return { ...at, keying: { ...signing, commitments: undefined, jobKeys: new Map() } };
}

function withBatch(at: Unfinished, body: EventOf<'sumKeysRequested'>, event: JobEvent): Unfinished {
  const { firstSum, count, deadlineMs } = body;
  const batch: KeyBatch = { firstSum, count, deadlineMs, keys: new Set(), shares: new Map() };
  if (at.kind === 'keying' && !isVerticalKeying(at) && at.keying.stage === 'signing') {
    const { joins, rosterDigest } = at.keying;
    return { ...at, keying: { stage: 'sharing', joins, rosterDigest, batch } };
  }
  if (isSumming(at) && at.current.phase === 'agreed') return { ...at, batch };
  throw illegal(at.kind, event);
}

function withSum(at: Unfinished, body: EventOf<'sumStarted'>, event: JobEvent): Summing {
  const { sum, purpose, round, deadlineMs } = body;
  const current: Sum = {
    phase: 'collecting',
    sum,
    purpose,
    round,
    deadlineMs,
    startedMs: event.atMs,
    contributions: new Map(),
  };
  const { nextIndex, aborted } = at;
  const common = { kind: jobKindOf(purpose), nextIndex, aborted, current, batch: undefined };
  if (at.kind === 'keying' && !isVerticalKeying(at) && at.keying.stage === 'sharing') {
    const { charter } = at;
    const { joins, rosterDigest, batch } = at.keying;
    return { ...common, charter, joins, rosterDigest, keyedSums: batch.firstSum + batch.count, past: [] };
  }
  if (!isSumming(at) || at.current.phase !== 'agreed') throw illegal(at.kind, event);
  const { charter, joins, rosterDigest, batch } = at;
  const keyedSums = batch ? batch.firstSum + batch.count : at.keyedSums;
  return { ...common, charter, joins, rosterDigest, keyedSums, past: [...at.past, at.current] };
}

function withStep(at: Unfinished, body: EventOf<'stepOpened'>, event: JobEvent): Exchanging {
  const { charter, nextIndex, aborted } = at;
  const step = isVertical(charter) ? charter.course[body.step] : undefined;
  if (!isVertical(charter) || step?.name !== body.name || step.round !== body.round) {
    throw illegal(at.kind, event);
  }
  const openStep: OpenStep = {
    step,
    startedMs: event.atMs,
    deadlineMs: body.deadlineMs,
    parcels: new Map(),
    reports: new Map(),
  };
  const common = { kind: step.phase, charter, nextIndex, aborted, openStep };
  if (at.kind === 'keying' && at.keying.stage === 'signing' && step.number === 0) {
    const { joins, rosterDigest } = at.keying;
    return { ...common, joins, rosterDigest, closedSteps: [] };
  }
  if (!isExchanging(at) || step.number !== at.openStep.step.number + 1) throw illegal(at.kind, event);
  const { joins, rosterDigest, closedSteps } = at;
  const { deadlineMs: _over, ...facts } = at.openStep;
  return {
    ...common,
    joins,
    rosterDigest,
    closedSteps: [...closedSteps, { ...facts, endedMs: event.atMs }],
  };
}

function advanced(sum: Sum, event: JobEvent): Sum {
  const { body } = event;
  if (body.kind === 'survivorsProposed' && sum.phase === 'collecting') {
    const members = body.members;
    return { ...sum, phase: 'unmasking', members, deadlineMs: body.deadlineMs, signatures: new Map() };
  }
  if (body.kind === 'sumReady' && sum.phase === 'unmasking') {
    const { digest, bytes, addMs, deadlineMs } = body;
    const opened = { digest, bytes, addMs, reveals: new Map(), reports: new Map() };
    return { ...sum, ...opened, phase: 'applying', deadlineMs };
  }
  if (body.kind === 'sumAgreed' && sum.phase === 'applying') {
    const { fingerprint, next, metrics } = body;
    const { deadlineMs: _over, ...facts } = sum;
    return { ...facts, phase: 'agreed', agreedMs: event.atMs, fingerprint, next, metrics };
  }
  throw illegal(sum.phase, event);
}
