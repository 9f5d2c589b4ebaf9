import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Canonical, canonicalJson, digestOf } from './canonical.js';
import { type HexDigest, hex, type JobId, jobId, jobIdOf, participantName } from './ids.js';
import { limits } from './limits.js';
import { metricNames } from './post.js';

const featureName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.]{0,63}$/, 'must be a name of letters, digits, _ and .');
const seconds = (fallback: number) =>
  z
    .number()
    .min(1)
    .max(7 * 86400)
    .default(fallback);
const positive = z.number().positive().max(1e6);

const model = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('logistic') }),
  z.strictObject({
    kind: z.literal('mlp'),
    hidden: z.array(z.int().min(1).max(4096)).min(1).max(8).default([32, 16]),
    activation: z.enum(['relu', 'tanh', 'elu', 'selu']).default('relu'),
  }),
  z.strictObject({
    kind: z.literal('layers'),
    /** A tfjs LayersModel topology: what `model.toJSON()` gives, as an object. */
    topology: z.record(z.string(), z.unknown()),
  }),
]);

const algorithm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fedavg') }),
  z.strictObject({ kind: z.literal('fedprox'), mu: z.number().min(0).max(100).default(0.01) }),
  z.strictObject({
    kind: z.literal('fedadam'),
    serverLearningRate: positive.default(0.05),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.99),
    epsilon: positive.default(1e-3),
  }),
]);

/**
 * A job as its submitter writes it. Everything has a unit or a range; unknown fields are refused.
 * The submitted form adds the nonce; its digest is what participants consent to.
 */
export const jobSpec = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -'),
    mode: z.literal('horizontal'),
    purpose: z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'must be 2 to 63 of a-z, 0-9 and -'),
    participants: z.array(participantName).min(1).max(limits.participants),
    /** c of PROTOCOLS §2: how many participants may collude with the coordinator. */
    colluders: z.int().min(0).max(limits.participants).default(1),
    /** Name of the dataset at every participant. */
    dataset: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be a dataset name of a-z, 0-9 and -'),
    /** Logical feature names and types; each participant's dataset file maps them to its columns. */
    features: z
      .record(featureName, z.enum(['number', 'category']))
      .refine((value) => Object.keys(value).length >= 1, 'must name at least one feature')
      .refine(
        (value) => Object.keys(value).length <= limits.features,
        `must name at most ${limits.features} features`,
      ),
    model,
    algorithm: algorithm.default({ kind: 'fedavg' }),
    training: z
      .strictObject({
        rounds: z.int().min(1).max(limits.rounds).default(10),
        /** Passes over the local rows in one round. */
        epochs: z.int().min(1).max(100).default(1),
        batchRows: z.int().min(1).max(65_536).default(64),
        optimizer: z.enum(['sgd', 'adam']).default('adam'),
        learningRate: positive.default(0.01),
        /** L2 penalty on kernels, not on biases. */
        l2: z.number().min(0).max(10).default(1e-4),
        /** Seeds initial weights, row order and stochastic rounding: same spec and data, same model. */
        seed: z
          .int()
          .min(0)
          .max(2 ** 31 - 1)
          .default(1),
      })
      .prefault({}),
    update: z
      .strictObject({
        /** Largest L2 norm of a participant's update; longer ones are scaled down. */
        clipNorm: positive.default(10),
        /** Largest absolute coordinate of an update after norm clipping. */
        clipCoordinate: positive.default(2),
        /** Bits of a quantised coordinate, sign included; the range proof may refuse more than fit. */
        bits: z.int().min(8).max(28).default(24),
        /** Public upper bound on any participant's training rows; weights are rows / rowsCap. */
        rowsCap: z.int().min(1).max(100_000_000).default(1_000_000),
      })
      .prefault({}),
    evaluation: z
      .strictObject({
        /** Score-histogram bins per class. */
        bins: z.int().min(1000).max(16_384).default(8192),
      })
      .prefault({}),
    earlyStopping: z
      .strictObject({
        metric: z.enum(['auc', 'ks', 'logLoss']).default('auc'),
        /** Rounds without improvement before training stops. */
        patience: z.int().min(1).max(1000).default(3),
        minDelta: z.number().min(0).max(1).default(0.0005),
      })
      .optional(),
    /** Each participant refuses to take part with fewer training rows than this. */
    minimumRows: z.int().min(1).max(100_000_000).default(50),
    /** Metrics that coordinator and submitter may see; the others stay with the participants. */
    release: z.array(z.enum(metricNames)).max(metricNames.length).default(['auc', 'ks', 'trainLoss']),
    deadlines: z
      .strictObject({
        consentSeconds: seconds(3600),
        /** Roster, key exchange and signatures. */
        keyingSeconds: seconds(300),
        /** Local training and upload of one round. */
        roundSeconds: seconds(1800),
        /** Signatures, reveals and reports after the upload phase. */
        openingSeconds: seconds(300),
      })
      .prefault({}),
    /** Start from the final model of this finished job, with its preprocessing. */
    warmStart: z.strictObject({ job: jobId }).optional(),
    /** 256-bit hex, drawn by `jobs submit`; makes every job id fresh. */
    nonce: hex(32),
  })
  .superRefine((spec, context) => {
    if (new Set(spec.participants).size !== spec.participants.length) {
      context.addIssue({ code: 'custom', path: ['participants'], message: 'names a participant twice' });
    }
  });

/** A validated job spec, defaults filled in. */
export type JobSpec = z.infer<typeof jobSpec>;
/** A job spec as people write it, without nonce. */
export type JobSpecInput = Omit<z.input<typeof jobSpec>, 'nonce'>;

/** Fewest contributors of distinct organisations (PROTOCOLS §0): two would each learn the other's part. */
export function minimumContributors(colluders: number): number {
  return Math.max(3, colluders + 2);
}

/** Shamir threshold and signature quorum Q = floor((n + c) / 2) + 1 (PROTOCOLS §2). */
export function quorumOf(participants: number, colluders: number): number {
  return Math.floor((participants + colluders) / 2) + 1;
}

export function drawNonce(): string {
  return randomBytes(32).toString('hex');
}

/** RFC 8785 form of a spec: what is stored, sent and digested. */
export function specJson(spec: JobSpec): string {
  return canonicalJson(spec as unknown as Canonical);
}

export function specDigest(spec: JobSpec): HexDigest {
  return digestOf('fedrisk/v1/job-spec', spec as unknown as Canonical);
}

export function jobIdOfSpec(spec: JobSpec): JobId {
  return jobIdOf(specDigest(spec));
}
