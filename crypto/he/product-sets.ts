import { CodedError } from '../../contract/core.js';
import { checkedSet, FRESH_NOISE, type ParameterSet } from './parameter-set.js';

/**
 * Parameter sets of encrypted products. Every prime is below 2^30, which the kernel of crypto/matvec asks for; the primes
 * are those of SEAL's CoeffModulus.Create. A ring has several plain moduli t, each just below a power of two:
 * the smaller t, the rarer a rounding error of the mask (noise bounds: `freshZeroNoise`; crypto/matvec/parameters.ts
 * has the bounds of whole products). Keys and ciphertexts of one ring fit every t of it.
 */
const rings = {
  /** 90 bits of data modulus in 11.25 bytes a coefficient; the special prime takes the rest of the 109 bits. */
  product: {
    degree: 4096,
    primes: [1073651713n, 1073668097n, 1073692673n, 417793n],
    bitSizes: [30, 30, 30, 19],
    plainModuli: {
      20: 1_032_193,
      24: 16_760_833,
      28: 268_369_921,
      32: 4_294_828_033,
      36: 68_719_403_009,
      40: 1_099_511_480_321,
      43: 8_796_092_858_369,
      46: 70_368_743_669_761,
    },
  },
  /** 120 bits of data modulus in 15 bytes a coefficient: for sums that the key holder learns. */
  counts: {
    degree: 8192,
    primes: [1073299457n, 1073430529n, 1073479681n, 1073643521n, 1073692673n],
    bitSizes: [30, 30, 30, 30, 30],
    plainModuli: {
      20: 1_032_193,
      24: 16_760_833,
      28: 268_369_921,
      32: 4_294_475_777,
      36: 68_719_230_977,
      40: 1_099_511_480_321,
      44: 17_592_186_028_033,
      48: 281_474_976_694_273,
    },
  },
} as const;

export type ProductRing = keyof typeof rings;
/** A ring and the bits of t, as in `product-43`. */
export type ProductSetName = {
  [R in ProductRing]: `${R}-${keyof (typeof rings)[R]['plainModuli'] & number}`;
}[ProductRing];

const sets: ReadonlyMap<string, ParameterSet<ProductSetName>> = new Map(
  Object.entries(rings).flatMap(([ring, { plainModuli, ...literal }]) =>
    Object.entries(plainModuli).map(([bits, plainModulus]) => {
      const name = `${ring}-${bits}` as ProductSetName;
      const set = checkedSet({ ...literal, name, plainModulus });
      // A vector of one row, multiplied by one and re-randomised, must open in every set.
      if (4n * (FRESH_NOISE + freshZeroNoise(set)) * BigInt(plainModulus) >= set.modulus) {
        throw new CodedError('INTERNAL', `parameter set ${name} is too noisy for products`);
      }
      return [name, set];
    }),
  ),
);

/** Every set: the cheaper ring first, within a ring t ascending. */
export const productSetNames: readonly ProductSetName[] = [...sets.keys()] as ProductSetName[];

export function isProductSetName(name: string): name is ProductSetName {
  return sets.has(name);
}

export function productSet(name: ProductSetName): ParameterSet<ProductSetName> {
  return sets.get(name) as ParameterSet<ProductSetName>;
}

/**
 * Largest |phase| of a public-key encryption of zero. SEAL makes it modulo q·p, p the special prime, where its phase is
 * e_1 + e_2·s − e·u with ternary s, u and |e| <= 21: at most 21·(2N + 1). Dividing by p rounds each polynomial by at most
 * 1/2, which s multiplies: (N + 1)/2 more.
 */
export function freshZeroNoise(set: ParameterSet): bigint {
  const degree = BigInt(set.degree);
  const special = set.primes[set.primes.length - 1] as bigint;
  return (21n * (2n * degree + 1n)) / special + 1n + (degree + 1n) / 2n + 1n;
}

/**
 * Mean |phase| of the same over the coins of key and encryption, at most. Before the division its mean square is
 * 21/2·(1 + N + 2N/3), less than N². Dividing u·a + e_2, a sample of RLWE, rounds like dividing a uniform polynomial: N
 * independent errors of mean square below 1/12, which s adds with signs (another mean would tell the sample from a uniform
 * one); the rounding of the other polynomial is at most 1/2.
 */
export function freshZeroMean(set: ParameterSet): bigint {
  const degree = BigInt(set.degree);
  const special = set.primes[set.primes.length - 1] as bigint;
  return degree / special + 1n + rootAbove(degree / 12n) + 1n;
}

/** The least integer whose square is larger. */
export function rootAbove(square: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(square))));
  while (root * root > square) root--;
  while (root * root <= square) root++;
  return root;
}
