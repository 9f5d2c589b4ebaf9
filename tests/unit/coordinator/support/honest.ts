import { createHash } from 'node:crypto';
import {
  commitmentsDigest,
  type HexDigest,
  type HorizontalSpec,
  horizontalSpec,
  isStatistic,
  type NextStep,
  noSharedKeys,
  type ParticipantName,
  type PostBody,
  type SealedPurpose,
  type ShareGraph,
  statisticsOf,
  sumsPerRound,
} from '../../../../contract/index.js';
import { graphOf } from '../../../../coordinator/rounds/graph.js';
import {
  type Agreed,
  type HorizontalCharter,
  isExchanging,
  isSumming,
  type JobState,
  type Sum,
  type Summing,
} from '../../../../coordinator/rounds/index.js';
import { keyedDigestOf, keyedIn } from '../../../../coordinator/rounds/keyed.js';
import { stepPost } from './vertical.js';

export const roster = ['bank-a', 'bank-b', 'platform-x'] as ParticipantName[];

export function digest(...parts: readonly (string | number)[]): HexDigest {
  return createHash('sha256').update(parts.join('/')).digest('hex') as HexDigest;
}

export function spec(change: object = {}): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'credit',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants: ['platform-x', 'bank-a', 'bank-b'],
    dataset: 'loans',
    features: { age: 'number', sector: 'category' },
    // Seeded, so that its first round can do without some, unlike that of a logistic model.
    model: { kind: 'mlp' },
    training: { rounds: 2 },
    nonce: '5a'.repeat(32),
    ...change,
  });
}

export interface Party {
  readonly name: ParticipantName;
  readonly organisation: string;
  readonly role: 'bank' | 'platform';
  readonly certificateFingerprint: HexDigest;
  readonly identityKey: string;
}

export function party(name: ParticipantName): Party {
  return {
    name,
    organisation: `Org of ${name}`,
    role: name.startsWith('bank') ? 'bank' : 'platform',
    certificateFingerprint: digest('certificate', name),
    identityKey: digest('identity', name),
  };
}

/** What an honest participant says next, given what stands in the transcript; undefined when it waits. */
export function honestPost(
  state: JobState,
  self: Party,
  upload: { digest: HexDigest; bytes: number; valueCount: number },
): PostBody | undefined {
  const { name } = self;
  if (state.kind === 'awaiting-consent') {
    if (state.consents.has(name)) return undefined;
    return { kind: 'consent', specDigest: state.charter.specDigest, approved: true, code: '', detail: '' };
  }
  if (state.kind === 'keying') return keyingPost(state, self);
  if (isExchanging(state)) return stepPost(state, name);
  if (!isSumming(state) || state.left.has(name)) return undefined;
  const { charter, past, current, batch } = state;
  const missed = past.find((sum): sum is Agreed => sum.phase === 'agreed' && !sum.reports.has(name));
  if (missed) return appliedPost(charter.spec, missed);
  const keys = batch && batchPost(graphOf(state), batch, name);
  return keys ?? sumPost(state, current, name, upload);
}

export const commitments = {
  heNarrow: digest('n'),
  heWide: digest('w'),
  mac: digest('m'),
  fingerprint: digest('f'),
  reveal: digest('r'),
};

type KeyingState = Extract<JobState, { kind: 'keying' }>;

function keyingPost({ keying, charter }: KeyingState, self: Party): PostBody | undefined {
  const { name, organisation, role, certificateFingerprint, identityKey } = self;
  if (keying.stage === 'joining') {
    if (keying.joins.has(name)) return undefined;
    return {
      kind: 'join',
      specDigest: charter.specDigest,
      organisation,
      party: role,
      certificateFingerprint,
      identityKey,
      sealKey: digest('seal', name),
      backend: 'wasm',
    };
  }
  if (keying.stage === 'sharing') {
    const horizontal = charter as HorizontalCharter;
    return batchPost(graphOf({ charter: horizontal, rosterDigest: keying.rosterDigest }), keying.batch, name);
  }
  const { rosterDigest } = keying;
  if (!('commitments' in keying)) {
    if (keying.signatures.has(name)) return undefined;
    return { kind: 'rosterSignature', rosterDigest, commitmentsDigest: noSharedKeys };
  }
  if (name === charter.roster[0] && !keying.commitments) {
    return { kind: 'keyCommitments', ...commitments };
  }
  const unserved = charter.roster.find((to) => to !== name && !keying.jobKeys.has(to));
  if (name === charter.roster[0] && unserved) return sealed(unserved, 'job-keys', 0);
  if (!keying.commitments || keying.signatures.has(name)) return undefined;
  return { kind: 'rosterSignature', rosterDigest, commitmentsDigest: commitmentsDigest(keying.commitments) };
}

function batchPost(
  graph: ShareGraph,
  batch: { firstSum: number; count: number; keys: Pick<ReadonlySet<ParticipantName>, 'has'>; shares: Shares },
  name: ParticipantName,
): PostBody | undefined {
  const { firstSum, count } = batch;
  if (!batch.keys.has(name)) {
    const key = { maskKey: digest('mask', name), selfCommitment: digest('self', name) };
    return { kind: 'sumKeys', firstSum, keys: Array.from({ length: count }, () => key) };
  }
  const unserved = graph.neighbours(name).find((to) => !batch.shares.get(name)?.has(to));
  return unserved && sealed(unserved, 'sum-shares', firstSum);
}

type Shares = ReadonlyMap<ParticipantName, ReadonlyMap<ParticipantName, unknown>>;

function sumPost(
  state: Summing,
  sum: Sum,
  name: ParticipantName,
  upload: { digest: HexDigest; bytes: number; valueCount: number },
): PostBody | undefined {
  const { purpose, round } = sum;
  const { spec, quorum } = state.charter;
  if (sum.phase === 'collecting') {
    if (sum.contributions.has(name) || !keyedIn(state, sum.sum).includes(name)) return undefined;
    if (sum.bound && !sum.bound.includes(name)) return undefined;
    const made = { parameterSet: 'narrow' as const, timings: [{ step: 'train', ms: 5 }], ...upload };
    const keyed = keyedDigestOf(state, sum.sum);
    return { kind: 'contribution', sum: sum.sum, purpose, round, ...made, ...(keyed && { keyed }) };
  }
  if (sum.phase === 'skipped') return undefined;
  if (sum.phase !== 'agreed' && !sum.signatures.has(name)) {
    return { kind: 'survivorSignature', sum: sum.sum, survivorDigest: survivorsOf(sum) };
  }
  if (sum.phase === 'unmasking') return undefined;
  if (sum.phase === 'applying' && !sum.reveals.has(name)) return reveal(sum.sum);
  return sum.reports.has(name) || sum.reveals.size < quorum ? undefined : appliedPost(spec, sum);
}

function survivorsOf({ sum, members }: { sum: number; members: readonly string[] }): HexDigest {
  return digest('survivors', sum, ...members);
}

function appliedPost(spec: HorizontalSpec, sum: Extract<Sum, { phase: 'applying' | 'agreed' }>): PostBody {
  const { purpose, round } = sum;
  return {
    kind: 'applied',
    sum: sum.sum,
    sumDigest: sum.digest,
    fingerprint: digest('model', sum.sum),
    next: honestNext(spec, sum),
    metrics: purpose === 'update' && round > 1 ? [{ name: 'auc', round: round - 1, value: 0.7 }] : [],
    timings: [{ step: 'decrypt', ms: 3 }],
  };
}

export function honestNext(spec: HorizontalSpec, { purpose, round, level }: Sum): NextStep {
  const going = { stopped: '', bestRound: 0 } as const;
  if (purpose === 'magnitudes') return { purpose: statisticsOf(spec)[1]!, round: 0, ...going };
  if (isStatistic(purpose)) return { purpose: 'update', round: 1, ...going };
  const over = { round: 0, stopped: 'rounds', bestRound: spec.training.rounds } as const;
  if (purpose === 'evaluation') return { purpose: 'done', ...over };
  if (level + 1 < sumsPerRound(spec)) return { purpose: 'update', round, ...going };
  if (round === spec.training.rounds) return { purpose: 'evaluation', ...over };
  return { purpose: 'update', round: round + 1, stopped: '', bestRound: round };
}

export function reveal(sum: number): Extract<PostBody, { kind: 'reveal' }> {
  return { kind: 'reveal', sum, ciphertext: new Uint8Array(48).fill(3) };
}

export function sealed(
  to: ParticipantName,
  purpose: SealedPurpose,
  sum: number,
): Extract<PostBody, { kind: 'sealed' }> {
  const [enc, ciphertext] = [new Uint8Array(32).fill(1), new Uint8Array(48).fill(2)];
  return {
    kind: 'sealed',
    to,
    purpose,
    sum,
    seq: 0,
    last: true,
    enc,
    ciphertext,
    signature: 'ab'.repeat(64),
  };
}

/** Digest that a post of this body must carry in this state. */
export function rosterDigestFor(state: JobState, body: PostBody): HexDigest | '' {
  if (body.kind === 'consent' || body.kind === 'join') return '';
  if (isSumming(state) || isExchanging(state)) return state.rosterDigest;
  if (state.kind === 'keying' && state.keying.stage !== 'joining') return state.keying.rosterDigest;
  return '';
}
