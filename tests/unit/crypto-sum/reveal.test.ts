import { createDecipheriv, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodedError, digestOf, type HexDigest, Secret } from '../../../contract/index.js';
import {
  openRecovery,
  openReveal,
  type RevealPlace,
  type SumShare,
  type Survivors,
  sealRecovery,
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

const own = new Uint8Array(48).fill(7);
const maskOf = (name: string) => held.get(name)?.mask;
const selfOf = (name: string) => held.get(name)?.self;
const seal = (at = place, about = survivors) => sealReveal(at, about, own, maskOf);

test('holds the own seed of a survivor, and of the others the mask secret in shares', () => {
  const opened = openReveal(place, survivors, seal());
  expect(opened.seed).toEqual(own);
  expect(opened.maskShares).toEqual(new Map([['bank-b', held.get('bank-b')!.mask]]));
});

test('whoever is outside S opens nothing of its own but a share of its mask secret', () => {
  const outside = { ...place, sender: 'bank-b' };
  const opened = openReveal(outside, survivors, seal(outside));
  expect(opened).toEqual({ seed: undefined, maskShares: new Map([['bank-b', held.get('bank-b')!.mask]]) });
});

test('never both: whatever S is, the plaintext holds the own seed in S, mask shares outside it, and nothing else', () => {
  fc.assert(
    fc.property(fc.subarray(owners), (members) => {
      const bytes = seal(place, { ...survivors, members });
      const opens = members.includes('bank-a') ? 48 : 0;
      expect(bytes.length).toBe(opens + 33 * (owners.length - members.length) + 16);
    }),
  );
});

test('a recovery holds a share of the seed of each member that it names, and none of anybody outside S', () => {
  for (const cause of ['missing', 'doubted'] as const) {
    fc.assert(
      fc.property(fc.subarray(survivors.members as string[], { minLength: 1 }), (of) => {
        const sealed = sealRecovery(place, cause, survivors, of, selfOf);
        expect(sealed.length).toBe(49 * of.length + 16);
        expect(openRecovery(place, cause, survivors, of, sealed)).toEqual(
          new Map(of.map((name) => [name, held.get(name)!.self])),
        );
      }),
    );
    expect(coded(() => sealRecovery(place, cause, survivors, ['bank-b'], selfOf))).toBe('INTERNAL');
  }
});

test('a recovery opens for its own cause, sender, sum and S only, and never as a reveal', () => {
  const of = ['market-x'];
  const sealed = sealRecovery(place, 'missing', survivors, of, selfOf);
  const elsewhere = { ...sumId, sum: sumId.sum + 1 };
  const attempts = [
    () => openRecovery(place, 'doubted', survivors, of, sealed),
    () => openRecovery({ ...place, sender: 'bank-b' }, 'missing', survivors, of, sealed),
    () => openRecovery({ ...place, sumId: elsewhere }, 'missing', survivors, of, sealed),
    () => openRecovery(place, 'missing', { ...survivors, digest: digest('two') }, of, sealed),
  ];
  for (const attempt of attempts) expect(coded(attempt)).toBe('SEALED_INVALID');
  expect(coded(() => openRecovery(place, 'missing', survivors, [], sealed))).toBe('MESSAGE_MALFORMED');
  // As long as a reveal of the same sender, whose key is another one.
  const three = { owners: ['bank-a', 'bank-b'], members: ['bank-b'], digest: survivors.digest };
  const share = sealRecovery(place, 'missing', { ...three, members: owners }, ['bank-b'], () =>
    maskOf('bank-b'),
  );
  expect(coded(() => openReveal(place, three, share))).toBe('SEALED_INVALID');
});

test('the same place and S give the same bytes, so a retry is the same message', () => {
  expect(seal()).toEqual(seal());
  const recovery = () => sealRecovery(place, 'missing', survivors, ['zoo-w'], selfOf);
  expect(recovery()).toEqual(recovery());
});

test('NIST SP 800-38D with the key of RFC 5869 over the place, and S as what is authenticated beside it', () => {
  const sealed = seal();
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
  expect(plain).toEqual(Buffer.concat([own, held.get('bank-b')!.mask]));
});

test.each<[string, Partial<RevealPlace>, Partial<Survivors>]>([
  ['copied from another sum', { sumId: { ...sumId, sum: sumId.sum + 1 } }, {}],
  ['copied from another round', { sumId: { ...sumId, round: sumId.round + 1 } }, {}],
  ['copied from another sender', { sender: 'zoo-w' }, {}],
  ['of another roster', { rosterDigest: digest('roster') }, {}],
  ['of another job', { key: new Secret(new Uint8Array(32).fill(8)) }, {}],
  ['for another S of the same size', {}, { digest: digest('two') }],
])('a reveal %s does not open, and its sender is named', (_, elsewhere, other) => {
  const sealed = seal();
  const at = { ...place, ...elsewhere };
  expect(() => openReveal(at, { ...survivors, ...other }, sealed)).toThrow(
    expect.objectContaining({ code: 'SEALED_INVALID', parties: [at.sender] }),
  );
});

test('another length is refused before anything is decrypted', () => {
  const sealed = seal();
  for (const bad of [sealed.subarray(1), new Uint8Array([...sealed, 0]), new Uint8Array(0)]) {
    expect(coded(() => openReveal(place, survivors, bad))).toBe('MESSAGE_MALFORMED');
  }
  const fewer = { ...survivors, members: owners.slice(0, 2) };
  expect(coded(() => openReveal(place, fewer, sealed))).toBe('MESSAGE_MALFORMED');
});

test('any changed bit, and any foreign bytes, end in a coded error', () => {
  const sealed = seal();
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
