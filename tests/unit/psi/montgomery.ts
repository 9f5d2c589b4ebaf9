/**
 * X25519 by RFC 7748, §5, over BigInt: slow, and nothing in common with the code under test. `small-order` inputs go
 * through: it is the version without checks.
 */
const p = 2n ** 255n - 19n;
const a24 = 121665n;

const mod = (value: bigint) => ((value % p) + p) % p;

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

export function decodeLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}

export function encodeLittleEndian(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse());
}

export function x25519(scalar: Uint8Array, u: Uint8Array): Uint8Array {
  const clamped = Uint8Array.from(scalar);
  clamped[0]! &= 248;
  clamped[31] = (clamped[31]! & 127) | 64;
  const k = decodeLittleEndian(clamped);
  const x1 = mod(decodeLittleEndian(u) & (2n ** 255n - 1n));
  let [x2, z2, x3, z3] = [1n, 0n, x1, 1n];
  let swap = 0n;
  for (let t = 254n; t >= 0n; t--) {
    const bit = (k >> t) & 1n;
    if (swap !== bit) [x2, z2, x3, z3] = [x3, z3, x2, z2];
    swap = bit;
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3];
    const [aa, bb, da, cb] = [mod(a * a), mod(b * b), mod(d * a), mod(c * b)];
    const e = aa - bb;
    x3 = mod((da + cb) ** 2n);
    z3 = mod(x1 * mod((da - cb) ** 2n));
    x2 = mod(aa * bb);
    z2 = mod(e * (aa + a24 * e));
  }
  if (swap === 1n) [x2, z2] = [x3, z3];
  return encodeLittleEndian(mod(x2 * power(z2, p - 2n)));
}

/** The twelve values of small order at cr.yp.to/ecdh.html, as integers: order 1, 2, 4 and 8, and those plus p and 2p. */
const order8 = [
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];
export const smallOrderValues: readonly bigint[] = [
  0n,
  1n,
  ...order8,
  p - 1n,
  p,
  p + 1n,
  ...order8.map((value) => value + p),
  2n * p - 1n,
  2n * p,
  2n * p + 1n,
];
export { p as fieldPrime };
