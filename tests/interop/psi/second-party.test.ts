import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { PsiPool } from '../../../crypto/psi/index.js';
import { x25519 } from '../../unit/psi/montgomery.js';
import { Side, scratchFolder } from '../../unit/psi/sides.js';

const folder = scratchFolder();
const pool = PsiPool.open({ threads: 2 });
afterAll(() => pool.close());

/** A second party that shares nothing with the code under test: BigInt ladder, arrays, a Map of strings. */
class Foreign {
  readonly #scalar = randomBytes(32);
  readonly #sent: string[];

  constructor(ids: readonly string[]) {
    // The shuffle of a foreign party is its own affair; this one sorts by digest.
    this.#sent = [...ids].sort((a, b) => (digest(a).toString('hex') < digest(b).toString('hex') ? -1 : 1));
  }

  blinded(): Buffer {
    return Buffer.concat(this.#sent.map((id) => x25519(this.#scalar, digest(id))));
  }

  raised(points: Buffer, width: number): Buffer {
    return Buffer.concat(cut(points, 32).map((point) => x25519(this.#scalar, point).subarray(32 - width)));
  }

  /** Common ids by their compared value, the smallest first as hex. */
  common(ownRaised: Buffer, peerRaised: Buffer, width: number): string[] {
    const own = new Map(cut(ownRaised, width).map((value, k) => [value.toString('hex'), this.#sent[k]]));
    const shared = cut(peerRaised, width).map((value) => value.toString('hex'));
    return shared
      .filter((value) => own.has(value))
      .sort()
      .map((value) => own.get(value) as string);
  }
}

function digest(id: string): Buffer {
  return createHash('sha256').update(id, 'utf8').digest();
}

function cut(bytes: Buffer, width: number): Buffer[] {
  return Array.from({ length: bytes.length / width }, (_, k) => bytes.subarray(k * width, (k + 1) * width));
}

test('a party written from RFC 7748 in BigInt finds the same customers in the same order', async () => {
  const ours = Array.from({ length: 150 }, (_, k) => `客户 ${k}`);
  const theirs = Array.from({ length: 120 }, (_, k) => `客户 ${2 * k + 1}`);
  // ceil(log2 150) twice, 40 bits, and the bit that is always zero: 57 bits.
  const width = 8;
  const side = new Side(pool, folder, ours);
  const foreign = new Foreign(theirs);
  const carried = (name: string, bytes: Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  await side.blind();
  const peer = { ids: { count: theirs.length } } as Side;
  await side.raise(peer, carried('their-points', foreign.blinded()));
  const answer = foreign.raised(readFileSync(side.blinded), width);
  const rows = await side.intersect(peer, carried('their-answer', answer));

  const found = Array.from(rows, (row) => ours[row]);
  expect(found.length).toBe(75);
  expect(foreign.common(readFileSync(side.raised), answer, width)).toEqual(found);
});
