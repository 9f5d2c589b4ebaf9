import { z } from 'zod';
import { hex, jobId, participantName } from './ids.js';
import { limits } from './limits.js';
import { metricNames } from './post.js';
import { fewestIncluded } from './quorum.js';
import { mostColluders } from './share-graph.js';
import { datasetName, features, jobName, purpose, seconds, seed, within } from './spec-fields.js';
import { monotone, needsValidation, treeFields, unordered } from './tree-fields.js';

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
  /** Boosted trees, one a round: `training.rounds` is their number, `training.seed` draws columns. */
  z.strictObject({ kind: z.literal('trees'), ...treeFields, monotone }),
]);

const algorithm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fedavg') }),
  z.strictObject({ kind: z.literal('fedprox'), mu: z.number().min(0).max(100).default(0.01) }),
  z.strictObject({
    kind: z.literal('fedadam'),
    serverLearningRate: within(1e-4, 100).default(0.05),
    beta1: within(0, 0.999).default(0.9),
    beta2: within(0, 0.9999).default(0.99),
    epsilon: within(1e-10, 1).default(1e-3),
  }),
]);

const fields = z.strictObject({
  name: jobName,
  mode: z.literal('horizontal'),
  purpose,
  participants: z.array(participantName).min(1).max(limits.participants),
  /** c of PROTOCOLS §2: how many participants may collude with the coordinator. */
  colluders: z.int().min(0).max(limits.participants).default(1),
  /** Name of the dataset at every participant. */
  dataset: datasetName,
  features,
  model,
  algorithm: algorithm.default({ kind: 'fedavg' }),
  training: z
    .strictObject({
      rounds: z.int().min(1).max(limits.rounds).default(10),
      /** Passes over the local rows in one round. */
      epochs: z.int().min(1).max(100).default(1),
      batchRows: z.int().min(1).max(65_536).default(64),
      optimizer: z.enum(['sgd', 'adam']).default('adam'),
      learningRate: within(1e-6, 1000).default(0.01),
      /** L2 penalty on kernels, not on biases. */
      l2: z.number().min(0).max(10).default(1e-4),
      /** Seeds initial weights, row order and stochastic rounding: same spec and data, same model. */
      seed,
    })
    .prefault({}),
  update: z
    .strictObject({
      /** Largest L2 norm of a participant's update; longer ones are scaled down. */
      clipNorm: within(0.01, 1e6).default(10),
      /** Largest absolute coordinate of an update after norm clipping. */
      clipCoordinate: within(0.01, 1e6).default(2),
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
      /** How long the others are waited for once a quorum has uploaded; never beyond roundSeconds. */
      graceSeconds: seconds(60),
      /** Signatures, reveals and reports after the upload phase. */
      openingSeconds: seconds(300),
      /** A round that too few are left for waits this long for them to come back, then the job fails. */
      rejoinSeconds: seconds(3600),
    })
    .prefault({}),
  /** Who may be missing from a training round or the evaluation; statistics take everybody. */
  participation: z
    .strictObject({
      /** Fewest participants a round may include; by default as few as is safe (`fewestIncluded`). */
      quorum: z.int().min(3).max(limits.participants).optional(),
      /** What becomes of an update that comes too late for its round: never sent, or sent in the next one. */
      late: z.enum(['drop', 'next-round']).default('drop'),
      /** Sums that mask keys are made for at a time; who misses the making of a batch has no part in its sums. */
      keyBatch: z.int().min(1).max(limits.sumKeysPerBatch).default(limits.sumKeysPerBatch),
    })
    .prefault({}),
  /** Start from the final model of this finished job, with its preprocessing. */
  warmStart: z.strictObject({ job: jobId }).optional(),
  /** 256-bit hex, drawn by `jobs submit`; makes every job id fresh. */
  nonce: hex(32),
});

/** A job on the same features of different customers, as its submitter writes it. */
export const horizontalSpec = fields.superRefine((spec, context) => {
  if (new Set(spec.participants).size !== spec.participants.length) {
    context.addIssue({ code: 'custom', path: ['participants'], message: 'names a participant twice' });
  }
  const most = mostColluders(spec.participants.length);
  if (spec.colluders > most) {
    const message = `must be at most ${most} with more than 255 participants`;
    context.addIssue({ code: 'custom', path: ['colluders'], message });
  }
  for (const { path, message } of spec.model.kind === 'trees' ? treeProblems(spec, spec.model) : []) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
  const { quorum } = spec.participation;
  if (quorum === undefined) return;
  const fewest = fewestIncluded(spec.participants.length, spec.colluders);
  if (quorum < fewest || quorum > spec.participants.length) {
    const message = `must be ${fewest} to ${spec.participants.length} with ${spec.colluders} colluders`;
    context.addIssue({ code: 'custom', path: ['participation', 'quorum'], message });
  }
});

/** What a job of trees says that has no meaning for them. */
function treeProblems(
  spec: z.infer<typeof fields>,
  grown: Extract<z.infer<typeof model>, { kind: 'trees' }>,
): { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  const { algorithm, training, update, participation, warmStart, earlyStopping } = spec;
  const usual = fields.shape.training.parse(undefined);
  const usualUpdate = fields.shape.update.parse(undefined);
  const problems = unordered(grown.monotone, spec.features).map((name) => ({
    path: ['model', 'monotone', name],
    message: 'must be one of the numbers among features',
  }));
  const say = (said: boolean, path: string[], message: string) => said && problems.push({ path, message });
  const none = 'has no meaning for trees';
  say(algorithm.kind !== 'fedavg', ['algorithm', 'kind'], none);
  for (const name of ['epochs', 'batchRows', 'optimizer'] as const) {
    say(training[name] !== usual[name], ['training', name], none);
  }
  for (const name of ['learningRate', 'l2'] as const) {
    say(training[name] !== usual[name], ['training', name], `stands in model.${name} of trees`);
  }
  for (const name of ['clipNorm', 'clipCoordinate', 'bits'] as const) {
    say(update[name] !== usualUpdate[name], ['update', name], none);
  }
  say(earlyStopping !== undefined, ['earlyStopping'], 'stands in model.patience of trees');
  say(!needsValidation.holds(grown), ['model', 'patience'], needsValidation.message);
  const sums = training.rounds * grown.depth;
  const room = limits.sumsPerJob - 3;
  say(sums > room, ['training', 'rounds'], `times model.depth must be at most ${room}`);
  const places = Object.keys(spec.features).length * (grown.bins + 1);
  say(
    2 ** grown.depth * places > limits.valuesPerSum,
    ['model', 'depth'],
    'is too much for so many features and bins',
  );
  say(warmStart !== undefined, ['warmStart'], 'is not possible with trees');
  say(
    participation.late !== 'drop',
    ['participation', 'late'],
    'must be drop: sums of one tree fit no other',
  );
  return problems;
}

/** A validated horizontal spec, defaults filled in. */
export type HorizontalSpec = z.infer<typeof horizontalSpec>;
/** A horizontal spec as people write it, without nonce. */
export type HorizontalSpecInput = Omit<z.input<typeof horizontalSpec>, 'nonce'>;
