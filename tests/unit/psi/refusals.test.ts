import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PsiPool } from '../../../crypto/psi/index.js';
import { codedAsync } from '../../support/coded.js';
import { encodeLittleEndian, fieldPrime, smallOrderValues, x25519 } from './montgomery.js';
import { Side, scratchFolder } from './sides.js';

const folder = scratchFolder();
const pool = PsiPool.open({ threads: 1 });
afterAll(() => pool.close());

const WIDTH = 6;

async function sides() {
  const bank = new Side(pool, folder, ['a', 'b', 'c']);
  const peer = new Side(pool, folder, ['b', 'c', 'd', 'e']);
  await Promise.all([bank.blind(), peer.blind()]);
  return { bank, peer, blinded: readFileSync(peer.blinded) };
}

function file(bytes: Uint8Array): string {
  const path = join(folder, randomBytes(8).toString('hex'));
  writeFileSync(path, bytes);
  return path;
}

describe('a peer’s first message is refused', () => {
  test.each([
    ...smallOrderValues.map((value) => [`small order ${value}`, value] as const),
    ['p + 2', fieldPrime + 2n] as const,
    ['bit 255 set', 2n ** 255n + 9n] as const,
  ])('with a point of %s, and nothing is left to send', async (_, value) => {
    const { bank, peer, blinded } = await sides();
    blinded.set(encodeLittleEndian(value), 64);
    expect(await codedAsync(bank.raise(peer, file(blinded)))).toBe('PSI_POINT_INVALID');
    expect(existsSync(bank.raised)).toBe(false);
  });

  test('with the same point twice', async () => {
    const { bank, peer, blinded } = await sides();
    blinded.copyWithin(96, 0, 32);
    expect(await codedAsync(bank.raise(peer, file(blinded)))).toBe('PSI_POINT_INVALID');
    expect(existsSync(bank.raised)).toBe(false);
  });

  test.each([
    ['a byte short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['a record short', (bytes: Buffer) => bytes.subarray(0, -32)],
    ['a record long', (bytes: Buffer) => Buffer.concat([bytes, randomBytes(32)])],
    ['empty', () => Buffer.alloc(0)],
  ])('when it is %s', async (_, change) => {
    const { bank, peer, blinded } = await sides();
    expect(await codedAsync(bank.raise(peer, file(change(blinded))))).toBe('PARCEL_MALFORMED');
  });

  test('when it announces no ids, or too many', async () => {
    const { bank, peer } = await sides();
    expect(await codedAsync(bank.raise(peer, peer.blinded, 0))).toBe('PSI_SIZE_LIMIT');
    expect(await codedAsync(bank.raise(peer, peer.blinded, 2 ** 26))).toBe('PSI_SIZE_LIMIT');
  });
});

describe('a peer’s second message is refused', () => {
  async function answered() {
    const { bank, peer } = await sides();
    await Promise.all([bank.raise(peer), peer.raise(bank)]);
    return { bank, peer, answer: readFileSync(peer.raised) };
  }

  test.each([
    ['short', (bytes: Buffer) => bytes.subarray(0, -WIDTH)],
    ['long', (bytes: Buffer) => Buffer.concat([bytes, randomBytes(WIDTH)])],
    ['untruncated', () => randomBytes(3 * 32)],
  ])('when it is %s', async (_, change) => {
    const { bank, peer, answer } = await answered();
    expect(await codedAsync(bank.intersect(peer, file(change(answer))))).toBe('PARCEL_MALFORMED');
  });

  test('when it claims two own rows for one of its ids', async () => {
    const { bank, peer, answer } = await answered();
    const match = readFileSync(bank.raised).subarray(0, WIDTH);
    answer.set(match, 0);
    answer.set(match, WIDTH);
    expect(await codedAsync(bank.intersect(peer, file(answer)))).toBe('PARCEL_MALFORMED');
  });
});

test('a changed set is refused before anything is written', async () => {
  const { bank } = await sides();
  const later = new Side(pool, folder, ['a', 'b', 'x']);
  const changed = Object.assign(Object.create(later) as Side, { secrets: bank.secrets });
  expect(await codedAsync(changed.blind())).toBe('PSI_SET_CHANGED');
  expect(existsSync(later.blinded) || existsSync(`${later.blinded}.part`)).toBe(false);
});

describe('attack: a peer without a single id claims rows of the other side as common', () => {
  // It sends a point of small order and answers one own blinded id with zero, before it has seen anything that depends on the scalar.
  test('it works against a side that raises without checks', () => {
    const scalar = randomBytes(32);
    const forged = encodeLittleEndian(1n);
    const raisedByVictim = x25519(scalar, forged);
    const forgedAnswer = new Uint8Array(32);
    expect(raisedByVictim).toEqual(forgedAnswer);
  });

  test('here the alignment ends with PSI_POINT_INVALID', async () => {
    const { bank, peer } = await sides();
    expect(await codedAsync(bank.raise(peer, file(encodeLittleEndian(1n)), 1))).toBe('PSI_POINT_INVALID');
    expect(existsSync(bank.raised)).toBe(false);
  });
});
