import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HorizontalSpec } from '../contract/index.js';
import { type LiftRow, usualScaling } from '../learning/index.js';
import type { JointReport } from '../learning/report/index.js';
import { growthWords } from './growth-words.js';
import type { JobResult, LearnerState } from './training/index.js';

const kinds: Readonly<Record<HorizontalSpec['model']['kind'], string>> = {
  logistic: 'logistic regression',
  mlp: 'neural network',
  layers: 'neural network',
  trees: 'boosted trees',
};

/** The report of a finished horizontal job from what it left in its folder. */
export function jointReport(spec: HorizontalSpec, jobId: string, folder: string): JointReport {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown;
  const result = read('result.json') as JobResult;
  const { magnitudes } = read('model.json') as Pick<LearnerState, 'magnitudes'>;
  const { course, importance = [], gain, fingerprint, agreedFingerprint, participant } = result;
  const { model } = spec;
  const metrics = result.history.find(({ round }) => round === result.round)?.metrics;
  return {
    ...{ job: jobId, name: spec.name, purpose: spec.purpose, kind: kinds[model.kind] },
    ...{ me: participant, participants: spec.participants, dataset: spec.dataset },
    features: Object.keys(spec.features).length,
    ...(magnitudes && { rows: magnitudes.rows }),
    settings: settingsOf(spec),
    kept: result.round,
    course: roundsOf(result),
    ...(model.kind === 'trees' &&
      course && {
        trees: {
          ...{ course, groupRows: model.groupRows },
          importance: importance.map((feature) => ({ party: participant, ...feature })),
        },
      }),
    ...(metrics && { metrics }),
    lift: bandsOf(result),
    ...(gain && { gain }),
    scaling: usualScaling,
    release: spec.release,
    ...{ fingerprint, agreedFingerprint },
    saved: `${statSync(join(folder, 'result.json')).mtime.toISOString().slice(0, 19)}Z`,
  };
}

function bandsOf({ lift }: JobResult): readonly LiftRow[] {
  return lift?.rows ?? [];
}

/** After each round; the loss is that of training in it. */
function roundsOf({ history, trainLoss }: JobResult): JointReport['course'] {
  return trainLoss.map((trainingLoss, at) => {
    const metrics = history.find(({ round }) => round === at + 1)?.metrics;
    return { trainingLoss, ...(metrics && { auc: metrics.auc, ks: metrics.ks }) };
  });
}

/** How the model was trained, in words; what does nothing is left out. */
function settingsOf({
  model,
  training,
  algorithm,
  earlyStopping,
  update,
}: HorizontalSpec): Record<string, string> {
  const seed = { Seed: String(training.seed) };
  if (model.kind === 'trees') {
    const monotone = Object.entries(model.monotone).map(([feature, direction]) => `${feature} ${direction}`);
    return { ...growthWords(model, training.rounds, monotone), ...seed };
  }
  return {
    Algorithm: algorithm.kind,
    'Most rounds': `${training.rounds}, each of ${training.epochs} passes over own customers in batches of ${training.batchRows}`,
    Optimiser: `${training.optimizer}, learning rate ${training.learningRate}, L2 ${training.l2}`,
    Updates: `clipped to a norm of ${update.clipNorm} and coordinates of ${update.clipCoordinate}, rounded to ${update.bits} bits`,
    ...(model.kind === 'mlp' && {
      Layers: `${model.hidden.join(', ')} hidden units, ${model.activation}`,
    }),
    'Ends early': earlyStopping
      ? `when ${earlyStopping.metric} on held-out customers has not gained ${earlyStopping.minDelta} for ${earlyStopping.patience} rounds`
      : 'no',
    ...seed,
  };
}
