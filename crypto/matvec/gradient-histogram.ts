import { CodedError, limits } from '../../contract/core.js';
import { type ProductSetName, productSetNames } from '../he/index.js';
import type { Integers } from './encrypted-vector.js';
import type { Matrix } from './matrix.js';
import { type ProductPlan, provedPlan } from './parameters.js';
import { blockCount, parametersOf } from './shape.js';

/** Public facts of a histogram of gradients; both sides must hold the same. */
export interface GradientFacts {
  readonly rows: number;
  /** Bins of each feature, those for missing values included. */
  readonly bins: readonly number[];
  /** Bound of |g| and of h of a row; h is never negative. */
  readonly maxAbs: number;
  /** Histograms of this size that the job's openings would pay for: 1 / its share of the job. */
  readonly histogramsInJob: number;
}

/** Consecutive bins of a feature, those from `from` on: all of them, or a part. */
export interface Piece {
  readonly feature: number;
  readonly from: number;
  readonly count: number;
}

/**
 * Sums of g and of h over the rows in each bin of each feature, in one product. A row stands in `width` = pieces per
 * output cells for each of its numbers: sums of piece f of an output are the cells from f · numbers on, of s = the
 * largest number of bins of a piece coefficients each. More pieces per output are more blocks up and fewer answers down;
 * features in several pieces are fewer blocks and more answers.
 */
export interface GradientPlan extends ProductPlan {
  readonly bins: readonly number[];
  readonly rows: number;
  /** Of all features, in order. */
  readonly pieces: readonly Piece[];
  /** Pieces of one output. */
  readonly width: number;
  /** Bound of |g| and of h of a row. */
  readonly maxAbs: number;
  /** Numbers of a row: 1 where g and h share one, or 2. */
  readonly numbers: 1 | 2;
}

/** g and h of the rows of a histogram, as the key holder has them: g in −maxAbs .. maxAbs, h in 0 .. maxAbs. */
export interface RowGradients {
  readonly g: Int8Array;
  readonly h: Int8Array;
}

/**
 * Tenths of milliseconds of core time of a block up, of an answer down, and of a block in an answer, by ring, two thirds of the
 * first two for bytes on their way; both sides must take the same (docs/benchmarks.md, vertical-gbdt).
 */
const costs = {
  product: { block: 24, answer: 26, term: 0.45 },
  counts: { block: 62, answer: 66, term: 0.9 },
} as const;
const widths = [1, 2, 3, 4, 6, 8, 12, 16];
/** Pieces of a feature with the most bins. */
const divisions = [1, 2, 3, 4];
/** Of sets that do as well the one with the largest t: nodes of a job then share one, which takes time to set up. */
const byFallingModulus = productSetNames.toReversed();

/**
 * The cheapest way to one histogram that `provedPlan` proves. Layout (docs/protocols/encrypted-product.md): with n numbers a
 * row and k pieces an output, row i has n·k cells of s coefficients. Number l of row i stands in cell
 * n·k·i + n·(k − 1) + l of the vector, bin b of piece f in cell n·k·i + n·(k − 1 − f) of the matrix, so that their
 * product lands in cell n·f + l, and that of different rows outside of the n·k cells.
 *
 * One number: g + base · h with base = Σ|g| + 1 over the rows of the histogram, which only the key holder knows and nobody
 * else needs. A sum of g over some of the rows is one of base values, between the sum of all negative g and that of all
 * positive ones, so the sum of numbers tells both; it has at most 1 + Σ|g| + base · Σh <= (rows · maxAbs + 1)² values.
 *
 * @throws {CodedError} PRODUCT_RANGE when no set fits or a fact is out of bounds.
 */
export function gradientPlan(facts: GradientFacts): GradientPlan {
  const { rows, bins, maxAbs } = facts;
  const within = (value: number, to: number) => Number.isInteger(value) && value >= 1 && value <= to;
  const sound =
    within(rows, 2 ** 26) &&
    within(bins.length, limits.features) &&
    bins.every((count) => within(count, 254)) &&
    within(maxAbs, 127) &&
    within(facts.histogramsInJob, 2 ** 40);
  if (!sound) throw new CodedError('PRODUCT_RANGE', 'rows, bins or bounds are out of what a histogram takes');
  let best: GradientPlan | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const numbers of [1, 2] as const) {
    for (const [division, width] of layouts(bins.length)) {
      for (const ring of ['counts', 'product'] as const) {
        const plan = planOf(facts, numbers, division, width, ring);
        const cost = plan === undefined ? least : costOf(plan, ring);
        if (cost >= least) continue;
        [best, least] = [plan, cost];
      }
    }
  }
  if (best === undefined) {
    throw new CodedError(
      'PRODUCT_RANGE',
      `no parameter set holds a histogram of ${rows} rows up to ${maxAbs}`,
    );
  }
  return best;
}

/** Either several features share an output, or a feature has several. */
function layouts(features: number): (readonly [division: number, width: number])[] {
  return [
    ...widths.filter((width) => width <= features).map((width) => [1, width] as const),
    ...divisions.slice(1).map((division) => [division, 1] as const),
  ];
}

/** Features in pieces of the same number of bins, the last of each smaller. */
function piecesOf(bins: readonly number[], division: number): Piece[] {
  const most = Math.ceil(Math.max(...bins) / division);
  return bins.flatMap((count, feature) =>
    Array.from({ length: Math.ceil(count / most) }, (_, piece) => {
      const from = piece * most;
      return { feature, from, count: Math.min(most, count - from) };
    }),
  );
}

function costOf({ shape }: GradientPlan, ring: keyof typeof costs): number {
  const { block, answer, term } = costs[ring];
  const blocks = blockCount(shape);
  return blocks * block + shape.wanted.length * (answer + blocks * term);
}

function planOf(
  facts: GradientFacts,
  numbers: 1 | 2,
  division: number,
  width: number,
  ring: keyof typeof costs,
): GradientPlan | undefined {
  const { rows, bins, maxAbs, histogramsInJob } = facts;
  const pieces = piecesOf(bins, division);
  const stride = Math.max(...pieces.map(({ count }) => count));
  const lanes = numbers * width;
  if (stride * lanes > 4096) return undefined;
  const wanted = Array.from(
    { length: Math.ceil(pieces.length / width) },
    (_, output) => Math.min(width, pieces.length - output * width) * numbers * stride,
  );
  const opened = wanted.reduce((sum, count) => sum + count, 0);
  const most = rows * maxAbs;
  const sums = {
    ...{ rows, passes: 0, learner: 'key-holder' as const, wantedInJob: histogramsInJob * opened },
    maxAbsVector: numbers === 2 ? maxAbs : maxAbs + (most + 1) * maxAbs,
    ...(numbers === 1 && { span: BigInt(most + 1) ** 2n }),
  };
  const layout = {
    ...{ form: 'histogram' as const, stride, lanes, wanted, maxAbsMatrix: 1 },
    rowNorm: BigInt(width),
  };
  for (const name of byFallingModulus.filter((set) => ringOf(set) === ring)) {
    const plan = provedPlan(name, sums, layout);
    if (plan) return { ...plan, bins, rows, pieces, width, maxAbs, numbers };
  }
  return undefined;
}

function ringOf(set: ProductSetName): keyof typeof costs {
  return set.startsWith('product') ? 'product' : 'counts';
}

/**
 * Key holder: the vector of a plan, from g and h of its rows.
 * @throws {CodedError} PRODUCT_RANGE when they are beyond what the plan is proved for.
 */
export function gradientVector(plan: GradientPlan, gradients: RowGradients): Integers {
  const { width, shape, numbers } = plan;
  const { base } = spanOf(plan, gradients);
  const { g, h } = gradients;
  const vector = new Float64Array(shape.rows);
  const lanes = shape.lanes;
  for (let row = 0, at = lanes - lanes / width; row < g.length; row++, at += lanes) {
    if (numbers === 1) vector[at] = g[row]! + base * h[row]!;
    else {
      vector[at] = g[row]!;
      vector[at + 1] = h[row]!;
    }
  }
  return vector;
}

/** Between what sums over some of the rows lie, and what h is multiplied with where it shares a number with g. */
function spanOf({ rows, maxAbs }: GradientPlan, { g, h }: RowGradients) {
  if (g.length !== rows || h.length !== rows) {
    throw new CodedError('PRODUCT_RANGE', `this histogram takes gradients of ${rows} rows`);
  }
  let [least, most, weight] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const [slope, curve] = [g[row]!, h[row]!];
    if (Math.abs(slope) > maxAbs || curve < 0 || curve > maxAbs) {
      throw new CodedError('PRODUCT_RANGE', `row ${row} has gradients beyond ${maxAbs}`);
    }
    if (slope < 0) least += slope;
    else most += slope;
    weight += curve;
  }
  return { least, most, weight, base: most - least + 1 };
}

/** No bin. */
const none = 255;

/** Function holder: the matrix of a plan, from the bins of its rows, feature after feature. */
export function gradientMatrix(
  { rows, bins, pieces, width, shape }: GradientPlan,
  cells: Uint8Array,
): Matrix {
  if (cells.length !== rows * bins.length) {
    throw new CodedError('PRODUCT_RANGE', `this histogram takes ${bins.length} features of ${rows} rows`);
  }
  bins.forEach((count, feature) => {
    const largest = cells.subarray(feature * rows, (feature + 1) * rows).reduce((a, b) => Math.max(a, b), 0);
    if (largest >= count) throw new CodedError('PRODUCT_RANGE', `feature ${feature} has no bin ${largest}`);
  });
  const { lanes, wanted } = shape;
  const numbers = lanes / width;
  const columns = wanted.length;
  const spread = new Uint8Array(new SharedArrayBuffer(columns * shape.rows)).fill(none);
  pieces.forEach(({ feature, from, count }, piece) => {
    const output = Math.floor(piece / width);
    const start = feature * rows;
    let at = output * shape.rows + numbers * (width - 1 - (piece % width));
    for (let row = 0; row < rows; row++, at += lanes) {
      const bin = cells[start + row]! - from;
      if (bin >= 0 && bin < count) spread[at] = bin;
    }
  });
  return { kind: 'histogram', bins: spread, rows: shape.rows, columns };
}

/**
 * Key holder: sums of g and h of every bin, feature after feature, from the opened sums of the product.
 * @param gradients those that the vector was made of.
 * @throws {CodedError} CIPHERTEXT_MALFORMED when a sum is none that some of these rows have, naming `from`.
 */
export function gradientSums(plan: GradientPlan, gradients: RowGradients, from: string, sums: Float64Array) {
  const { bins, pieces, width, numbers, shape } = plan;
  const { stride, wanted } = shape;
  const { least, most, weight, base } = spanOf(plan, gradients);
  const { plainModulus } = parametersOf(shape);
  const length = bins.reduce((total, count) => total + count, 0);
  const [g, h] = [new Float64Array(length), new Float64Array(length)];
  const starts: number[] = [];
  wanted.reduce((start, count) => {
    starts.push(start);
    return start + count;
  }, 0);
  let at = 0;
  pieces.forEach(({ count }, piece) => {
    const start = starts[Math.floor(piece / width)]! + (piece % width) * numbers * stride;
    for (let bin = 0; bin < count; bin++, at++) {
      const first = sums[start + bin]!;
      if (numbers === 2) {
        g[at] = first;
        h[at] = sums[start + stride + bin]!;
        continue;
      }
      // Opened sums are residues around zero; these are all at or above the least one.
      const number = first < least ? first + plainModulus : first;
      h[at] = Math.floor((number - least) / base);
      g[at] = number - base * h[at]!;
    }
  });
  if (!h.every((sum) => sum >= 0 && sum <= weight) || !g.every((sum) => sum >= least && sum <= most)) {
    throw new CodedError('CIPHERTEXT_MALFORMED', `a histogram of ${from} has sums that no rows have`, {
      parties: [from],
    });
  }
  return { g, h };
}
