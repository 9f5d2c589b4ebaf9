import { CodedError, limits } from '../../contract/core.js';
import { productSetNames } from '../he/index.js';
import type { Integers } from './encrypted-vector.js';
import type { Matrix } from './matrix.js';
import { type ProductPlan, provedPlan } from './parameters.js';
import { blockCount } from './shape.js';

/** Public facts of a histogram of gradients; both sides must hold the same. */
export interface GradientFacts {
  readonly rows: number;
  /** Bins of each feature, those for missing values included. */
  readonly bins: readonly number[];
  /** Bound of |g| and of h of a row; h is never negative. */
  readonly maxAbs: number;
  /** Coefficients the key holder learns in the whole job. */
  readonly wantedInJob: number;
}

/**
 * Sums of g and of h over the rows in each bin of each feature, in one product. A row stands in `width` = features per
 * output cells for each of its numbers: sums of feature f of an output are the cells from f · numbers on, of s = the
 * largest number of bins coefficients each. More features per output are more blocks up and fewer answers down.
 */
export interface GradientPlan extends ProductPlan {
  readonly bins: readonly number[];
  readonly rows: number;
  /** Features of one output. */
  readonly width: number;
  /** Bound of |g| and of h of a row. */
  readonly maxAbs: number;
  /** What h is multiplied with where g and h share a number, g + base · h; 0 where each has its own. */
  readonly base: number;
}

/** What one block and one answer cost in core time, roughly, against each other; both sides must take the same. */
const blockCost = 6;
const answerCost = 11;
const widths = [1, 2, 3, 4, 6, 8, 12, 16];

/**
 * The cheapest way to one histogram that `provedPlan` proves. Layout (docs/protocols/encrypted-product.md): with n numbers a
 * row (2, or 1 when g and h share one) and k features an output, row i has n·k cells of s coefficients. Number l of row i
 * stands in cell n·k·i + n·(k − 1) + l of the vector, bin b of feature f in cell n·k·i + n·(k − 1 − f) of the matrix,
 * so that their product lands in cell n·f + l, and that of different rows outside of the n·k cells.
 * g + base · h with base > 2 · rows · maxAbs is one number that tells both sums, since |Σ g| < base / 2.
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
    within(maxAbs, 2 ** 20) &&
    within(facts.wantedInJob, Number.MAX_SAFE_INTEGER);
  if (!sound) throw new CodedError('PRODUCT_RANGE', 'rows, bins or bounds are out of what a histogram takes');
  let best: GradientPlan | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const base of [0, 2 * rows * maxAbs + 1]) {
    for (const width of widths) {
      const plan = width <= bins.length ? planOf(facts, width, base) : undefined;
      const cost = plan && blockCount(plan.shape) * blockCost + plan.shape.wanted.length * answerCost;
      if (cost === undefined || cost >= least) continue;
      [best, least] = [plan, cost];
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

function planOf(facts: GradientFacts, width: number, base: number): GradientPlan | undefined {
  const { rows, bins, maxAbs, wantedInJob } = facts;
  const numbers = base === 0 ? 2 : 1;
  const stride = Math.max(...bins);
  const outputs = Math.ceil(bins.length / width);
  const wanted = Array.from(
    { length: outputs },
    (_, output) => Math.min(width, bins.length - output * width) * numbers * stride,
  );
  const sums = {
    ...{ rows, maxAbsVector: maxAbs + base * maxAbs, passes: 0, wantedInJob },
    learner: 'key-holder' as const,
  };
  const layout = {
    ...{ form: 'histogram' as const, stride, lanes: numbers * width, wanted, maxAbsMatrix: 1 },
    rowNorm: BigInt(width),
  };
  if (stride * layout.lanes > 4096 || !Number.isSafeInteger(sums.maxAbsVector)) return undefined;
  for (const name of productSetNames) {
    const plan = provedPlan(name, sums, layout);
    if (plan) return { ...plan, bins, rows, width, maxAbs, base };
  }
  return undefined;
}

/** Coefficients that the key holder opens for one histogram: what `wantedInJob` adds up. */
export function openedBy(bins: readonly number[]): number {
  return 2 * bins.length * Math.max(...bins);
}

/** Key holder: the vector of a plan, from g and h of its rows. */
export function gradientVector(
  { rows, width, base, shape }: GradientPlan,
  g: Int8Array,
  h: Int8Array,
): Integers {
  if (g.length !== rows || h.length !== rows) {
    throw new CodedError('PRODUCT_RANGE', `this histogram takes gradients of ${rows} rows`);
  }
  const vector = new Float64Array(shape.rows);
  const lanes = shape.lanes;
  for (let row = 0, at = lanes - lanes / width; row < rows; row++, at += lanes) {
    if (base > 0) vector[at] = g[row]! + base * h[row]!;
    else {
      vector[at] = g[row]!;
      vector[at + 1] = h[row]!;
    }
  }
  return vector;
}

/** No bin. */
const none = 255;

/** Function holder: the matrix of a plan, from the bins of its rows, feature after feature. */
export function gradientMatrix({ rows, bins, width, shape }: GradientPlan, cells: Uint8Array): Matrix {
  if (cells.length !== rows * bins.length) {
    throw new CodedError('PRODUCT_RANGE', `this histogram takes ${bins.length} features of ${rows} rows`);
  }
  const { lanes, wanted } = shape;
  const numbers = lanes / width;
  const columns = wanted.length;
  const spread = new Uint8Array(new SharedArrayBuffer(columns * shape.rows)).fill(none);
  bins.forEach((count, feature) => {
    const output = Math.floor(feature / width);
    const start = feature * rows;
    let at = output * shape.rows + numbers * (width - 1 - (feature % width));
    for (let row = 0; row < rows; row++, at += lanes) {
      const bin = cells[start + row]!;
      if (bin >= count) throw new CodedError('PRODUCT_RANGE', `feature ${feature} has no bin ${bin}`);
      spread[at] = bin;
    }
  });
  return { kind: 'histogram', bins: spread, rows: shape.rows, columns };
}

/**
 * Key holder: sums of g and h of every bin, feature after feature, from the opened sums of the product.
 * @throws {CodedError} CIPHERTEXT_MALFORMED when a sum is none that the rows of a bin can have, naming `from`.
 */
export function gradientSums(plan: GradientPlan, from: string, sums: Float64Array) {
  const { rows, bins, width, base, shape } = plan;
  const { stride, lanes, wanted } = shape;
  const numbers = lanes / width;
  const length = bins.reduce((total, count) => total + count, 0);
  const [g, h] = [new Float64Array(length), new Float64Array(length)];
  const starts: number[] = [];
  wanted.reduce((start, count) => {
    starts.push(start);
    return start + count;
  }, 0);
  let at = 0;
  bins.forEach((count, feature) => {
    const start = starts[Math.floor(feature / width)]! + (feature % width) * numbers * stride;
    for (let bin = 0; bin < count; bin++, at++) {
      const first = sums[start + bin]!;
      h[at] = base > 0 ? Math.round(first / base) : sums[start + stride + bin]!;
      g[at] = base > 0 ? first - base * h[at]! : first;
    }
  });
  const most = rows * plan.maxAbs;
  if (!h.every((sum) => sum >= 0 && sum <= most) || !g.every((sum) => Math.abs(sum) <= most)) {
    throw new CodedError('CIPHERTEXT_MALFORMED', `a histogram of ${from} has sums that no rows have`, {
      parties: [from],
    });
  }
  return { g, h };
}
