import { CodedError, limits } from '../../contract/core.js';
import {
  FRESH_NOISE,
  FRESH_SQUARE,
  freshZeroMean,
  freshZeroNoise,
  type ParameterSet,
  type ProductSetName,
  productSet,
  productSetNames,
  ROUNDING_BIAS,
  rootAbove,
} from '../he/index.js';
import {
  isFreshHistogram,
  type Learner,
  type ProductShape,
  shapeBytes,
  wantedCoefficients,
} from './shape.js';
import { chooseStride } from './stride.js';

/** Public facts of a product; both sides must hold the same. All integers. */
export interface ProductFacts {
  readonly rows: number;
  readonly matrix:
    | { readonly form: 'dense'; readonly columns: number; readonly maxAbs: number }
    | { readonly form: 'histogram'; readonly bins: readonly number[] };
  /** Bound of |d_i|. In a chain: of the sum of all parts. */
  readonly maxAbsVector: number;
  readonly learner: Learner;
  /** Coefficients the key holder learns in the whole job (default: those of this product). */
  readonly wantedInJob?: number;
  /** Hops of a chain before the product (default 0). */
  readonly passes?: number;
}

export interface ProductPlan {
  readonly shape: ProductShape;
  /** ν: worst-case |noise| of a coefficient, in units of the ciphertext modulus. */
  readonly noise: bigint;
  /**
   * Function holder learns: δ = 2(ν + 1)t/q, at most the chance that a value is off by one. Key holder learns: δ = 2(μ + 1)t/q,
   * the chance that a value says anything of the noise beyond the sum; then δ · wantedInJob <= 2^-40.
   */
  readonly delta: number;
  /** Bytes of one product on the wire, vector, passes and answer. */
  readonly bytes: number;
  /** For evidence. */
  readonly description: string;
}

/** A histogram's bin number is one byte, and 255 means no bin. */
const MOST_BINS = 255;
/** The kernel's bound of |X_if|. */
const MOST_MATRIX = 2 ** 14;
const MOST_ROWS = 2 ** 26;
const HIDING_BITS = 40n;

/**
 * The cheapest parameter set and stride for which the product is exact and hides the matrix, by worst-case
 * bounds in integer arithmetic (docs/protocols/encrypted-product.md has the derivation):
 *
 *   range    rows · max|d| · max|X| <= (t − 1)/2: a residue stands for one signed sum.
 *   noise    v <= 22 + h(z + 1) + 1 for a block: 22 fresh (parameter-set.ts), for each of h passes a fresh public-key zero
 *            (z, freshZeroNoise) and one unit for rounding what that party adds, and one for the last addition.
 *            One row of the matrix polynomial has 1-norm w = s·max|X| (dense) or 1 (histogram), so that a
 *            coefficient of the product has noise <= rows · w · v, and with its own fresh zero ν = rows · w · v + z.
 *   opening  4(ν + 1)t <= q: rounding mask and result apart errs by at most one unit, with chance δ = 2(ν + 1)t/q <= 1/2.
 *   hiding   key holder learns: δ · (all coefficients of the job) <= 2^-40. For given noise e the opening says more than the
 *            sum with chance 2(|e| + 1)t/q over the mask, so over all coins with that of the mean of |e|. Of a histogram of
 *            fresh blocks a coefficient has rows · w independent terms of mean square FRESH_SQUARE, so
 *            μ = √(rows · w · FRESH_SQUARE) + rows · w · ROUNDING_BIAS + freshZeroMean; of others μ = ν.
 *
 * @throws {CodedError} PRODUCT_RANGE when no set fits or a fact is out of bounds.
 */
export function productParameters(facts: ProductFacts): ProductPlan {
  checkFacts(facts);
  for (const name of productSetNames) {
    const plan = planFor(name, facts);
    if (plan !== undefined) return plan;
  }
  const { rows, maxAbsVector } = facts;
  throw new CodedError(
    'PRODUCT_RANGE',
    `no parameter set holds a product of ${rows} rows with |d| <= ${maxAbsVector} and |X| <= ${matrixBound(facts)}`,
  );
}

function planFor(name: ProductSetName, facts: ProductFacts): ProductPlan | undefined {
  const layout = {
    ...layoutOf(productSet(name), facts),
    form: facts.matrix.form,
    maxAbsMatrix: matrixBound(facts),
  };
  return provedPlan(name, { ...facts, passes: facts.passes ?? 0 }, { ...layout, lanes: 1 });
}

/** What is summed: bounds of one coefficient's sum, whatever stands around it. */
export interface SumFacts {
  /** Rows whose entries add up in a coefficient, at most. */
  readonly rows: number;
  readonly maxAbsVector: number;
  readonly passes: number;
  readonly learner: Learner;
  readonly wantedInJob?: number;
  /** How many values a sum may have: 2 · rows · max|d| · max|X| + 1 unless the learner knows better. */
  readonly span?: bigint;
}

/** Where it stands. */
export interface Layout extends Pick<ProductShape, 'form' | 'stride' | 'lanes' | 'wanted' | 'maxAbsMatrix'> {
  /** Largest 1-norm of the part of an output's matrix polynomial that one row has. */
  readonly rowNorm: bigint;
}

/** The plan in one parameter set, undefined when it cannot be proved there (`productParameters` has the proof). */
export function provedPlan(name: ProductSetName, facts: SumFacts, layout: Layout): ProductPlan | undefined {
  const set = productSet(name);
  const { rows, maxAbsVector, learner, passes } = facts;
  const { form, stride, lanes, wanted, rowNorm, maxAbsMatrix } = layout;
  const t = BigInt(set.plainModulus);
  const span = facts.span ?? 2n * BigInt(rows) * BigInt(maxAbsVector) * BigInt(maxAbsMatrix) + 1n;
  if (span > t) return undefined;
  const zero = freshZeroNoise(set);
  const blockNoise = FRESH_NOISE + BigInt(passes) * (zero + 1n) + 1n;
  const noise = BigInt(rows) * rowNorm * blockNoise + zero;
  if (4n * (noise + 1n) * t > set.modulus) return undefined;
  const shape: ProductShape = {
    set: name,
    form,
    rows: rows * lanes,
    stride,
    lanes,
    wanted,
    maxAbsVector,
    maxAbsMatrix,
    passes,
    learner,
  };
  const hides = learner === 'key-holder';
  const told = hides && isFreshHistogram(shape) ? meanNoise(set, BigInt(rows) * rowNorm) : noise;
  const doubled = 2n * (told + 1n) * t;
  const exposed = BigInt(facts.wantedInJob ?? wantedCoefficients(shape));
  if (hides && (doubled * exposed) << HIDING_BITS > set.modulus) return undefined;
  const { vector, passedVector, answer } = shapeBytes(shape);
  return {
    shape,
    noise,
    delta: Number(doubled) / Number(set.modulus),
    bytes: vector + passes * passedVector + answer,
    description: `${set.description} stride=${stride}`,
  };
}

/** μ of a sum of so many terms, each a coefficient of its own of a fresh block. */
function meanNoise(set: ParameterSet, terms: bigint): bigint {
  const bias = terms / BigInt(1 / ROUNDING_BIAS) + 1n;
  return rootAbove(terms * FRESH_SQUARE) + bias + freshZeroMean(set);
}

/** Stride, wanted coefficients of each output, and the largest 1-norm of one row of an output's matrix polynomial. */
function layoutOf(set: ParameterSet, { rows, matrix, passes = 0 }: ProductFacts) {
  if (matrix.form === 'histogram') {
    return { stride: Math.max(...matrix.bins), wanted: matrix.bins, rowNorm: 1n };
  }
  const { columns, maxAbs } = matrix;
  const stride = chooseStride({ set, rows, columns, passes });
  const wanted = Array.from({ length: Math.ceil(columns / stride) }, (_, output) =>
    Math.min(stride, columns - output * stride),
  );
  return { stride, wanted, rowNorm: BigInt(stride * maxAbs) };
}

function matrixBound({ matrix }: ProductFacts): number {
  return matrix.form === 'dense' ? matrix.maxAbs : 1;
}

function checkFacts(facts: ProductFacts): void {
  const { rows, matrix, maxAbsVector, passes = 0, wantedInJob = 1 } = facts;
  const within = (value: number, from: number, to: number) =>
    Number.isInteger(value) && value >= from && value <= to;
  const outputs = matrix.form === 'dense' ? matrix.columns : matrix.bins.length;
  const entries =
    matrix.form === 'dense'
      ? within(matrix.maxAbs, 1, MOST_MATRIX)
      : matrix.bins.every((count) => within(count, 1, MOST_BINS));
  const sound =
    within(rows, 1, MOST_ROWS) &&
    within(outputs, 1, limits.features) &&
    entries &&
    within(maxAbsVector, 1, 2 ** 48) &&
    within(passes, 0, limits.verticalParties) &&
    within(wantedInJob, 1, Number.MAX_SAFE_INTEGER);
  if (!sound)
    throw new CodedError('PRODUCT_RANGE', 'rows, columns, bins or bounds are out of what a product takes');
}
