import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type HexDigest, type HorizontalSpec, Secret, specJson } from '../../contract/index.js';
import { writePrivateFile } from '../../crypto/identity/index.js';
import {
  applyUpdate,
  type Backend,
  centralEncoding,
  encode,
  exactMetrics,
  loadBackend,
  localUpdate,
  type Metrics,
  type ModelState,
  predict,
  serializeModelState,
  startState,
} from '../../learning/index.js';
import { finalModel, type LocalData } from './learner.js';
import { encodeState, type KnownMetrics, type LearnerState, loadState, statePath } from './learner-state.js';
import type { ConcludeTask } from './tasks.js';

/** Quality of a model on this participant's own held-out rows; never leaves the home. */
export type OwnMetrics = Pick<Metrics, 'rows' | 'auc' | 'ks' | 'gini' | 'brier' | 'logLoss'>;

/** What a finished job leaves in its folder as result.json, for its participant only. */
export interface JobResult {
  readonly jobId: string;
  readonly name: string;
  readonly model: string;
  /** Round whose model is kept. */
  readonly round: number;
  readonly parameters: number;
  /**
   * SHA-256 of the kept model: equal at all participants, and for the same spec, seed and rows in another job too. Which
   * hash bucket a category fell into is left out, since its key is drawn per job.
   */
  readonly fingerprint: HexDigest;
  /** Keyed fingerprint all agreed on at the end, as the coordinator shows it. */
  readonly agreedFingerprint: HexDigest;
  /** Joint metrics on everybody's held-out rows, by round. */
  readonly history: readonly KnownMetrics[];
  readonly trainLoss: readonly number[];
  /** The joint model on own held-out rows; absent when they have one class only. */
  readonly joint?: { readonly own: OwnMetrics };
  /** The same training on own rows alone, on the same held-out rows. */
  readonly solo?: { readonly own: OwnMetrics };
}

/** Keeps the final model, measures it on own rows and, if asked, trains the model this participant would have alone. */
export async function concludeJob(task: ConcludeTask, data: LocalData): Promise<JobResult> {
  const folder = join(task.jobsFolder, task.jobId);
  const { spec } = task;
  const backend = await loadBackend();
  const state = await loadState(statePath(folder, task.sums));
  const { best: _, ...rest } = state;
  const kept: LearnerState = { ...rest, model: finalModel(state) };
  writePrivateFile(join(folder, 'model.json'), encodeState(kept));
  writePrivateFile(join(folder, 'spec.json'), specJson(spec));
  const joint = measure(spec, kept, data, backend);
  const solo = task.compareSolo ? trainSolo(task, data, backend) : undefined;
  if (solo) writePrivateFile(join(folder, 'solo-model.json'), encodeState(solo));
  const model = finalModel(state);
  const result: JobResult = {
    jobId: task.jobId,
    name: spec.name,
    model: spec.model.kind,
    round: model.round,
    parameters: model.weights.length,
    fingerprint: digestOfModel(kept, model),
    agreedFingerprint: task.agreedFingerprint,
    history: state.history,
    trainLoss: state.trainLoss,
    ...ownMetrics('joint', joint),
    ...ownMetrics('solo', solo && measure(spec, solo, data, backend)),
  };
  writePrivateFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** The job's own training on this participant's rows only, with its own preprocessing. */
function trainSolo(
  { spec, participant }: ConcludeTask,
  { table }: LocalData,
  backend: Backend,
): LearnerState {
  const hashKey = '00'.repeat(32);
  const secret = new Secret(Buffer.from(hashKey, 'hex'));
  const encoding = centralEncoding(table, spec, secret);
  const train = encode(table, encoding, secret, 'train');
  let model: ModelState = startState(spec, encoding.width);
  for (let round = 1; round <= spec.training.rounds; round++) {
    const { delta } = localUpdate({ backend, spec, weights: model.weights, data: train, round, participant });
    model = applyUpdate(model, Float64Array.from(delta), spec);
  }
  return { hashKey, encoding, model, history: [], trainLoss: [] };
}

function measure(
  spec: HorizontalSpec,
  state: LearnerState,
  { table }: LocalData,
  backend: Backend,
): Metrics | undefined {
  const { encoding, model, hashKey } = state;
  if (encoding === undefined || model === undefined) return undefined;
  const test = encode(table, encoding, new Secret(Buffer.from(hashKey, 'hex')), 'test');
  return exactMetrics(predict({ backend, spec, weights: model.weights, data: test }), test.y);
}

function ownMetrics<K extends string>(
  key: K,
  metrics: Metrics | undefined,
): Partial<Record<K, { own: OwnMetrics }>> {
  if (metrics === undefined) return {};
  const { positives: _, ...own } = metrics;
  return { [key]: { own } } as Record<K, { own: OwnMetrics }>;
}

function digestOfModel({ encoding }: LearnerState, model: ModelState): HexDigest {
  const features = encoding?.features.map((feature) =>
    feature.kind === 'category' ? { ...feature, buckets: feature.buckets.length } : feature,
  );
  const hash = createHash('sha256').update(JSON.stringify(features)).update('\0');
  return hash.update(serializeModelState(model)).digest('hex') as HexDigest;
}
