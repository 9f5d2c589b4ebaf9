import {
  besideLevel,
  CodedError,
  type HorizontalSpec,
  lossLength,
  measuresLength,
  Secret,
} from '../../contract/index.js';
import {
  closedForest,
  type Forest,
  levelDecided,
  levelLength,
  levelPart,
  magnitudesVector,
  nextStep,
  quantilesVector,
  readMagnitudes,
  readQuantiles,
  type SumPart,
  startForest,
  treeModelOf,
} from '../../learning/index.js';
import { known, type LearnerState } from './learner-state.js';
import { type Absorbed, joined, type LocalData, type Part, rounded, type SumTask } from './sum-task.js';
import { secretDraws } from './tree-draws.js';
import {
  grownRows,
  judged,
  keepingLift,
  lossParts,
  measuredTrees,
  measuringParts,
  readLoss,
  readMeasures,
} from './tree-measures.js';

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
      const beside = known(state.forest).growing ? [] : measuringParts(task, state, data);
      const model = measuredTrees(state, data);
      return { ...sinceStart(joined([...levelParts(task, state, data), ...beside])), model };
    }
    case 'evaluation': {
      const state = betweenTrees(task, before);
      const model = measuredTrees(state, data);
      return { ...sinceStart(joined(measuringParts(task, state, data))), model };
    }
    case 'moments':
      throw new CodedError('SUM_OUT_OF_ORDER', 'trees need no moments');
  }
}

/** Sums of g and h; the first level of a tree also carries rows and loss of the model that it starts from. */
function levelParts(task: SumTask, state: LearnerState, data: LocalData): SumPart[] {
  const { spec } = task;
  const [bins, forest] = [known(state.bins), known(state.forest)];
  const rows = grownRows(task, state, data);
  if (rows.labels.length === 0) throw new CodedError('DATASET_EMPTY', 'no training row');
  const level = levelPart(spec, bins, forest, {
    ...rows,
    fewest: treeModelOf(spec).groupRows,
    draw: secretDraws(known(task.drawKey), rows.labels.length),
  });
  return forest.growing ? [level] : [level, ...lossParts(spec, rows, rows.training)];
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
      if (sums.length !== measuresLength(spec)) {
        throw new CodedError('SUM_MALFORMED', `an evaluation sum of ${sums.length} values`);
      }
      const { state, metrics, lift } = readMeasures(spec, betweenTrees(task, before), sums);
      const next = nextStep(spec, { purpose, round }, judged(spec, state));
      return { state: { ...keepingLift(state, lift, next), kept: next.bestRound }, next, metrics };
    }
    case 'moments':
      throw new CodedError('SUM_OUT_OF_ORDER', 'trees need no moments');
  }
}

function absorbLevel({ spec, round }: SumTask, state: LearnerState, sums: Float64Array): Absorbed {
  const [bins, forest] = [known(state.bins), known(state.forest)];
  const size = levelLength(spec, bins, forest);
  const isFirst = forest.growing === undefined;
  if (sums.length !== size + (isFirst ? besideLevel(spec) : 0)) {
    throw new CodedError('SUM_MALFORMED', `an update sum of ${sums.length} values`);
  }
  const told = isFirst ? entered(spec, round, state, sums.subarray(size)) : { state, metrics: [] };
  const measures = judged(spec, told.state);
  const early = nextStep(spec, { purpose: 'update', round }, measures);
  const kept = 'lift' in told ? keepingLift(told.state, told.lift, early) : told.state;
  // The trees so far end training: this one is not grown.
  if (early.purpose === 'done') {
    return { state: { ...kept, kept: early.bestRound }, next: early, metrics: told.metrics };
  }
  const after = levelDecided(spec, bins, forest, sums.subarray(0, size));
  const bare = after.growing === undefined && after.trees.at(-1)!.branches.length === 0;
  const next = nextStep(
    spec,
    { purpose: 'update', round, unfinished: after.growing !== undefined, fruitless: bare },
    measures,
  );
  return { state: { ...kept, forest: after }, next, metrics: told.metrics };
}

/** What the first level tells of the model that the tree starts from. */
function entered(spec: HorizontalSpec, round: number, state: LearnerState, told: Float64Array) {
  const loss = readLoss(told);
  if (loss === undefined) throw new CodedError('SUM_MALFORMED', 'an update sum without rows');
  const measures = readMeasures(spec, state, told.subarray(lossLength));
  return {
    ...measures,
    state: { ...measures.state, trainLoss: [...state.trainLoss, loss] },
    metrics: [...measures.metrics, { name: 'trainLoss', round, value: rounded(loss) }] as const,
  };
}

/** A tree whose next level was skipped ends with the levels it has: its round is over. */
function betweenTrees({ spec, purpose, round }: SumTask, state: LearnerState): LearnerState {
  const [bins, forest] = [known(state.bins), known(state.forest)];
  if (forest.growing === undefined) return state;
  const goesOn = purpose === 'update' && round === forest.trees.length + 1;
  return goesOn ? state : { ...state, forest: closedForest(spec, bins, forest) };
}

/** The forest a finished job keeps: that of its best round. */
export function finalForest({ forest, kept }: LearnerState): Forest {
  const { start, trees } = known(forest);
  return { start, trees: trees.slice(0, kept) };
}
