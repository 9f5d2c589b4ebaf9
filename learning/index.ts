export { type Backend, loadBackend } from './backend.js';
export { assignBins, type BinRows, countRows, woeColumn, woeOfBin } from './binning/assign-bins.js';
export { type BinCounts, countBins, foreignCounts, joinCounts } from './binning/bin-counts.js';
export { type CategoryBinOptions, categoryBins } from './binning/category-bins.js';
export {
  type BinShape,
  binCount,
  binLabels,
  type Column,
  type FeatureBins,
  featureBins,
  maximumBins,
  shapeOf,
  unknownBin,
} from './binning/feature-bins.js';
export { aucOfBins, refuseEmptyFeature, refuseSeparating } from './binning/feature-checks.js';
export {
  defaultClassFloor,
  joinBins,
  type MergeFloors,
  type Merging,
  mergeBins,
} from './binning/merge-bins.js';
export { type Trend, trends } from './binning/monotonic-merge.js';
export {
  assignedNumbers,
  defaultMinimumShare,
  fineCutting,
  type NumberBinOptions,
  type NumberCutting,
  numberBins,
} from './binning/number-bins.js';
export { minimumRows } from './binning/small-bins.js';
export {
  type BinWoe,
  type FeatureWoe,
  labelled,
  type ValueBand,
  valueBand,
  weightOfEvidence,
  woeOfBins,
} from './binning/weight-of-evidence.js';
export { applyUpdate, startState } from './horizontal/apply-update.js';
export { type LocalUpdate, localUpdate } from './horizontal/local-update.js';
export { deserializeModelState, type ModelState, serializeModelState } from './horizontal/model-state.js';
export { firstStep, nextStep, type RoundMetrics } from './horizontal/next-step.js';
export { aucDifference, aucInterval } from './metrics/auc-interval.js';
export { lossOfBad, probabilityOf } from './metrics/elementary.js';
export type { Interval } from './metrics/interval.js';
export { type BootstrapOptions, ksDifference, ksInterval } from './metrics/ks-interval.js';
export { badRateAt, type LiftRow, liftTable } from './metrics/lift.js';
export { exactMetrics, type Metrics } from './metrics/metrics.js';
export { scoresOnGrid } from './metrics/score-grid.js';
export {
  liftFromHistogram,
  metricsFromHistogram,
  scoreHistogram,
} from './metrics/score-histogram.js';
export { scoreSketch, sketchDistance } from './metrics/score-sketch.js';
export { readTrainingLoss, trainingLossPart } from './metrics/training-loss.js';
export { countParameters } from './models/network-of.js';
export { predict, predictLogOdds } from './models/predict.js';
export { initialWeights } from './models/weights.js';
export { type CutOff, cutOffForApproval, cutOffForBadRate } from './scorecard/cut-off.js';
export { type Drift, type DriftBand, driftBand, driftIndex } from './scorecard/drift.js';
export {
  logOddsOfPoints,
  type PointsScale,
  partyPoints,
  pointsOfLogOdds,
  pointsOfProbability,
  pointsScale,
  probabilityOfPoints,
  type Scaling,
  scalingStatement,
  usualScaling,
} from './scorecard/points-scale.js';
export { reportedRows, type ScoredRows } from './scorecard/ranked-rows.js';
export {
  meanPoints,
  ownReasons,
  partnerReasons,
  type Reason,
  strongestReasons,
} from './scorecard/reason-codes.js';
export { type BandChoice, type ScoreBand, scoreBands } from './scorecard/score-bands.js';
export { type ScoreGain, scoreGain } from './scorecard/score-gain.js';
export {
  type CardCoefficient,
  type CardFeature,
  cardPoints,
  type RoundedScorecard,
  roundScorecard,
  type Scorecard,
  scorecard,
} from './scorecard/scorecard.js';
export { type SwapCell, type SwapSet, swapSet } from './scorecard/swap-set.js';
export { bucketOfLevels } from './statistics/category-hash.js';
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
export type { CategoryColumn, FeatureTable, Table } from './table.js';
export { type AttributedTree, TreeAttribution } from './trees/attribution.js';
export { type ClearParty, type ClearTree, clearBoosting, sampledRows } from './trees/clear-boosting.js';
export { type DrawBits, drawnColumns } from './trees/draws.js';
export { type Gradients, gradientLimit, gradientsOf } from './trees/gradients.js';
export { GrowingTree } from './trees/growing-tree.js';
export {
  type BinnedFeatures,
  countSlots,
  everySlot,
  type Histogram,
  histogramOf,
  joinedGroups,
  placesOf,
  type Slots,
  slotsOf,
} from './trees/histogram.js';
export {
  type JointBins,
  jointlyBinned,
  quantilesVector,
  readQuantiles,
  treeModelOf,
} from './trees/joint-bins.js';
export {
  closedForest,
  type Forest,
  levelDecided,
  levelLength,
  levelPart,
  startForest,
} from './trees/joint-forest.js';
export { leftBits, markedRows, RowPartition } from './trees/partition.js';
export { type SavedTree, treeOf } from './trees/saved-tree.js';
export type { Monotone, TreeSettings } from './trees/settings.js';
export type { Split } from './trees/split.js';
export {
  depthOf,
  type Importance,
  importanceOf,
  leftOf,
  nodesByLevel,
  rightOf,
  type Tree,
} from './trees/tree.js';
export { binnedFeatures, treeBins } from './trees/tree-bins.js';
export { addTree } from './trees/tree-scores.js';
export { validationRows } from './trees/validation-rows.js';
export { type Calibration, calibrate, calibrated, scoreAt } from './vertical/calibration.js';
export { type ClearIteration, clearRun, exactProduct } from './vertical/clear-run.js';
export type { BinnedColumn, DesignColumns, FeatureColumns } from './vertical/columns.js';
export { type Design, designOf } from './vertical/design.js';
export { threadedDesignOf } from './vertical/design-threads.js';
export {
  type FixedPoint,
  maxParties,
  type Precision,
  residualLimit,
  termScale,
  usualPrecision,
  valueScale,
} from './vertical/fixed-point.js';
export {
  applyGradient,
  type FitSettings,
  labelTerm,
  ownTerm,
  type PartyState,
  startParty,
} from './vertical/party.js';
export {
  finishParty,
  fromScoreUnits,
  type ModelColumn,
  ownScore,
  type PartyModel,
  scoreUnits,
  scoreUnitsLimit,
  toScoreUnits,
} from './vertical/party-model.js';
export {
  type CoefficientRow,
  coefficientTable,
  type Sharpness,
  weightedCoefficientTable,
} from './vertical/significance.js';
export { fitSolo, type SoloColumn, type SoloModel, soloScore } from './vertical/solo-model.js';
