import { createHash } from 'node:crypto';
import { CodedError, type HexDigest, Secret } from '../../contract/index.js';
import {
  closedForest,
  type Forest,
  histogramLength,
  levelDecided,
  levelLength,
  levelPart,
  lossOfBad,
  magnitudesVector,
  metricsFromHistogram,
  nextStep,
  quantilesVector,
  readMagnitudes,
  readQuantiles,
  readTrainingLoss,
  type SumPart,
  scoreHistogram,
  scoreSketch,
  startForest,
  trainingLossLength,
  trainingLossPart,
  treeModelOf,
} from '../../learning/index.js';
import { binnedData } from './binned-data.js';
import { known, type LearnerState } from './learner-state.js';
import type { MeasuredModel } from './measured-model.js';
import {
  type Absorbed,
  joined,
  type LocalData,
  metricsOf,
  type Part,
  rounded,
  type SumTask,
} from './sum-task.js';
import { secretDraws } from './tree-draws.js';

/** Log-odds beyond which a row says no more: p is within 10^-17 of its end. */
const reach = 40;

/** A participant's integers for a sum of a job of trees; see `partOf`. */
export function treePartOf(task: SumTask, before: LearnerState, data: LocalData): Part {
  const { spec, purpose } = task;
  const start = performance.now();
  const sinceStart = (part: SumPart): Part => ({ ...part, trainMs: performance.now() - start });
  switch (purpose) {
    case 'magnitudes':
      return sinceStart(magnitudesVector(data.table, spec, new Secret(Buffer.from(before.hashKey, 'hex'))));
    case 'quantiles':
      return sinceStart(quantilesVector(data.table, spec, known(before.magnitudes)));
    case 'update': {
      const state = betweenTrees(task, before);
      const { level, measured } = levelParts(task, state, data);
      return { ...sinceStart(joined(level)), model: measured };
    }
    case 'evaluation': {
      const { histogram, measured } = evaluated(task, betweenTrees(task, before), data);
      return { ...sinceStart(histogram), model: measured };
    }
    case 'moments':
      throw new CodedError('SUM_OUT_OF_ORDER', 'trees need no moments');
  }
}

/** The first level of a tree also carries rows, loss and scores of the model that it starts from. */
function levelParts(task: SumTask, state: LearnerState, data: LocalData) {
  const { spec } = task;
  const [bins, forest] = [known(state.bins), known(state.forest)];
  const { train } = binnedData(data, state);
  const { labels, features } = train;
  // A participant that lies can make leaves of any size; sums and products of these must stay quick.
  const logOdds = train.logOdds.map((value) => Math.min(reach, Math.max(-reach, value)));
  if (labels.length === 0) throw new CodedError('DATASET_EMPTY', 'no training row');
  const level = levelPart(spec, bins, forest, {
    ...{ features, labels, logOdds, fewest: treeModelOf(spec).groupRows },
    draw: secretDraws(known(task.drawKey), labels.length),
  });
  const { histogram, measured } = evaluated(task, state, data);
  if (forest.growing) return { level: [level], measured };
  const loss = labels.reduce(
    (sum, bad, row) => sum + lossOfBad(bad === 1 ? logOdds[row]! : -logOdds[row]!),
    0,
  );
  const rows = { values: Float64Array.of(labels.length), maxAbs: spec.update.rowsCap };
  return {
    level: [level, rows, trainingLossPart(loss / labels.length, labels.length), histogram],
    measured,
  };
}

/** Score histogram of the whole trees on the held-out rows, and how to know again that it was of these. */
function evaluated({ spec }: SumTask, state: LearnerState, data: LocalData) {
  const { test } = binnedData(data, state);
  const logOdds = Float32Array.from(test.logOdds);
  const measured: MeasuredModel = { key: forestKey(state), sketch: scoreSketch(logOdds) };
  return { histogram: scoreHistogram(logOdds, test.labels, spec), measured };
}

/** What an opened sum of a job of trees leads to; see `absorb`. */
export function absorbTrees(task: SumTask, before: LearnerState, sums: Float64Array): Absorbed {
  const { spec, purpose, round } = task;
  switch (purpose) {
    case 'magnitudes': {
      const magnitudes = readMagnitudes(sums, spec);
      const next = nextStep(spec, { purpose, round }, []);
      return {
        state: { ...before, magnitudes },
        next,
        metrics: [{ name: 'rows', round: 0, value: magnitudes.rows }],
      };
    }
    case 'quantiles': {
      const bins = readQuantiles(sums, spec, known(before.magnitudes));
      const next = nextStep(spec, { purpose, round }, []);
      return { state: { ...before, bins, forest: startForest(bins) }, next, metrics: [] };
    }
    case 'update':
      return absorbLevel(task, betweenTrees(task, before), sums);
    case 'evaluation': {
      const state = betweenTrees(task, before);
      const measured = { round: known(state.forest).trees.length, metrics: metricsFromHistogram(sums, spec) };
      const history = [...state.history, measured];
      const next = nextStep(spec, { purpose, round }, history);
      return { state: { ...state, history, kept: next.bestRound }, next, metrics: metricsOf(measured) };
    }
    case 'moments':
      throw new CodedError('SUM_OUT_OF_ORDER', 'trees need no moments');
  }
}

function absorbLevel({ spec, round }: SumTask, state: LearnerState, sums: Float64Array): Absorbed {
  const [bins, forest] = [known(state.bins), known(state.forest)];
  const size = levelLength(spec, bins, forest);
  const isFirst = forest.growing === undefined;
  if (sums.length !== size + (isFirst ? 1 + trainingLossLength + histogramLength(spec) : 0)) {
    throw new CodedError('SUM_MALFORMED', `an update sum of ${sums.length} values`);
  }
  const told = isFirst ? entered(spec, round, state, sums.subarray(size)) : { state, metrics: [] };
  const { history } = told.state;
  const early = nextStep(spec, { purpose: 'update', round }, history);
  // The scores of the trees so far end training: this one is not grown.
  if (early.purpose === 'done') {
    return { state: { ...told.state, kept: early.bestRound }, next: early, metrics: told.metrics };
  }
  const after = levelDecided(spec, bins, forest, sums.subarray(0, size));
  const bare = after.growing === undefined && after.trees.at(-1)!.branches.length === 0;
  const next = nextStep(
    spec,
    { purpose: 'update', round, unfinished: after.growing !== undefined, fruitless: bare },
    history,
  );
  return { state: { ...told.state, forest: after }, next, metrics: told.metrics };
}

/** What the first level tells of the model that the tree starts from. */
function entered(
  spec: SumTask['spec'],
  round: number,
  state: LearnerState,
  told: Float64Array,
): Pick<Absorbed, 'state' | 'metrics'> {
  const rows = told[0]!;
  if (!(rows > 0)) throw new CodedError('SUM_MALFORMED', 'an update sum without rows');
  const loss = readTrainingLoss(told.subarray(1, 1 + trainingLossLength), rows);
  const metrics = metricsFromHistogram(told.subarray(1 + trainingLossLength), spec);
  const measured = { round: known(state.forest).trees.length, metrics };
  return {
    state: {
      ...state,
      history: [...state.history, measured],
      trainLoss: [...state.trainLoss, loss],
    },
    metrics: [...metricsOf(measured), { name: 'trainLoss', round, value: rounded(loss) }],
  };
}

/** A tree whose next level was skipped ends with the levels it has: its round is over. */
function betweenTrees({ spec, purpose, round }: SumTask, state: LearnerState): LearnerState {
  const [bins, forest] = [known(state.bins), known(state.forest)];
  if (forest.growing === undefined) return state;
  const goesOn = purpose === 'update' && round === forest.trees.length + 1;
  return goesOn ? state : { ...state, forest: closedForest(spec, bins, forest) };
}

/** Names trees and bins, whichever hash buckets the categories fell into: their key is drawn per job. */
export function forestKey({ bins, forest }: LearnerState, trees = known(forest).trees): HexDigest {
  const form = known(bins).features.map((feature) =>
    feature.kind === 'category' ? { ...feature, buckets: feature.buckets.length } : feature,
  );
  const hash = createHash('sha256').update('fedrisk/v1/measured-forest\0').update(JSON.stringify(form));
  return hash.update(JSON.stringify([known(forest).start, trees])).digest('hex') as HexDigest;
}

/** The forest a finished job keeps: that of its best round. */
export function finalForest({ forest, kept }: LearnerState): Forest {
  const { start, trees } = known(forest);
  return { start, trees: trees.slice(0, kept) };
}
