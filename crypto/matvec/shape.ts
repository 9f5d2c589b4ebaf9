import { CodedError } from '../../contract/core.js';
import {
  type ParameterSet,
  type ProductSetName,
  packed30Bytes,
  productSet,
  publicKeyBytes,
  SEED_BYTES,
} from '../he/index.js';

/**
 * One product, as both sides derive it from public facts with `productParameters`; everything that does not fit it is
 * refused. Row i of a block stands at exponent i·stride; output o is wanted at its coefficients 0 .. wanted[o] − 1.
 */
export interface ProductShape {
  readonly set: ProductSetName;
  readonly form: 'dense' | 'histogram';
  readonly rows: number;
  readonly stride: number;
  /**
   * Rows of the vector that stand together, in one block: the sums of an output are its coefficients below stride · lanes. 1 where
   * every row stands for itself.
   */
  readonly lanes: number;
  /** Coefficients of each output that are opened: columns of a dense output, bins of a feature. Nothing else ever is. */
  readonly wanted: readonly number[];
  /** Largest |d_i| of the vector that is multiplied, after all parts of a chain are added. */
  readonly maxAbsVector: number;
  /** Largest |X_if|; 1 for histograms. */
  readonly maxAbsMatrix: number;
  /** How often the vector is passed on, re-randomised, before it is multiplied. */
  readonly passes: number;
  readonly learner: Learner;
}

/** Who learns the result: the owner of the matrix (gradients) or the owner of the key (histograms). */
export type Learner = 'function-holder' | 'key-holder';

/**
 * The part of one function holder when a vector serves several: own outputs instead of all. What the shape was proved
 * for covers it, because it wants no more coefficients, of an output or in all.
 * @throws {CodedError} PRODUCT_RANGE when it does.
 */
export function partOf(shape: ProductShape, wanted: readonly number[]): ProductShape {
  const part = { ...shape, wanted };
  checkWanted(part);
  if (wantedCoefficients(part) > wantedCoefficients(shape)) {
    throw new CodedError('PRODUCT_RANGE', 'a part of a product wants more coefficients than the whole');
  }
  return part;
}

/**
 * Whether nothing but fresh blocks is multiplied, each row with ones: the noise of what the key holder learns is then
 * proved by its mean.
 */
export function isFreshHistogram({ form, passes, learner }: ProductShape): boolean {
  return form === 'histogram' && passes === 0 && learner === 'key-holder';
}

/** Coefficients beyond the stride mix rows and columns: opening one would be opening something else. */
export function checkWanted({ wanted, stride, lanes }: ProductShape): void {
  const sums = stride * lanes;
  const sound =
    wanted.length > 0 && wanted.every((count) => Number.isInteger(count) && count >= 1 && count <= sums);
  if (!sound) throw new CodedError('PRODUCT_RANGE', `an output has 1 to ${sums} coefficients that are sums`);
}

/** Exact sizes of everything that is sent or kept. */
export interface ProductBytes {
  readonly publicKey: number;
  readonly vector: number;
  readonly passedVector: number;
  readonly answer: number;
  /** Of what the key holder opened, and of offsets. */
  readonly opened: number;
  readonly masks: number;
}

export function shapeBytes(shape: ProductShape): ProductBytes {
  const set = parametersOf(shape);
  const wanted = wantedCoefficients(shape);
  return {
    publicKey: publicKeyBytes(shape.set),
    vector: blockCount(shape) * vectorBlockBytes(set),
    passedVector: blockCount(shape) * passedBlockBytes(set),
    answer: shape.wanted.reduce((sum, count) => sum + answerBytes(set, count), 0),
    opened: wanted * residueBytes(set),
    masks: 4 * wanted * set.dataPrimes.length,
  };
}

export function parametersOf(shape: ProductShape): ParameterSet {
  return productSet(shape.set);
}

export function rowsPerBlock(shape: ProductShape): number {
  const { stride, lanes } = shape;
  return lanes * Math.floor(parametersOf(shape).degree / (stride * lanes));
}

export function blockCount(shape: ProductShape): number {
  return Math.ceil(shape.rows / rowsPerBlock(shape));
}

export function wantedCoefficients(shape: ProductShape): number {
  return shape.wanted.reduce((sum, count) => sum + count, 0);
}

/** 32-bit words of one polynomial: N per prime. */
export function polynomialWords(set: ParameterSet): number {
  return set.degree * set.dataPrimes.length;
}

/** A fresh block: seed of c1 ‖ c0 packed. */
export function vectorBlockBytes(set: ParameterSet): number {
  return SEED_BYTES + packed30Bytes(polynomialWords(set));
}

/** A passed block: c0 packed ‖ c1 packed. */
export function passedBlockBytes(set: ParameterSet): number {
  return 2 * packed30Bytes(polynomialWords(set));
}

/** One answer: c1 packed ‖ the wanted coefficients of c0, prime after prime, packed. */
export function answerBytes(set: ParameterSet, wanted: number): number {
  return packed30Bytes(polynomialWords(set)) + packed30Bytes(wanted * set.dataPrimes.length);
}

/** Whole little-endian bytes of one opened residue mod t. */
export function residueBytes(set: ParameterSet): number {
  return Math.ceil(Math.log2(set.plainModulus) / 8);
}
