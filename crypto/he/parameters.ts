import { CodedError, limits, type ParameterSetName } from '../../contract/core.js';
import { checkedSet, FRESH_NOISE, type ParameterLiteral, type ParameterSet } from './parameter-set.js';
import { isProductSetName, type ProductSetName, productSet } from './product-sets.js';

/** Sets of secure sums, which contracts name, and sets of encrypted products, which they do not. */
export type SetName = ParameterSetName | ProductSetName;

/**
 * Noise of sums: a fresh symmetric ciphertext decrypts to round(q·m/t) + e with |e| <= 21 (SEAL's centred binomial of
 * 21 + 21 bits) and at most one unit of rounding (scaling.ts), so < 22 each and < 22·n for n added ones; m wraps
 * mod t exactly because t·(q/t) = q. Decryption is exact while that stays below q/(2t):
 *   narrow 2^54 / 2^33 = 2^21 and wide 2^72 / 2^51 = 2^21, against 22 · 1000 < 2^14.5.
 * `checked` asserts it with a factor 2 spare, which covers the approximate base conversion of SEAL's RNS decryption.
 *
 * Range: n signed integers |x| <= maxAbs add up to a residue that stands for one signed integer
 * exactly while n · maxAbs <= (t − 1)/2 (`maxAbsFor`).
 */
function checked(literal: ParameterLiteral): ParameterSet {
  const set = checkedSet(literal);
  if (2n * BigInt(limits.participants) * FRESH_NOISE * 2n * BigInt(set.plainModulus) >= set.modulus) {
    throw new CodedError('INTERNAL', `parameter set ${set.name} is too noisy for sums`);
  }
  return set;
}

/**
 * The narrow set takes 6.75 bytes and 0.15 µs per value to encrypt, the wide one 9 bytes and 0.21 µs. The wide set's third
 * prime is SEAL's special prime, which nothing here uses (no key switching): the smallest that fits, 17 bits.
 */
const sets: Readonly<Record<ParameterSetName, ParameterSet>> = {
  narrow: checked({
    name: 'narrow',
    degree: 2048,
    primes: [18014398509404161n],
    bitSizes: [54],
    plainModulus: 4_294_955_009,
  }),
  wide: checked({
    name: 'wide',
    degree: 4096,
    primes: [68719230977n, 68719403009n, 114689n],
    bitSizes: [36, 36, 17],
    plainModulus: 1_125_899_906_826_241,
  }),
};

export function parameterSet(name: SetName): ParameterSet {
  return isProductSetName(name) ? productSet(name) : sets[name];
}

/** Largest |x| of one contribution whose sum over `contributors` cannot wrap in this set. */
export function maxAbsFor(name: ParameterSetName, contributors: number): number {
  return Math.floor((sets[name].plainModulus - 1) / 2 / contributors);
}

/**
 * The cheapest set whose sum of `contributors` integers |x| <= maxAbs is exact.
 * @throws {CodedError} RANGE_EXCEEDED when none fits; INTERNAL when the arguments are no positive integers.
 */
export function chooseParameterSet(range: { maxAbs: number; contributors: number }): ParameterSetName {
  const { maxAbs, contributors } = range;
  if (!(Number.isInteger(maxAbs) && maxAbs >= 1 && Number.isInteger(contributors) && contributors >= 1)) {
    throw new CodedError('INTERNAL', `no range: maxAbs ${maxAbs}, contributors ${contributors}`);
  }
  if (contributors <= limits.participants) {
    if (maxAbs <= maxAbsFor('narrow', contributors)) return 'narrow';
    if (maxAbs <= maxAbsFor('wide', contributors)) return 'wide';
  }
  throw new CodedError(
    'RANGE_EXCEEDED',
    `${contributors} contributors of values up to ${maxAbs} do not fit the wide set (largest value there ${maxAbsFor('wide', contributors)})`,
  );
}
