import {
  CodedError,
  digestOf,
  type HorizontalSpec,
  histogramLength,
  lossLimbs,
  type Metric,
  type NextStep,
  Secret,
} from '../../contract/index.js';
import { dequantise, proveRange, quantise, quantisedMax } from '../../crypto/secure-sum/index.js';
import {
  applyUpdate,
  type Backend,
  countParameters,
  encode,
  localUpdate,
  type Matrix,
  type ModelState,
  magnitudesVector,
  metricsFromHistogram,
  momentsVector,
  nextStep,
  predictLogOdds,
  readMagnitudes,
  readMoments,
  readTrainingLoss,
  type SumPart,
  scoreHistogram,
  scoreSketch,
  startState,
  trainingLossPart,
} from '../../learning/index.js';
import { known, type LearnerState } from './learner-state.js';
import { type MeasuredModel, modelKey } from './measured-model.js';
import {
  type Absorbed,
  joined,
  type LocalData,
  metricsOf,
  type Part,
  rounded,
  type SumTask,
} from './sum-task.js';
import { absorbTrees, treePartOf } from './tree-learner.js';

/**
 * This participant's integers for a sum. The same state, rows and spec give the same integers, so that a restarted
 * participant contributes what an undisturbed one would have.
 * @param late the update of an earlier round that was too late for it, sent now instead of training again. It leads away
 * from an older model than the round's; the score histogram is always of the model the round starts from.
 * @throws {CodedError} UPDATE_NOT_FINITE, MODEL_INVALID, DATASET_*, RANGE_EXCEEDED.
 */
export function partOf(
  task: SumTask,
  state: LearnerState,
  data: LocalData,
  backend: Backend,
  late?: Float64Array,
): Part {
  const { spec } = task;
  if (spec.model.kind === 'trees') return treePartOf(task, state, data);
  const hashKey = new Secret(Buffer.from(state.hashKey, 'hex'));
  const start = performance.now();
  const sinceStart = (part: SumPart): Part => ({ ...part, trainMs: performance.now() - start });
  switch (task.purpose) {
    case 'magnitudes':
      return sinceStart(magnitudesVector(data.table, spec, hashKey));
    case 'moments':
      return sinceStart(momentsVector(data.table, spec, known(state.magnitudes)));
    case 'update': {
      const model = known(state.model);
      const update = late ? lateParts(late, model, spec) : updateParts(task, state, model, data, backend);
      const { histogram, measured } = evaluate(spec, state, model, data, backend);
      const part = sinceStart(joined([...update, histogram]));
      return { ...part, update: joined(update).values, model: measured };
    }
    case 'evaluation': {
      const { histogram, measured } = evaluate(spec, state, known(state.model), data, backend);
      return { ...sinceStart(histogram), model: measured };
    }
    case 'quantiles':
      throw new CodedError('SUM_OUT_OF_ORDER', 'only trees need quantiles');
  }
}

/** Quantised update, row count and training loss of one round. */
function updateParts(
  task: SumTask,
  state: LearnerState,
  model: ModelState,
  data: LocalData,
  backend: Backend,
): SumPart[] {
  const { spec, round, participant } = task;
  const { train } = encodedRows(data, state);
  proveRange({ bits: spec.update.bits, contributors: spec.participants.length, parameterSet: 'narrow' });
  const update = localUpdate({ backend, spec, weights: model.weights, data: train, round, participant });
  // Stochastic rounding serves exactness in expectation, not privacy, so its seed may follow from public values.
  const seed = Buffer.from(
    digestOf('fedrisk/v1/rounding', { seed: spec.training.seed, participant, round }),
    'hex',
  );
  return [
    {
      values: quantise(update.delta, update.rows, seed, spec.update),
      maxAbs: quantisedMax(spec.update.bits),
    },
    { values: Float64Array.of(update.rows), maxAbs: spec.update.rowsCap },
    trainingLossPart(update.trainLoss, update.rows),
  ];
}

/** The same from an update as it was kept. @throws {CodedError} MODEL_INVALID when it is not of this model. */
function lateParts(late: Float64Array, { weights }: ModelState, spec: HorizontalSpec): SumPart[] {
  if (late.length !== weights.length + 1 + lossLimbs) {
    throw new CodedError('MODEL_INVALID', 'a kept update is damaged');
  }
  const rowsAt = weights.length;
  return [
    { values: late.subarray(0, rowsAt), maxAbs: quantisedMax(spec.update.bits) },
    { values: late.subarray(rowsAt, rowsAt + 1), maxAbs: spec.update.rowsCap },
    { values: late.subarray(rowsAt + 1), maxAbs: trainingLossPart(0, 0).maxAbs },
  ];
}

/** Score histogram of a model on the held-out rows, and how to know again that it was of this model. */
function evaluate(
  spec: HorizontalSpec,
  state: LearnerState,
  model: ModelState,
  data: LocalData,
  backend: Backend,
): { histogram: SumPart; measured: MeasuredModel } {
  const { test } = encodedRows(data, state);
  const { weights } = model;
  const logOdds = predictLogOdds({ backend, spec, weights, data: test });
  return {
    histogram: scoreHistogram(logOdds, test.y, spec),
    measured: { key: modelKey(known(state.encoding), weights), sketch: scoreSketch(logOdds) },
  };
}

function encodedRows(data: LocalData, state: LearnerState): { train: Matrix; test: Matrix } {
  const encoding = known(state.encoding);
  const under = JSON.stringify([state.hashKey, encoding]);
  if (data.encoded?.under !== under) {
    const hashKey = new Secret(Buffer.from(state.hashKey, 'hex'));
    const [train, test] = (['train', 'test'] as const).map((split) =>
      encode(data.table, encoding, hashKey, split),
    );
    data.encoded = { under, train: train as Matrix, test: test as Matrix };
  }
  return data.encoded;
}

/** @throws {CodedError} SUM_MALFORMED, DATASET_* when the joint data cannot be learnt from, UPDATE_NOT_FINITE. */
export function absorb(task: SumTask, state: LearnerState, sums: Float64Array): Absorbed {
  const { spec, purpose, round } = task;
  if (spec.model.kind === 'trees') return absorbTrees(task, state, sums);
  const done = (after: LearnerState, metrics: readonly Metric[]): Absorbed => {
    const next = nextStep(spec, { purpose, round }, after.history);
    return { state: keepingBest(after, state.model, next), next, metrics };
  };
  switch (purpose) {
    case 'magnitudes': {
      const magnitudes = readMagnitudes(sums, spec);
      return done({ ...state, magnitudes }, [{ name: 'rows', round: 0, value: magnitudes.rows }]);
    }
    case 'moments': {
      const encoding = readMoments(sums, spec, known(state.magnitudes));
      return done({ ...state, encoding, model: startState(spec, encoding.width) }, []);
    }
    case 'update':
      return absorbUpdate(task, state, sums, done);
    case 'evaluation': {
      const model = known(state.model);
      const history = [...state.history, { round: model.round, metrics: metricsFromHistogram(sums, spec) }];
      return done({ ...state, history }, metricsOf(history.at(-1)));
    }
    case 'quantiles':
      throw new CodedError('SUM_OUT_OF_ORDER', 'only trees need quantiles');
  }
}

function absorbUpdate(
  { spec, round }: SumTask,
  state: LearnerState,
  sums: Float64Array,
  done: (after: LearnerState, metrics: readonly Metric[]) => Absorbed,
): Absorbed {
  const model = known(state.model);
  const size = model.weights.length;
  if (sums.length !== size + 1 + lossLimbs + histogramLength(spec)) {
    throw new CodedError('SUM_MALFORMED', `an update sum of ${sums.length} values`);
  }
  const rows = sums[size] as number;
  if (!(rows > 0)) throw new CodedError('SUM_MALFORMED', 'an update sum without rows');
  const lossAt = size + 1;
  const histogramAt = lossAt + lossLimbs;
  const loss = readTrainingLoss(sums.subarray(lossAt, histogramAt), rows);
  const entered = { round: model.round, metrics: metricsFromHistogram(sums.subarray(histogramAt), spec) };
  const after: LearnerState = {
    ...state,
    model: applyUpdate(model, dequantise(sums.subarray(0, size), rows, spec.update), spec),
    history: [...state.history, entered],
    trainLoss: [...state.trainLoss, loss],
  };
  return done(after, [...metricsOf(entered), { name: 'trainLoss', round, value: rounded(loss) }]);
}

/** Keeps the model that is best so far: the new one, the one the round started from, or an earlier one. */
function keepingBest(after: LearnerState, entered: ModelState | undefined, next: NextStep): LearnerState {
  const { best: earlier, ...rest } = after;
  if (after.model === undefined || after.model.round === next.bestRound) return rest;
  const best = [entered, earlier].find((model) => model?.round === next.bestRound);
  return best === undefined ? rest : { ...rest, best };
}

/** The model a finished job keeps. */
export function finalModel(state: LearnerState): ModelState {
  return state.best ?? known(state.model);
}

/**
 * The start of a job that goes on from a finished one: its preprocessing and its model, with a fresh optimiser.
 * @throws {CodedError} MODEL_INVALID when features or model of the two jobs do not fit together.
 */
export function warmState(spec: HorizontalSpec, earlier: LearnerState): LearnerState {
  const { encoding, hashKey, magnitudes } = earlier;
  if (earlier.forest) throw new CodedError('MODEL_INVALID', 'warmStart: the earlier job grew trees');
  const features = known(encoding).features.map(({ name, kind }) => `${name}:${kind}`);
  const wanted = Object.entries(spec.features).map(([name, kind]) => `${name}:${kind}`);
  const { weights } = finalModel(earlier);
  const fits = features.length === wanted.length && wanted.every((feature) => features.includes(feature));
  if (!fits || countParameters(spec.model, known(encoding).width) !== weights.length) {
    throw new CodedError(
      'MODEL_INVALID',
      'warmStart: the earlier job has other features or another model shape',
    );
  }
  return {
    hashKey,
    ...(magnitudes && { magnitudes }),
    encoding: known(encoding),
    model: startState(spec, known(encoding).width, weights),
    history: [],
    trainLoss: [],
  };
}
