/**
 * BLAKE2Xb (Aumasson et al., BLAKE2X, 2016) in big integers, from RFC 7693 and the paper: the words that SEAL's generator
 * makes of a seed. Slow, and free of the kernel's lanes, buffers and order of work.
 */

const TWO_64 = 2n ** 64n;
const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];
/** RFC 7693, section 2.7; rounds 10 and 11 are 0 and 1 again. */
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
];
const COLUMNS_AND_DIAGONALS = ['048c', '159d', '26ae', '37bf', '05af', '16bc', '278d', '349e'];

/** The 64-bit word at this place of all that SEAL's generator draws from a seed, buffer of 4096 bytes after buffer. */
export function seedWord(seed: Uint8Array, at: number): bigint {
  const length = 4096n << 32n;
  const buffer = new Uint8Array(new BigUint64Array([BigInt(Math.floor(at / 512))]).buffer);
  const root = blake2b([0x0101_4040n, length], [padded(seed), buffer]);
  const block = BigInt(Math.floor((at % 512) / 8));
  return wordsOf(blake2b([(64n << 32n) | 64n, length | block, 64n << 8n], [root]))[at % 8]!;
}

/** BLAKE2b under a parameter block, given by its first words; the message in blocks, of which only the last may be short. */
export function blake2b(parameters: readonly bigint[], blocks: readonly Uint8Array[]): Uint8Array {
  const chain = IV.map((word, k) => word ^ (parameters[k] ?? 0n));
  let bytes = 0n;
  blocks.forEach((block, k) => {
    bytes += BigInt(block.length);
    compress(chain, wordsOf(padded(block)), bytes, k === blocks.length - 1);
  });
  return new Uint8Array(new BigUint64Array(chain).buffer);
}

function compress(chain: bigint[], message: readonly bigint[], bytes: bigint, last: boolean): void {
  const v = [...chain, ...IV];
  v[12]! ^= bytes;
  if (last) v[14]! ^= TWO_64 - 1n;
  for (let round = 0; round < 12; round++) {
    const order = [...SIGMA[round % 10]!].map((digit) => message[Number.parseInt(digit, 16)]!);
    COLUMNS_AND_DIAGONALS.forEach((places, k) => {
      const [a, b, c, d] = [...places].map((digit) => Number.parseInt(digit, 16)) as [
        number,
        number,
        number,
        number,
      ];
      for (const [word, turnD, turnB] of [
        [order[2 * k]!, 32n, 24n],
        [order[2 * k + 1]!, 16n, 63n],
      ] as const) {
        v[a] = (v[a]! + v[b]! + word) % TWO_64;
        v[d] = turned(v[d]! ^ v[a]!, turnD);
        v[c] = (v[c]! + v[d]!) % TWO_64;
        v[b] = turned(v[b]! ^ v[c]!, turnB);
      }
    });
  }
  for (let k = 0; k < 8; k++) chain[k]! ^= v[k]! ^ v[k + 8]!;
}

function turned(word: bigint, by: bigint): bigint {
  return (word >> by) | ((word << (64n - by)) % TWO_64);
}

function padded(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(128);
  block.set(bytes);
  return block;
}

function wordsOf(bytes: Uint8Array): bigint[] {
  return [...new BigUint64Array(bytes.slice().buffer)];
}
