import {
  castOf,
  fitRoundName,
  fitRounds,
  type VerticalSpec,
  type VerticalSpecOf,
} from '../../contract/index.js';
import type { Estimate } from './estimate-shape.js';

/** Rows that figures are given for: a spec does not say how many customers the parties have in common. */
const rows = 10_000;

/**
 * Reference figures of one feature holder and the label holder on two cores each, from the targets of `bench psi`,
 * `bench binning` and `bench vertical-lr`, and from `bench vertical-gbdt` as measured; transport at 50 MB/s, and the messages of a step.
 */
const reference = {
  /** An id blinded, blinded again, and sent both ways: 1M x 1M in 90 s, 32 and 32 bytes each way. */
  alignment: { microsPerRow: 90, bytesPerRow: 64 },
  /** 100,000 rows x 330 features in 12 s. */
  binning: { microsPerRowAndFeature: 0.36, bytesPerRow: 160 },
  /** One iteration of 100,000 rows x 330 features: 2 s, 16 MB, half of it each way. */
  iteration: { microsPerRowAndFeature: 0.06, bytesPerRow: 80 },
  /** Of rows that are counted and features of feature holders: 300,000 rows x 50 features in 30 s, 235 MB. */
  tree: { microsPerRow: 25, microsPerRowAndFeature: 0.9, bytesPerRow: 780 },
  bytesPerSecond: 50e6,
  secondsPerStep: 0.2,
} as const;

/** What a vertical job would cost per 10,000 common rows; a round is an iteration, or else the whole job. */
export function estimateVertical(spec: VerticalSpec): Estimate {
  const features = featuresOf(spec);
  const holders = castOf(spec).holders.length;
  const iterations = fitRounds(spec);
  const alignment = phase(reference.alignment.microsPerRow, reference.alignment.bytesPerRow, 4);
  const binning = phase(
    reference.binning.microsPerRowAndFeature * features,
    reference.binning.bytesPerRow,
    spec.type === 'scoring' ? 0 : spec.type === 'boosting' ? 1 : 3,
  );
  const iteration = spec.type === 'boosting' ? treeCost(spec) : iterationCost(features, holders);
  const before = spec.type === 'scoring' ? alignment : sum(alignment, binning);
  const round = iterations > 0 ? iteration : before;
  return {
    valuesPerRound: features,
    bytesUpPerRound: Math.ceil(round.bytes),
    bytesDownPerRound: Math.ceil(round.bytes),
    protectionSecondsPerRound: round.seconds,
    trainingSecondsPerRound: 0,
    totalSeconds: before.seconds + iterations * iteration.seconds,
    basis:
      `per ${rows} common rows, which a spec does not tell: ` +
      `reference figures of two cores on loopback for ${holders} feature holder${holders === 1 ? '' : 's'}; ` +
      (iterations > 0 ? `a round is one ${fitRoundName(spec)}` : 'a round is the whole job'),
  };
}

function iterationCost(features: number, holders: number): Cost {
  const { microsPerRowAndFeature, bytesPerRow } = reference.iteration;
  return phase(microsPerRowAndFeature * features, bytesPerRow, holders === 1 ? 3 : holders + 3);
}

/** The root has all rows, every level below the smaller halves of those above. */
function treeCost(spec: VerticalSpecOf<'boosting'>): Cost {
  const { depth } = spec.trees;
  const foreign = castOf(spec).holders.reduce(
    (count, name) => count + Object.keys(spec.parties[name]!.features).length,
    0,
  );
  const rowsCounted = 1 + (depth - 1) / 2;
  const { microsPerRow, microsPerRowAndFeature, bytesPerRow } = reference.tree;
  const micros = rowsCounted * (microsPerRow + microsPerRowAndFeature * foreign);
  return phase(micros, rowsCounted * bytesPerRow, 4 * depth);
}

interface Cost {
  readonly seconds: number;
  /** Each way, per participant. */
  readonly bytes: number;
}

function phase(microsPerRow: number, bytesPerRow: number, steps: number): Cost {
  const bytes = rows * bytesPerRow;
  const seconds =
    (rows * microsPerRow) / 1e6 + (2 * bytes) / reference.bytesPerSecond + steps * reference.secondsPerStep;
  return { seconds, bytes };
}

function sum(a: Cost, b: Cost): Cost {
  return { seconds: a.seconds + b.seconds, bytes: a.bytes + b.bytes };
}

function featuresOf(spec: VerticalSpec): number {
  if (spec.type === 'scoring') return 0;
  return Object.values(spec.parties).reduce((count, { features }) => count + Object.keys(features).length, 0);
}
