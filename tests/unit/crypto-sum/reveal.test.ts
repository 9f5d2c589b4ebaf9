import { createDecipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodedError, digestOf, type HexDigest, Secret } from '../../../contract/index.js';
import {
  openReveal,
  type RevealPlace,
  type SumShare,
  type Survivors,
  sealReveal,
} from '../../../crypto/secure-sum/index.js';
import { coded } from '../../support/coded.js';
import { rosterDigest, sumId } from './parties.js';

const owners = ['bank-a', 'bank-b', 'market-x', 'zoo-w'];
const key = new Secret(new Uint8Array(32).fill(9));
const place: RevealPlace = { key, rosterDigest, sumId, sender: 'bank-a' };
const digest = (name: string) => digestOf('fedrisk/v1/survivors', name) as HexDigest;
const survivors: Survivors = { owners, members: ['bank-a', 'market-x', 'zoo-w'], digest: digest('one') };
const held = new Map<string, SumShare>(
  owners.map((name, k) => [
    name,
    { mask: new Uint8Array(33).fill(10 + k), self: new Uint8Array(49).fill(20 + k) },
  ]),
);

test('holds one share per participant: of b_i for survivors, of the mask secret for the others', () => {
  const opened = openReveal(place, survivors, sealReveal(place, survivors, held));
  expect([...opened.keys()]).toEqual(owners);
  for (const name of owners) {
    const { mask, self } = held.get(name)!;
    expect(opened.get(name)).toEqual(survivors.members.includes(name) ? self : mask);
  }
});

test('never both: whatever S is, the plaintext holds exactly one share of each', () => {
  fc.assert(
    fc.property(fc.subarray(owners), (members) => {
      const bytes = sealReveal(place, { ...survivors, members }, held);
      expect(bytes.length).toBe(49 * members.length + 33 * (owners.length - members.length) + 16);
    }),
  );
});

test('the same place and S give the same bytes, so a retry is the same message', () => {
  expect(sealReveal(place, survivors, held)).toEqual(sealReveal(place, survivors, held));
});

test('NIST SP 800-38D with the key of RFC 5869 over the place, and S as what is authenticated beside it', () => {
  const sealed = sealReveal(place, survivors, held);
  const { jobId, round, purpose, sum } = sumId;
  const binding = digestOf('fedrisk/v1/reveal', {
    rosterDigest,
    sumId: { jobId, round, purpose, sum },
    members: ['bank-a'],
  });
  const derived = hkdfSync('sha256', key.reveal(), new Uint8Array(0), Buffer.from(binding, 'hex'), 32);
  const cipher = createDecipheriv('aes-256-gcm', new Uint8Array(derived), new Uint8Array(12));
  cipher.setAAD(Buffer.from(survivors.digest, 'hex'));
  cipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  expect(plain.subarray(0, 49)).toEqual(Buffer.from(held.get('bank-a')!.self));
});

test.each<[string, Partial<RevealPlace>, Partial<Survivors>]>([
  ['copied from another sum', { sumId: { ...sumId, sum: sumId.sum + 1 } }, {}],
  ['copied from another round', { sumId: { ...sumId, round: sumId.round + 1 } }, {}],
  ['copied from another sender', { sender: 'bank-b' }, {}],
  ['of another roster', { rosterDigest: digest('roster') }, {}],
  ['of another job', { key: new Secret(new Uint8Array(32).fill(8)) }, {}],
  ['for another S of the same size', {}, { digest: digest('two') }],
])('a reveal %s does not open, and its sender is named', (_, elsewhere, other) => {
  const sealed = sealReveal(place, survivors, held);
  const at = { ...place, ...elsewhere };
  expect(() => openReveal(at, { ...survivors, ...other }, sealed)).toThrow(
    expect.objectContaining({ code: 'SEALED_INVALID', parties: [at.sender] }),
  );
});

test('another length is refused before anything is decrypted', () => {
  const sealed = sealReveal(place, survivors, held);
  for (const bad of [sealed.subarray(1), new Uint8Array([...sealed, 0]), new Uint8Array(0)]) {
    expect(coded(() => openReveal(place, survivors, bad))).toBe('MESSAGE_MALFORMED');
  }
  const fewer = { ...survivors, members: owners.slice(0, 2) };
  expect(coded(() => openReveal(place, fewer, sealed))).toBe('MESSAGE_MALFORMED');
});

test('any changed bit, and any foreign bytes, end in a coded error', () => {
  const sealed = sealReveal(place, survivors, held);
  fc.assert(
    fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
      const changed = sealed.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(coded(() => openReveal(place, survivors, changed))).toBe('SEALED_INVALID');
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: sealed.length - 1, maxLength: sealed.length + 1 }), (bytes) => {
      expect(() => openReveal(place, survivors, bytes)).toThrow(CodedError);
    }),
  );
});
