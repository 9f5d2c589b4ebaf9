import { type HorizontalSpec, type JobSpec, statisticsOf, sumsPerRound } from '../../contract/index.js';
import type { Adder } from '../adding/index.js';
import type { JobState, Sum } from '../rounds/index.js';
import type { Estimate } from './estimate-shape.js';
import { estimateVertical } from './estimate-vertical.js';
import { shownState, sumsOf } from './participant-view.js';

/** Columns a category can take after encoding: up to 32 common values and one for the rest. */
const columnsPerCategory = 33;
/** A number and its missing-value indicator. */
const columnsPerNumber = 2;
/** Row count, loss and norm values that ride along with an update. */
const sideValues = 4;
/**
 * Reference figures for jobs without a finished predecessor: protecting and opening a value on one core, and adding
 * one value of one contributor, as `bench secure-sum` measures them, rounded up; a transport of 50 MB/s; and the
 * messages of a round.
 */
const reference = { microsPerValue: 0.8, microsPerAddedValue: 0.07, bytesPerSecond: 50e6, fixedSeconds: 0.2 };
/** Share of a finished job's value count within which it counts as similar. */
const similarity = 0.5;

/** What a job would cost, from finished jobs of about its size where there are any. */
export function estimate(spec: JobSpec, adder: Adder, finished: readonly JobState[]): Estimate {
  return spec.mode === 'vertical' ? estimateVertical(spec) : estimateHorizontal(spec, adder, finished);
}

function estimateHorizontal(spec: HorizontalSpec, adder: Adder, finished: readonly JobState[]): Estimate {
  const parameters = modelParameters(spec);
  const valueCount = parameters + sideValues + 2 * spec.evaluation.bins;
  const shape = { parameterSet: 'narrow', valueCount, contributors: spec.participants.length } as const;
  const bytesUpPerRound = adder.uploadBytes(shape);
  const bytesDownPerRound = adder.sumBytes(shape);
  const paces = finished.filter((state) => isSimilar(spec, state, valueCount)).flatMap(paceOf);
  const protection = mean(paces.map((pace) => pace.protectionSeconds));
  const training = mean(paces.map((pace) => pace.trainingSeconds));
  const referenceSeconds =
    reference.fixedSeconds * sumsPerRound(spec) +
    (valueCount * (reference.microsPerValue + reference.microsPerAddedValue * spec.participants.length)) /
      1e6 +
    (bytesUpPerRound + bytesDownPerRound) / reference.bytesPerSecond;
  const protectionSecondsPerRound = protection ?? referenceSeconds;
  const trainingSecondsPerRound = training ?? 0;
  const sums = statisticsOf(spec).length + spec.training.rounds + 1;
  return {
    valuesPerRound: valueCount,
    bytesUpPerRound,
    bytesDownPerRound,
    protectionSecondsPerRound,
    trainingSecondsPerRound,
    totalSeconds: sums * protectionSecondsPerRound + spec.training.rounds * trainingSecondsPerRound,
    basis: basisOf(spec, paces.length),
  };
}

function basisOf(spec: HorizontalSpec, rounds: number): string {
  const size = Object.values(spec.features).includes('category')
    ? `at most ${columnsPerCategory} columns per category assumed`
    : 'model size from the spec';
  const { kind } = spec.model;
  if (kind === 'trees')
    return `a round is a tree of ${sumsPerRound(spec)} sums, all of its nodes split; ${timesOf(rounds)}`;
  const topology = kind === 'layers' ? '; dense layers of the topology counted' : '';
  return `${size}${topology}; ${timesOf(rounds)}`;
}

function timesOf(rounds: number): string {
  return rounds > 0
    ? `times are means over ${rounds} rounds of finished jobs of this model and size`
    : 'times are reference figures of one core on loopback, training not included: no finished job is like it';
}

function modelParameters({ features, model }: HorizontalSpec): number {
  const inputs = Object.values(features).reduce(
    (columns, kind) => columns + (kind === 'number' ? columnsPerNumber : columnsPerCategory),
    0,
  );
  if (model.kind === 'logistic') return inputs + 1;
  if (model.kind === 'trees') return treeValues(features, model);
  const widths = model.kind === 'mlp' ? [...model.hidden, 1] : denseUnits(model.topology);
  let total = 0;
  let width = inputs;
  for (const units of widths) {
    total += (width + 1) * units;
    width = units;
  }
  return total;
}

/** Sums of g and h on all levels of a tree: every node there may be, every bin of every feature. */
function treeValues(
  features: HorizontalSpec['features'],
  { depth, bins, columns }: Extract<HorizontalSpec['model'], { kind: 'trees' }>,
): number {
  const used = Math.max(1, Math.round(columns * Object.keys(features).length));
  return (2 ** depth - 1) * used * (bins + 1) * 2;
}

/** Units of the dense layers, in order, wherever tfjs nests them. */
function denseUnits(node: unknown): number[] {
  if (Array.isArray(node)) return node.flatMap(denseUnits);
  if (typeof node !== 'object' || node === null) return [];
  const { units, ...rest } = node as Record<string, unknown>;
  return [...(Number.isInteger(units) ? [units as number] : []), ...Object.values(rest).flatMap(denseUnits)];
}

function isSimilar(spec: HorizontalSpec, state: JobState, valueCount: number): boolean {
  if (state.kind !== 'finished') return false;
  const { spec: other } = state.charter;
  // A sum of trees is one level of a round, and levels differ.
  if (other.mode !== 'horizontal' || spec.model.kind === 'trees') return false;
  if (other.model.kind !== spec.model.kind) return false;
  const [update] = updatesOf(state);
  const [contribution] = update?.contributions.values() ?? [];
  if (!contribution) return false;
  return Math.abs(contribution.valueCount - valueCount) <= similarity * valueCount;
}

function updatesOf(state: JobState): Sum[] {
  return sumsOf(shownState(state)).filter(({ purpose, phase }) => purpose === 'update' && phase === 'agreed');
}

function paceOf(state: JobState) {
  return updatesOf(state).map((sum) => {
    const trainingMs = [...sum.contributions.values()].map(({ timings }) => {
      return timings.reduce((total, { step, ms }) => total + (step === 'train' ? ms : 0), 0);
    });
    const slowestMs = Math.max(...trainingMs);
    const wallMs = sum.phase === 'agreed' ? sum.agreedMs - sum.startedMs : 0;
    return { trainingSeconds: slowestMs / 1000, protectionSeconds: Math.max(wallMs - slowestMs, 0) / 1000 };
  });
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((total, value) => total + value, 0) / values.length;
}
