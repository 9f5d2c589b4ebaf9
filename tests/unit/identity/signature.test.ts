import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf, type HexDigest, Secret } from '../../../contract/index.js';
import {
  generateIdentity,
  signCard,
  signerOf,
  spokenFingerprint,
  typedFingerprint,
  verifyCard,
  verifySignature,
} from '../../../crypto/identity/index.js';
import { coded } from '../../support/coded.js';

const signer = signerOf(generateIdentity().privateKey);
const digest = digestOf('fedrisk/v1/test', { a: 1 });

describe('RFC 8032 §7.1', () => {
  // The vectors sign messages that are not 32 bytes long, so their key derivation is what can be held against ours.
  const keys = [
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    ],
  ] as const;
  test.each(keys)('seed %s', (seed, publicKey) => {
    expect(signerOf(new Secret(new Uint8Array(Buffer.from(seed, 'hex')))).publicKey).toBe(publicKey);
  });
});

test('signatures verify under their key and digest only', () => {
  const other = signerOf(generateIdentity().privateKey);
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), (text) => {
      const signature = signer.sign(text as HexDigest);
      expect(verifySignature(signer.publicKey, text, signature)).toBe(true);
      expect(verifySignature(other.publicKey, text, signature)).toBe(false);
      expect(verifySignature(signer.publicKey, digest, signature)).toBe(text === digest);
    }),
  );
});

test('a flipped bit anywhere in key, digest or signature does not verify', () => {
  const parts = [signer.publicKey, digest, signer.sign(digest)];
  fc.assert(
    fc.property(fc.nat({ max: 2 }), fc.nat(), (part, at) => {
      const bytes = Buffer.from(parts[part]!, 'hex');
      bytes[(at >> 3) % bytes.length]! ^= 1 << (at & 7);
      const changed = parts.with(part, bytes.toString('hex'));
      expect(verifySignature(changed[0]!, changed[1]!, changed[2]!)).toBe(false);
    }),
  );
});

test('foreign strings of any shape are refused without throwing', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (key, text, signature) => {
      expect(verifySignature(key, text, signature)).toBe(false);
    }),
  );
});

describe('cards', () => {
  const card = signCard(signer, {
    name: 'bank-a' as never,
    organisation: 'Bank A',
    kind: 'bank',
    certificateFingerprint: digest,
  });

  test('a card verifies as signed', () => {
    expect(verifyCard({ ...card })).toEqual(card);
  });

  test.each([
    ['name', 'bank-b'],
    ['organisation', 'Bank B'],
    ['kind', 'platform'],
    ['certificateFingerprint', '00'.repeat(32)],
    ['identityKey', signerOf(generateIdentity().privateKey).publicKey],
  ])('forgery: another %s under the old signature is refused', (field, value) => {
    expect(coded(() => verifyCard({ ...card, [field]: value }))).toBe('SIGNATURE_INVALID');
  });

  test('an attacker who signs with its own key gets a card of its own key only', () => {
    const attacker = signerOf(generateIdentity().privateKey);
    const forged = signCard(attacker, card);
    expect(verifyCard(forged).identityKey).toBe(attacker.publicKey);
    expect(coded(() => verifyCard({ ...forged, identityKey: card.identityKey }))).toBe('SIGNATURE_INVALID');
  });

  test('a malformed card of any shape is refused with a code', () => {
    fc.assert(
      fc.property(fc.object(), (foreign) => {
        expect(coded(() => verifyCard(foreign))).toBe('MESSAGE_MALFORMED');
      }),
    );
  });
});

test('a spoken fingerprint typed back in any style is a prefix of the key', () => {
  const spoken = spokenFingerprint(signer.publicKey);
  expect(spoken).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  for (const typed of [spoken, spoken.toUpperCase(), spoken.replaceAll(' ', ':'), ` ${spoken}\n`]) {
    expect(signer.publicKey.startsWith(typedFingerprint(typed))).toBe(true);
  }
});
