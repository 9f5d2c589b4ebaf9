import fc from 'fast-check';
import {
  type EventBody,
  type JobEvent,
  limits,
  metricNames,
  type Post,
  type PostBody,
  parameterSetNames,
  recoveryCauses,
  sealedPurposes,
  sumPurposes,
} from '../../contract/index.js';

/** Valid messages of every kind, with fields anywhere in their bounds. */

export const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
export const name = fc.stringMatching(/^[a-z][a-z0-9-]{1,39}$/);
/** Any text a signature can cover: the whole of Unicode, no half surrogate pairs. */
const text = (max: number) => fc.string({ unit: 'binary', maxLength: Math.floor(max / 2) });
const word = (max: number) => text(max).filter((value) => value !== '');
const sum = fc.integer({ min: 0, max: limits.sumsPerJob - 1 });
const round = fc.integer({ min: 0, max: limits.rounds });
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const finite = (max: number) => fc.double({ min: -max, max, noNaN: true });
const timings = fc.array(fc.record({ step: text(20), ms: fc.double({ min: 0, max: 1e10, noNaN: true }) }), {
  maxLength: 10,
});
const metrics = fc.array(fc.record({ name: fc.constantFrom(...metricNames), round, value: finite(1e12) }), {
  maxLength: 20,
});
const next = fc.record({
  purpose: fc.constantFrom(...sumPurposes, 'done' as const),
  round,
  stopped: fc.constantFrom('', 'rounds', 'early-stopping'),
  bestRound: round,
});
const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const kind = <K extends string>(of: K) => fc.constant(of);

export const postBody = fc.oneof(
  fc.record({
    kind: kind('consent'),
    specDigest: hex(32),
    approved: fc.boolean(),
    code: text(60),
    detail: text(500),
  }),
  fc.record({
    kind: kind('join'),
    specDigest: hex(32),
    organisation: word(80),
    party: fc.constantFrom('bank', 'platform'),
    certificateFingerprint: hex(32),
    identityKey: hex(32),
    sealKey: hex(32),
    backend: fc.constantFrom('tfjs-node', 'wasm'),
  }),
  fc.record({
    kind: kind('keyCommitments'),
    heNarrow: hex(32),
    heWide: hex(32),
    mac: hex(32),
    fingerprint: hex(32),
    reveal: hex(32),
  }),
  fc.record({ kind: kind('rosterSignature'), rosterDigest: hex(32), commitmentsDigest: hex(32) }),
  fc.record({
    kind: kind('sumKeys'),
    firstSum: sum,
    keys: fc.array(fc.record({ maskKey: hex(32), selfCommitment: hex(32) }), { minLength: 1, maxLength: 64 }),
  }),
  fc.record({
    kind: kind('sealed'),
    to: name,
    purpose: fc.constantFrom(...sealedPurposes),
    sum,
    seq: fc.integer({ min: 0, max: 1000 }),
    last: fc.boolean(),
    enc: bytes(64),
    ciphertext: bytes(500),
    signature: hex(64),
  }),
  fc.record({
    kind: kind('contribution'),
    sum,
    purpose: fc.constantFrom(...sumPurposes),
    round,
    valueCount: fc.integer({ min: 1, max: limits.valuesPerSum }),
    parameterSet: fc.constantFrom(...parameterSetNames),
    digest: hex(32),
    bytes: fc.integer({ min: 1, max: limits.uploadBytes }),
    timings,
    keyed: fc.option(hex(32), { nil: undefined }),
  }),
  fc.record({ kind: kind('survivorSignature'), sum, survivorDigest: hex(32) }),
  fc.record({ kind: kind('reveal'), sum, ciphertext: bytes(500) }),
  fc.record({
    kind: kind('recovery'),
    sum,
    cause: fc.constantFrom(...recoveryCauses),
    members: fc.array(name, { minLength: 1, maxLength: 255 }),
    ciphertext: bytes(500),
  }),
  fc.record({ kind: kind('applied'), sum, sumDigest: hex(32), fingerprint: hex(32), next, metrics, timings }),
  fc.record({ kind: kind('abort'), code: word(60), detail: text(500), sum, party: text(40) }),
) as unknown as fc.Arbitrary<PostBody>;

export const post = fc.record({
  sender: name,
  rosterDigest: fc.oneof(fc.constant(''), hex(32)),
  signature: hex(64),
  body: postBody,
}) as unknown as fc.Arbitrary<Post>;

export const eventBody = fc.oneof(
  fc.record({
    kind: kind('submitted'),
    specJson: text(1000),
    specDigest: hex(32),
    submitter: text(40),
    organisation: text(80),
    deadlineMs: time,
  }),
  fc.record({ kind: kind('posted'), post }),
  fc.record({ kind: kind('consented'), deadlineMs: time }),
  fc.record({ kind: kind('rosterFixed'), rosterDigest: hex(32) }),
  fc.record({
    kind: kind('sumKeysRequested'),
    firstSum: sum,
    count: fc.integer({ min: 1, max: limits.sumKeysPerBatch }),
    deadlineMs: time,
  }),
  fc.record({
    kind: kind('keysClosed'),
    firstSum: sum,
    without: fc.array(name, { minLength: 1, maxLength: 255 }),
  }),
  fc.record({
    kind: kind('sumStarted'),
    sum,
    purpose: fc.constantFrom(...sumPurposes),
    round,
    deadlineMs: time,
  }),
  fc.record({
    kind: kind('survivorsProposed'),
    sum,
    members: fc.array(name, { maxLength: 255 }),
    deadlineMs: time,
  }),
  fc.record({
    kind: kind('sumReady'),
    sum,
    digest: hex(32),
    bytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    addMs: fc.double({ min: 0, max: 1e10, noNaN: true }),
    deadlineMs: time,
  }),
  fc.record({ kind: kind('recoveryAsked'), sum, missing: fc.array(name, { maxLength: 255 }) }),
  fc.record({ kind: kind('sumAgreed'), sum, fingerprint: hex(32), next, metrics }),
  fc.record({ kind: kind('stalled'), missing: fc.array(name, { maxLength: 255 }), deadlineMs: time }),
  fc.record({ kind: kind('revoked'), party: name }),
  fc.record({ kind: kind('finished'), fingerprint: hex(32), rounds: round, bestRound: round }),
  fc.record({
    kind: kind('failed'),
    code: text(60),
    detail: text(500),
    parties: fc.array(text(40), { maxLength: 20 }),
  }),
  fc.record({ kind: kind('cancelled'), by: text(40), reason: text(500) }),
) as unknown as fc.Arbitrary<EventBody>;
export const event: fc.Arbitrary<JobEvent> = fc.record({
  index: fc.nat({ max: 2 ** 32 - 1 }),
  atMs: time,
  body: eventBody,
});
