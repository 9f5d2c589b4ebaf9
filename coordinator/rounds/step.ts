import {
  afterSkipped,
  type EventOf,
  type HexDigest,
  inRosterOrder,
  isErrorCode,
  type JobEvent,
  jobIdOf,
  jobSpec,
  neededMembers,
  type ParticipantName,
  participantsOf,
  quorumOf,
  stepAfter,
  stepsOf,
} from '../../contract/index.js';
import { isLast } from './course.js';
import { withPost } from './fold-post.js';
import { illegal } from './illegal.js';
import { anyRound, withRevoked } from './leaving.js';
import { withBatch, withKeysClosed } from './mask-keys.js';
import { jobKindOf } from './sequence.js';
import { SettledMap } from './settled-map.js';
import type {
  Agreed,
  Charter,
  Exchanging,
  HorizontalCharter,
  JobState,
  Joining,
  Keying,
  OpenStep,
  Past,
  Sum,
  Summing,
  Unfinished,
} from './state.js';
import { isExchanging, isOver, isSumming, isUnfinished, isVertical, isVerticalKeying } from './state.js';

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
    case 'keysClosed':
      return withKeysClosed(at, body, event);
    case 'sumStarted':
      return withSum(at, body, event);
    case 'sumSkipped':
    case 'survivorsProposed':
    case 'sumReady':
    case 'recoveryAsked':
    case 'sumAgreed':
      if (!isSumming(at) || at.current.sum !== body.sum) throw illegal(state?.kind, event);
      return { ...at, current: advanced(at.charter, at.current, event) };
    case 'stepOpened':
      return withStep(at, body, event);
    case 'stalled':
      return withStall(at, body, event);
    case 'revoked':
      return withRevoked(at, body.party, event);
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

function withSum(at: Unfinished, body: EventOf<'sumStarted'>, event: JobEvent): Summing {
  const kind = jobKindOf(body.purpose);
  if (at.kind === 'keying' && !isVerticalKeying(at) && at.keying.stage === 'sharing') {
    const { charter, nextIndex, aborted } = at;
    const { joins, rosterDigest, batch } = at.keying;
    const begun = { charter, nextIndex, aborted, joins, rosterDigest, batch: undefined, left: new Map() };
    const keys = { keyedSums: batch.firstSum + batch.count, closedBatches: [] };
    return { kind, ...begun, ...keys, past: [], current: collecting(charter, [], body, event) };
  }
  const inOrder = isSumming(at) && isOver(at.current) && body.sum < at.keyedSums;
  if (!inOrder || !isOver(at.current)) throw illegal(at.kind, event);
  const past = [...at.past.map((sum) => settled(sum, at.charter.roster)), at.current];
  return { ...at, kind, past, current: collecting(at.charter, past, body, event) };
}

/** Hardly anything is said of a sum any more when the second one after it starts. */
function settled(sum: Past, roster: readonly ParticipantName[]): Past {
  const said = sum.phase === 'skipped' ? { contributions: sum.contributions } : saidOf(sum);
  if (Object.values(said).every((map) => map instanceof SettledMap)) return sum;
  const kept = Object.entries(said).map(([what, map]) => [what, SettledMap.of<unknown>(roster, map)]);
  return { ...sum, ...Object.fromEntries(kept) };
}

function saidOf({ contributions, signatures, reveals, reports }: Agreed) {
  return { contributions, signatures, reveals, reports };
}

function collecting(
  { spec }: HorizontalCharter,
  past: readonly Past[],
  { sum, purpose, round, deadlineMs }: EventOf<'sumStarted'>,
  { atMs }: JobEvent,
): Sum {
  const { level, bound } = levelOf(past, { purpose, round });
  // A later level closes over those who began the tree or over nobody: a majority is enough to wait no longer than grace.
  const needed = neededMembers(spec, bound ? anyRound : { purpose, round });
  const wait = { deadlineMs, stalled: false, enoughMs: undefined };
  return {
    phase: 'collecting',
    sum,
    purpose,
    round,
    level,
    bound,
    needed,
    startedMs: atMs,
    contributions: new Map(),
    ...wait,
  };
}

/** Rounds of one sum have one level, and are bound to nobody. */
function levelOf(past: readonly Past[], { purpose, round }: Pick<Sum, 'purpose' | 'round'>) {
  const before = past.filter(
    (sum) => purpose === 'update' && sum.purpose === 'update' && sum.round === round,
  );
  const [first] = before;
  return { level: before.length, bound: first?.phase === 'agreed' ? first.members : undefined };
}

function withStall(at: Unfinished, { deadlineMs }: EventOf<'stalled'>, event: JobEvent): Unfinished {
  const stall = { deadlineMs, stalled: true };
  if (isExchanging(at) && !at.openStep.stalled) return { ...at, openStep: { ...at.openStep, ...stall } };
  if (isSumming(at) && !isOver(at.current) && !at.current.stalled) {
    return { ...at, current: { ...at.current, ...stall } };
  }
  throw illegal(at.kind, event);
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
    stalled: false,
    parcels: new Map(),
    reports: new Map(),
  };
  const common = { kind: step.phase, charter, nextIndex, aborted, openStep };
  if (at.kind === 'keying' && at.keying.stage === 'signing' && step.number === 0) {
    const { joins, rosterDigest } = at.keying;
    return { ...common, joins, rosterDigest, closedSteps: [] };
  }
  if (!isExchanging(at)) throw illegal(at.kind, event);
  const follows = stepAfter(at.charter.course, at.openStep.step, isLast(at.openStep.reports.values()));
  if (step !== follows) throw illegal(at.kind, event);
  const { joins, rosterDigest, closedSteps } = at;
  const { deadlineMs: _over, stalled: _wait, ...facts } = at.openStep;
  return {
    ...common,
    joins,
    rosterDigest,
    closedSteps: [...closedSteps, { ...facts, endedMs: event.atMs }],
  };
}

function advanced({ spec }: HorizontalCharter, sum: Sum, event: JobEvent): Sum {
  const { body } = event;
  if (body.kind === 'sumSkipped' && sum.phase === 'collecting' && sum.bound) {
    const { enoughMs: _grace, deadlineMs: _over, stalled: _wait, ...facts } = sum;
    return { ...facts, phase: 'skipped', agreedMs: event.atMs, next: afterSkipped(spec, sum.round) };
  }
  if (body.kind === 'survivorsProposed' && sum.phase === 'collecting') {
    const { members, deadlineMs } = body;
    const { enoughMs: _over, ...facts } = sum;
    return { ...facts, phase: 'unmasking', members, deadlineMs, stalled: false, signatures: new Map() };
  }
  if (body.kind === 'sumReady' && sum.phase === 'unmasking') {
    const { digest, bytes, addMs, deadlineMs } = body;
    const revealed = { reveals: new Map(), revealedMs: event.atMs, missing: undefined };
    const opened = { digest, bytes, addMs, ...revealed, reports: new Map() };
    return { ...sum, ...opened, phase: 'applying', deadlineMs, stalled: false };
  }
  if (body.kind === 'recoveryAsked' && sum.phase === 'applying' && !sum.missing) {
    return { ...sum, missing: body.missing };
  }
  if (body.kind === 'sumAgreed' && sum.phase === 'applying') {
    const { fingerprint, next, metrics } = body;
    const { deadlineMs: _over, stalled: _wait, ...facts } = sum;
    return { ...facts, phase: 'agreed', agreedMs: event.atMs, fingerprint, next, metrics };
  }
  throw illegal(sum.phase, event);
}
