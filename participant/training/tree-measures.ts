import { type HorizontalSpec, histogramLength, lossLength, type NextStep } from '../../contract/index.js';
import {
  liftFromHistogram,
  lossOfBad,
  metricsFromHistogram,
  type RoundMetrics,
  readTrainingLoss,
  type SumPart,
  scoreHistogram,
  scoreSketch,
  trainingLossPart,
  treeModelOf,
  validationRows,
} from '../../learning/index.js';
import { binnedData } from './binned-data.js';
import { known, type LearnerState, type ModelLift } from './learner-state.js';
import { forestKey, type MeasuredModel } from './measured-model.js';
import { type Absorbed, type LocalData, metricsOf, type SumTask } from './sum-task.js';
import { secretDraws } from './tree-draws.js';

/** Log-odds beyond which a row says no more: p is within 10^-17 of its end. */
const reach = 40;

/** Rows of this participant that trees are grown on, with scores that sums and products can be made of. */
export function grownRows(task: SumTask, state: LearnerState, data: LocalData) {
  const { features, labels, logOdds } = binnedData(data, state).train;
  const aside = setAside(task, state, labels);
  // A participant that lies can make leaves of any size; sums and products of these must stay quick.
  const within = logOdds.map((value) => Math.min(reach, Math.max(-reach, value)));
  return { features, labels, logOdds: within, training: aside.map((chosen) => 1 - chosen), aside };
}

/** 1 for own rows that trees end by. */
function setAside({ spec, drawKey }: SumTask, { bins }: LearnerState, labels: Uint8Array): Uint8Array {
  const { patience, validationRows: wanted, groupRows } = treeModelOf(spec);
  if (patience === 0) return new Uint8Array(labels.length);
  const draw = secretDraws(known(drawKey), labels.length);
  return validationRows(labels, wanted / known(bins).rows, groupRows, draw);
}

/** Number of the rows that are marked, and their loss. */
export function lossParts(
  spec: HorizontalSpec,
  { labels, logOdds }: Pick<ReturnType<typeof grownRows>, 'labels' | 'logOdds'>,
  marked: Uint8Array,
): SumPart[] {
  let [rows, loss] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    if (marked[row] !== 1) continue;
    rows++;
    loss += lossOfBad(labels[row] === 1 ? logOdds[row]! : -logOdds[row]!);
  }
  const count = { values: Float64Array.of(rows), maxAbs: spec.update.rowsCap };
  return [count, trainingLossPart(rows === 0 ? 0 : loss / rows, rows)];
}

/** Undefined where nobody has a row. */
export function readLoss(sums: Float64Array): number | undefined {
  const rows = sums[0]!;
  return rows > 0 ? readTrainingLoss(sums.subarray(1, lossLength), rows) : undefined;
}

/** How to know again that a sum was of the whole trees so far; the same on all levels of the next one. */
export function measuredTrees(state: LearnerState, data: LocalData): MeasuredModel {
  const binned = binnedData(data, state);
  binned.measured ??= {
    key: forestKey(state),
    sketch: scoreSketch(Float32Array.from(binned.test.logOdds)),
  };
  return binned.measured;
}

/** What a sum tells of the whole trees so far: the loss of validation rows where the job ends by it, then the score histogram of held-out rows. */
export function measuringParts(task: SumTask, state: LearnerState, data: LocalData): SumPart[] {
  const { spec } = task;
  const { test } = binnedData(data, state);
  const histogram = scoreHistogram(Float32Array.from(test.logOdds), test.labels, spec);
  if (!endsByLoss(spec)) return [histogram];
  const rows = grownRows(task, state, data);
  return [...lossParts(spec, rows, rows.aside), histogram];
}

/** The same from the opened sum of everybody's. */
export function readMeasures(
  spec: HorizontalSpec,
  state: LearnerState,
  sums: Float64Array,
): Pick<Absorbed, 'state' | 'metrics'> & { readonly lift: ModelLift } {
  const histogram = sums.subarray(sums.length - histogramLength(spec));
  const round = known(state.forest).trees.length;
  const measured = { round, metrics: metricsFromHistogram(histogram, spec) };
  const losses = [...(state.validationLoss ?? []), readLoss(sums) ?? null];
  return {
    state: {
      ...state,
      history: [...state.history, measured],
      ...(endsByLoss(spec) && { validationLoss: losses }),
    },
    metrics: metricsOf(measured),
    lift: { round, rows: liftFromHistogram(histogram, spec) },
  };
}

/** Of all models the lift of the one to keep is kept: an earlier one, or that of the trees just measured. */
export function keepingLift(state: LearnerState, lift: ModelLift, { bestRound }: NextStep): LearnerState {
  return state.lift?.round === bestRound ? state : { ...state, lift };
}

/** What trees are judged by when it is decided whether more are grown: validation rows, or nothing but their number. */
export function judged(
  spec: HorizontalSpec,
  { history, validationLoss = [] }: LearnerState,
): readonly RoundMetrics[] {
  if (!endsByLoss(spec)) return history;
  // Without a tree there is nothing to keep.
  return validationLoss
    .map((loss, round) => ({ round, metrics: loss === null ? undefined : { logLoss: loss } }))
    .slice(1);
}

function endsByLoss(spec: HorizontalSpec): boolean {
  return treeModelOf(spec).patience > 0;
}
