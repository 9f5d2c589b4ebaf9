import type { ParameterSet } from '../../../crypto/he/index.js';

/** Independent big-integer arithmetic in Z_p[x]/(x^N + 1) and of BFV decryption, for tests of encrypted products. */

/** Coefficients −1, 0, 1 of a stored secret key. */
export function ternary(key: Uint8Array, degree: number): number[] {
  return Array.from(
    { length: degree },
    (_, j) => [0, 1, Number.NaN, -1][(key[j >> 2]! >> (2 * (j & 3))) & 3]!,
  );
}

/** Residues of one polynomial of a ciphertext (c0 then c1, N words per prime), prime by prime. */
export function residuesOf(set: ParameterSet, words: Uint32Array, polynomial: 0 | 1): bigint[][] {
  return set.dataPrimes.map((_, p) => {
    const from = (polynomial * set.dataPrimes.length + p) * set.degree;
    return Array.from(words.subarray(from, from + set.degree), BigInt);
  });
}

/** Coefficients `at` of c0 + c1·s modulo each prime, joined to [0, q). */
export function phases(
  set: ParameterSet,
  words: Uint32Array,
  secret: readonly number[],
  at: readonly number[],
): bigint[] {
  const { degree, dataPrimes } = set;
  return at.map((j) => {
    const residues = dataPrimes.map((prime, p) => {
      const c0 = p * degree;
      const c1 = (dataPrimes.length + p) * degree;
      // At most 2^13 terms below 2^30: exact in a double. x^N = −1: terms that wrap around change sign.
      let sum = words[c0 + j]!;
      for (let i = 0; i < degree; i++) {
        const value = words[c1 + ((j - i + degree) % degree)]!;
        sum += secret[i]! * (i <= j ? value : -value);
      }
      return modulo(BigInt(sum), prime);
    });
    return chineseRemainder(residues, dataPrimes);
  });
}

/** round(t·x/q) mod t. */
export function rounded(set: ParameterSet, x: bigint): bigint {
  const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
  const t = BigInt(set.plainModulus);
  return modulo((2n * t * x + q) / (2n * q), t);
}

/** t·x − q·round(t·x/q): the distance of x from a multiple of q/t, times t; in (−q/2, q/2]. */
export function scaledNoise(set: ParameterSet, x: bigint): bigint {
  const q = set.dataPrimes.reduce((product, prime) => product * prime, 1n);
  const t = BigInt(set.plainModulus);
  return t * x - ((2n * t * x + q) / (2n * q)) * q;
}

export function chineseRemainder(residues: readonly bigint[], primes: readonly bigint[]): bigint {
  const q = primes.reduce((product, prime) => product * prime, 1n);
  return residues.reduce((sum, residue, p) => {
    const rest = q / primes[p]!;
    return (sum + residue * rest * power(rest, primes[p]! - 2n, primes[p]!)) % q;
  }, 0n);
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = modulo(base, modulus), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

export function modulo(x: bigint, modulus: bigint): bigint {
  return ((x % modulus) + modulus) % modulus;
}

/** The quotient product / factor in Z_p[x]/(x^N + 1): by evaluation at the odd powers of a primitive 2N-th root. */
export function divide(product: readonly bigint[], factor: readonly bigint[], prime: bigint): bigint[] {
  const degree = product.length;
  const root = primitiveRoot(2 * degree, prime);
  const twist = (values: readonly bigint[], by: bigint) => {
    let factorOf = 1n;
    return values.map((value) => {
      const twisted = (value * factorOf) % prime;
      factorOf = (factorOf * by) % prime;
      return twisted;
    });
  };
  const square = (root * root) % prime;
  const top = fourier(twist(product, root), square, prime);
  const bottom = fourier(twist(factor, root), square, prime);
  const quotients = top.map((value, k) => (value * power(bottom[k]!, prime - 2n, prime)) % prime);
  const scale = power(BigInt(degree), prime - 2n, prime);
  const back = fourier(quotients, power(square, prime - 2n, prime), prime);
  return twist(back, power(root, prime - 2n, prime)).map((value) => (value * scale) % prime);
}

/** Residues as signed integers around zero. */
export function centred(residues: readonly bigint[], prime: bigint): number[] {
  return residues.map((residue) => Number(residue > prime / 2n ? residue - prime : residue));
}

function fourier(values: readonly bigint[], root: bigint, prime: bigint): bigint[] {
  if (values.length === 1) return [...values];
  const square = (root * root) % prime;
  const even = fourier(
    values.filter((_, k) => k % 2 === 0),
    square,
    prime,
  );
  const odd = fourier(
    values.filter((_, k) => k % 2 === 1),
    square,
    prime,
  );
  const half = values.length / 2;
  const result = new Array<bigint>(values.length);
  for (let k = 0, twiddle = 1n; k < half; k++, twiddle = (twiddle * root) % prime) {
    const term = (twiddle * odd[k]!) % prime;
    result[k] = (even[k]! + term) % prime;
    result[k + half] = modulo(even[k]! - term, prime);
  }
  return result;
}

function primitiveRoot(order: number, prime: bigint): bigint {
  for (let candidate = 2n; ; candidate++) {
    const root = power(candidate, (prime - 1n) / BigInt(order), prime);
    if (power(root, BigInt(order / 2), prime) === prime - 1n) return root;
  }
}
