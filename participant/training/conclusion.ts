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
  firstStep,
  importanceOf,
  loadBackend,
  localUpdate,
  type Metrics,
  type ModelState,
  type ScoreGain,
  scoreGain,
  serializeModelState,
  startState,
  type Table,
  treeOf,
  usualScaling,
} from '../../learning/index.js';
import { heldOutScores } from './held-out-scores.js';
import { type JointTreePoint, jointCourse } from './joint-course.js';
import { absorb, finalModel, partOf } from './learner.js';
import {
  encodeState,
  type KnownMetrics,
  known,
  type LearnerState,
  loadState,
  type ModelLift,
  statePath,
} from './learner-state.js';
import { forestKey } from './measured-model.js';
import type { LocalData } from './sum-task.js';
import type { ConcludeTask } from './tasks.js';
import { finalForest } from './tree-learner.js';

/** Quality of a model on this participant's own held-out rows; never leaves the home. */
export type OwnMetrics = Pick<Metrics, 'rows' | 'auc' | 'ks' | 'gini' | 'brier' | 'logLoss'>;

/** A feature in the splits of all trees: how many, their gain, and the weight of the rows that they part. */
export interface FeatureGain {
  readonly feature: string;
  readonly splits: number;
  readonly gain: number;
  readonly cover: number;
}

/** What a finished job leaves in its folder as result.json, for its participant only. */
export interface JobResult {
  readonly jobId: string;
  readonly name: string;
  /** Whose home this is. */
  readonly participant: string;
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
  /** Of trees, what each feature took off the loss, by falling gain. */
  readonly importance?: readonly FeatureGain[];
  /** Joint metrics on everybody's held-out rows, by round. */
  readonly history: readonly KnownMetrics[];
  readonly trainLoss: readonly number[];
  /** Of trees, as `LearnerState` has them: joint losses of validation rows, how the kept model ranks, every tree. */
  readonly validationLoss?: readonly (number | null)[];
  readonly lift?: ModelLift;
  readonly course?: readonly JointTreePoint[];
  /** Of trees, the levels of own categories: another program needs them, whose hash it may not know. */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
  /** The joint model against the own one on own held-out rows, both as they are, without a calibration. */
  readonly gain?: ScoreGain;
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
  const kept = keptState(state);
  writePrivateFile(join(folder, 'model.json'), encodeState(kept));
  writePrivateFile(join(folder, 'spec.json'), specJson(spec));
  const joint = heldOutScores(spec, kept, data.table, backend);
  const solo = task.compareSolo ? trainSolo(task, data, backend) : undefined;
  if (solo) writePrivateFile(join(folder, 'solo-model.json'), encodeState(solo));
  const alone = solo && heldOutScores(spec, solo, data.table, backend);
  const gain = alone && scoreGain(bothScores(joint, alone.scores), usualScaling);
  const result: JobResult = {
    jobId: task.jobId,
    name: spec.name,
    participant: task.participant,
    model: spec.model.kind,
    ...sizeOf(kept),
    agreedFingerprint: task.agreedFingerprint,
    history: state.history,
    trainLoss: state.trainLoss,
    ...(state.forest && treeCourse(state, data.table)),
    ...(gain && { gain }),
    ...ownMetrics('joint', exactMetrics(joint.scores, joint.labels)),
    ...ownMetrics('solo', alone && exactMetrics(alone.scores, alone.labels)),
  };
  writePrivateFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** The state of a job without what was only needed on the way. */
function keptState({ best, ...state }: LearnerState): LearnerState {
  if (state.forest) return { ...state, forest: finalForest(state) };
  return { ...state, model: finalModel({ ...state, ...(best && { best }) }) };
}

function sizeOf(state: LearnerState): Pick<JobResult, 'round' | 'parameters' | 'fingerprint' | 'importance'> {
  const { forest, model } = state;
  if (forest) {
    const nodes = forest.trees.map(({ branches, leaves }) => branches.length + leaves.length);
    return {
      round: forest.trees.length,
      parameters: nodes.reduce((sum, of) => sum + of, 0),
      fingerprint: forestKey(state),
      importance: importanceOf(forest.trees.map(treeOf)).map(({ party: _, feature, ...rest }) => ({
        feature: known(state.bins).features[feature]!.name,
        ...rest,
      })),
    };
  }
  const { round, weights } = known(model);
  return { round, parameters: weights.length, fingerprint: digestOfModel(state, known(model)) };
}

/** The job's own training on this participant's rows only, with its own preprocessing. */
function trainSolo(
  { spec, participant }: ConcludeTask,
  { table }: LocalData,
  backend: Backend,
): LearnerState {
  const hashKey = '00'.repeat(32);
  if (spec.model.kind === 'trees') return soloForest(spec, table, backend, hashKey);
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

/** The sums of the job, over these rows alone. */
function soloForest(spec: HorizontalSpec, table: Table, backend: Backend, hashKey: string): LearnerState {
  const data = { table };
  let state: LearnerState = { hashKey, history: [], trainLoss: [] };
  // Nobody else sees them: there is nothing to hide in these draws.
  const common = { spec, participant: '', drawKey: new Uint8Array(32) };
  for (let step = firstStep(spec); step.purpose !== 'done'; ) {
    const task = { ...common, purpose: step.purpose, round: step.round };
    const { values } = partOf(task, state, data, backend);
    ({ state, next: step } = absorb(task, state, values));
  }
  return keptState(state);
}

function bothScores({ scores, labels }: ReturnType<typeof heldOutScores>, solo: Float32Array) {
  return { joint: Float64Array.from(scores), solo: Float64Array.from(solo), label: labels };
}

/** What of a job of trees is told beyond its metrics. */
function treeCourse(state: LearnerState, { categories }: Table) {
  const { validationLoss, lift } = state;
  return {
    ...(validationLoss && { validationLoss }),
    ...(lift && { lift }),
    course: jointCourse(state),
    levels: Object.fromEntries([...categories].map(([name, { levels }]) => [name, levels])),
  };
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
