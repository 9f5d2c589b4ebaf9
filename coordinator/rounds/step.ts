import {
  type EventOf,
  inRosterOrder,
  isErrorCode,
  type JobEvent,
  jobIdOf,
  jobSpec,
  quorumOf,
} from '../../contract/index.js';
import { withPost } from './fold-post.js';
import { illegal } from './illegal.js';
import { jobKindOf } from './sequence.js';
import type { Charter, JobState, KeyBatch, Sum, Summing, Unfinished } from './state.js';
import { isSumming, isUnfinished } from './state.js';

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
      return {
        kind: 'keying',
        charter,
        nextIndex,
        keying: { stage: 'joining', deadlineMs: body.deadlineMs, joins: new Map() },
        aborted: undefined,
      };
    case 'rosterFixed':
      if (at.kind !== 'keying' || at.keying.stage !== 'joining') throw illegal(state?.kind, event);
      return {
        ...at,
        keying: {
          ...at.keying,
          stage: 'signing',
          rosterDigest: body.rosterDigest,
          commitments: undefined,
          jobKeys: new Map(),
          signatures: new Map(),
        },
      };
    case 'sumKeysRequested':
      return withBatch(at, body, event);
    case 'sumStarted':
      return withSum(at, body, event);
    case 'survivorsProposed':
    case 'sumReady':
    case 'sumAgreed':
      if (!isSumming(at) || at.current.sum !== body.sum) throw illegal(state?.kind, event);
      return { ...at, current: advanced(at.current, event) };
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
  const roster = inRosterOrder(spec.participants.map((name) => ({ name }))).map(({ name }) => name);
  return {
    jobId: jobIdOf(body.specDigest),
    spec,
    specJson: body.specJson,
    specDigest: body.specDigest,
    submitter: body.submitter,
    organisation: body.organisation,
    submittedMs: atMs,
    roster,
    quorum: quorumOf(roster.length, spec.colluders),
  };
}

function withBatch(at: Unfinished, body: EventOf<'sumKeysRequested'>, event: JobEvent): Unfinished {
  const { firstSum, count, deadlineMs } = body;
  const batch: KeyBatch = { firstSum, count, deadlineMs, keys: new Set(), shares: new Map() };
  if (at.kind === 'keying' && at.keying.stage === 'signing') {
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
  const { charter, nextIndex, aborted } = at;
  const common = { kind: jobKindOf(purpose), charter, nextIndex, aborted, current, batch: undefined };
  if (at.kind === 'keying' && at.keying.stage === 'sharing') {
    const { joins, rosterDigest, batch } = at.keying;
    return { ...common, joins, rosterDigest, keyedSums: batch.firstSum + batch.count, past: [] };
  }
  if (!isSumming(at) || at.current.phase !== 'agreed') throw illegal(at.kind, event);
  const { joins, rosterDigest, batch } = at;
  const keyedSums = batch ? batch.firstSum + batch.count : at.keyedSums;
  return { ...common, joins, rosterDigest, keyedSums, past: [...at.past, at.current] };
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
