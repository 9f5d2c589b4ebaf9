import { z } from 'zod';
import type { Canonical } from './canonical.js';
import { digestOf } from './canonical.js';
import type { HexDigest, JobId } from './ids.js';
import { hex, hexDigest, participantName } from './ids.js';
import { limits } from './limits.js';

const bytes = (max: number) =>
  z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length <= max,
    `must be at most ${max} bytes`,
  );
const sumNumber = z
  .int()
  .min(0)
  .max(limits.sumsPerJob - 1);
const round = z.int().min(0).max(limits.rounds);
/** Canonical JSON, which signatures cover, has no form for half a surrogate pair. */
export const wellFormed = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
const sentence = wellFormed(500);
export const stepNumber = z
  .int()
  .min(0)
  .max(limits.stepsPerJob - 1);

export const sumPurposes = ['magnitudes', 'moments', 'quantiles', 'update', 'evaluation'] as const;
export type SumPurpose = (typeof sumPurposes)[number];
export const parameterSetNames = ['narrow', 'wide'] as const;
export type ParameterSetName = (typeof parameterSetNames)[number];
export const sealedPurposes = ['job-keys', 'sum-shares'] as const;
export type SealedPurpose = (typeof sealedPurposes)[number];
export const recoveryCauses = ['missing', 'doubted'] as const;
export type RecoveryCause = (typeof recoveryCauses)[number];

const timing = z.strictObject({ step: wellFormed(20), ms: z.number().min(0).max(1e10) });
export const metricNames = ['auc', 'ks', 'gini', 'brier', 'logLoss', 'trainLoss', 'rows'] as const;
export type MetricName = (typeof metricNames)[number];
/** Largest absolute metric: far above any row count, and below 2^53, beyond which canonical JSON has no numbers. */
const largestMetric = 1e12;
export const metric = z.strictObject({
  name: z.enum(metricNames),
  round,
  value: z.number().min(-largestMetric).max(largestMetric),
});
/** Information value of one feature, where the job releases `iv`. */
export const featureReport = z.strictObject({
  party: participantName,
  feature: wellFormed(64),
  bins: z.int().min(1).max(255),
  iv: z.number().min(0).max(1000),
});
export const nextStep = z.strictObject({
  purpose: z.enum([...sumPurposes, 'done']),
  round,
  stopped: z.enum(['', 'rounds', 'early-stopping']),
  bestRound: round,
});

/** What a participant may say in a job; one zod object per kind, bounded, unknown members refused. */
export const postBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('consent'),
    specDigest: hexDigest,
    approved: z.boolean(),
    code: wellFormed(60),
    detail: sentence,
  }),
  z.strictObject({
    kind: z.literal('join'),
    specDigest: hexDigest,
    organisation: wellFormed(80).min(1),
    party: z.enum(['bank', 'platform']),
    certificateFingerprint: hexDigest,
    identityKey: hex(32),
    sealKey: hex(32),
    backend: z.enum(['tfjs-node', 'wasm']),
  }),
  z.strictObject({
    kind: z.literal('keyCommitments'),
    heNarrow: hexDigest,
    heWide: hexDigest,
    mac: hexDigest,
    fingerprint: hexDigest,
    reveal: hexDigest,
  }),
  z.strictObject({
    kind: z.literal('rosterSignature'),
    rosterDigest: hexDigest,
    commitmentsDigest: hexDigest,
  }),
  z.strictObject({
    kind: z.literal('sumKeys'),
    firstSum: sumNumber,
    keys: z
      .array(z.strictObject({ maskKey: hex(32), selfCommitment: hexDigest }))
      .min(1)
      .max(limits.sumKeysPerBatch),
  }),
  z.strictObject({
    kind: z.literal('sealed'),
    to: participantName,
    purpose: z.enum(sealedPurposes),
    sum: sumNumber,
    seq: z.int().min(0).max(1000),
    last: z.boolean(),
    enc: bytes(64),
    ciphertext: bytes(limits.sealedBytes),
    signature: hex(64),
  }),
  z.strictObject({
    kind: z.literal('contribution'),
    sum: sumNumber,
    purpose: z.enum(sumPurposes),
    round,
    valueCount: z.int().min(1).max(limits.valuesPerSum),
    parameterSet: z.enum(parameterSetNames),
    digest: hexDigest,
    bytes: z.int().min(1).max(limits.uploadBytes),
    timings: z.array(timing).max(10),
    /** `keyedDigest` of those with mask keys for the sum, as the sender was shown; absent where they are the roster. */
    keyed: z.preprocess((text) => text || undefined, hexDigest.optional()),
  }),
  z.strictObject({ kind: z.literal('survivorSignature'), sum: sumNumber, survivorDigest: hexDigest }),
  z.strictObject({
    kind: z.literal('reveal'),
    sum: sumNumber,
    /** What opens a sum over a survivor set, under a key that the roster shares; AES-256-GCM with its tag. */
    ciphertext: bytes(limits.sealedBytes),
  }),
  z.strictObject({
    kind: z.literal('recovery'),
    sum: sumNumber,
    /** Why shares of these members' seeds are needed: they did not open them in time, or what they said is wrong. */
    cause: z.enum(recoveryCauses),
    members: z.array(participantName).min(1).max(limits.participants),
    /** One share per member, under a key that the roster shares; AES-256-GCM with its tag. */
    ciphertext: bytes(limits.sealedBytes),
  }),
  z.strictObject({
    kind: z.literal('applied'),
    sum: sumNumber,
    sumDigest: hexDigest,
    fingerprint: hexDigest,
    next: nextStep,
    metrics: z.array(metric).max(20),
    timings: z.array(timing).max(10),
  }),
  z.strictObject({
    kind: z.literal('parcel'),
    step: stepNumber,
    to: participantName,
    /** Of the sealed bytes as uploaded; the sender's signature over this post is what authenticates them. */
    digest: hexDigest,
    bytes: z.int().min(1).max(limits.parcelBytes),
    timings: z.array(timing).max(10),
  }),
  z.strictObject({
    kind: z.literal('report'),
    step: stepNumber,
    /** Keyed digest of what the sender keeps of the job: its part of the model. */
    fingerprint: hexDigest,
    metrics: z.array(metric).max(20),
    features: z.array(featureReport).max(limits.features),
    /** Label functionals that the job released, in total; 0 from everybody but the label holder. */
    labelFunctionals: z.int().min(0).max(1e9),
    /** Rows whose score parts the label holder received; 0 from everybody else. */
    scoresReleased: z.int().min(0).max(1e9),
    /** In a step tree, from the label holder: no tree follows. */
    last: z.preprocess((flag) => flag || undefined, z.literal(true).optional()),
    timings: z.array(timing).max(10),
  }),
  z.strictObject({
    kind: z.literal('abort'),
    code: wellFormed(60).min(1),
    detail: sentence,
    sum: sumNumber,
    party: wellFormed(40),
  }),
]);

export type PostBody = z.infer<typeof postBody>;
export type PostKind = PostBody['kind'];
export type PostOf<K extends PostKind> = Extract<PostBody, { kind: K }>;
export type Metric = z.infer<typeof metric>;
export type FeatureReport = z.infer<typeof featureReport>;
export type Timing = z.infer<typeof timing>;
export type NextStep = z.infer<typeof nextStep>;

export const post = z.strictObject({
  sender: participantName,
  rosterDigest: z.union([z.literal(''), hexDigest]),
  signature: hex(64),
  body: postBody,
});

/** A post as it stands in a transcript: attacker-controlled until its signature is checked. */
export type Post = z.infer<typeof post>;

/** What the sender's identity key signs. The job id is derived from the spec digest, so it binds the nonce. */
export function postDigest(jobId: JobId, unsigned: Omit<Post, 'signature'>): HexDigest {
  return digestOf(`fedrisk/v1/post/${unsigned.body.kind}`, {
    jobId,
    rosterDigest: unsigned.rosterDigest,
    sender: unsigned.sender,
    body: unsigned.body as unknown as Canonical,
  });
}

/**
 * The place of a post in its job: a sender says one thing in one place, once. Coordinator and participants
 * refuse a second post with the same place and other bytes.
 */
export function postPlace(body: PostBody): string {
  switch (body.kind) {
    case 'sealed':
      return `sealed/${body.purpose}/${body.sum}/${body.to}/${body.seq}`;
    case 'sumKeys':
      return `sumKeys/${body.firstSum}`;
    case 'recovery':
      return `recovery/${body.sum}/${body.cause}`;
    case 'parcel':
      return `parcel/${body.step}/${body.to}`;
    case 'report':
      return `report/${body.step}`;
    case 'contribution':
    case 'survivorSignature':
    case 'reveal':
    case 'applied':
      return `${body.kind}/${body.sum}`;
    default:
      return body.kind;
  }
}
