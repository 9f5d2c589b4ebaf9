export { type Backend, loadBackend } from './backend.js';
export { applyUpdate, startState } from './horizontal/apply-update.js';
export { type LocalUpdate, localUpdate } from './horizontal/local-update.js';
export { deserializeModelState, type ModelState, serializeModelState } from './horizontal/model-state.js';
export { firstStep, nextStep, type RoundMetrics } from './horizontal/next-step.js';
export { probabilityOf } from './metrics/elementary.js';
export { exactMetrics, type Metrics } from './metrics/metrics.js';
export { histogramLength, metricsFromHistogram, scoreHistogram } from './metrics/score-histogram.js';
export { readTrainingLoss, trainingLossLength, trainingLossPart } from './metrics/training-loss.js';
export { countParameters } from './models/network-of.js';
export { predict } from './models/predict.js';
export { initialWeights } from './models/weights.js';
export { centralEncoding } from './statistics/central.js';
export {
  type CategoryEncoding,
  type Encoding,
  encode,
  type Matrix,
  type NumberEncoding,
} from './statistics/encoding.js';
export {
  type Magnitudes,
  magnitudesLength,
  magnitudesVector,
  readMagnitudes,
} from './statistics/magnitudes.js';
export { momentsLength, momentsVector, readMoments } from './statistics/moments.js';
export type { SumPart } from './sum-part.js';
export type { CategoryColumn, Table } from './table.js';
