import { describe, expect, test } from 'vitest';
import { type HexDigest, limits, quorumOf, Secret } from '../../../contract/index.js';
import {
  decodeJobKeys,
  decodeShares,
  encodeJobKeys,
  encodeShares,
  heKeyOf,
  jobKeyCommitments,
  keyedFingerprint,
  reconstructMaskSecret,
  reconstructSelfSeed,
  SumSecrets,
  type SumShare,
  survivorDigest,
} from '../../../crypto/secure-sum/index.js';
import { x25519Public, x25519Shared } from '../../../crypto/secure-sum/x25519.js';
import { coded, codedAsync } from '../../support/coded.js';
import { jobKeys, rosterDigest, sumId } from './parties.js';

const ALICE = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
const ALICE_PUBLIC = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a';
const BOB = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb';
const BOB_PUBLIC = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
const SHARED = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

test('RFC 7748 §6.1 Diffie-Hellman vector', () => {
  const alice = hex(ALICE);
  const bob = hex(BOB);
  expect(x25519Public(alice)).toEqual(hex(ALICE_PUBLIC));
  expect(x25519Public(bob)).toEqual(hex(BOB_PUBLIC));
  expect(new Uint8Array(x25519Shared(alice, x25519Public(bob)))).toEqual(hex(SHARED));
  expect(new Uint8Array(x25519Shared(bob, x25519Public(alice)))).toEqual(hex(SHARED));
});

describe('shares of one sum', () => {
  const contributors = 7;
  const threshold = quorumOf(contributors, 1);

  async function shared() {
    const secrets = SumSecrets.draw();
    const shares = await secrets.share({ holders: contributors, threshold });
    return { secrets, shares, owner: { name: 'bank-a', ...secrets.publicKey() } };
  }

  test('any Q of them reconstruct both secrets, fewer do not', async () => {
    const { secrets, shares, owner } = await shared();
    for (const start of [0, 1, 2]) {
      const some = shares.slice(start, start + threshold);
      const seed = await reconstructSelfSeed(
        owner,
        some.map((share) => share.self),
        threshold,
      );
      const mask = await reconstructMaskSecret(
        owner,
        some.map((share) => share.mask),
        threshold,
      );
      expect(seed).toEqual(secrets.reveal().selfSeed);
      expect(mask).toEqual(secrets.reveal().maskSecret);
    }
    const few = shares.slice(0, threshold - 1).map((share) => share.self);
    expect(await codedAsync(reconstructSelfSeed(owner, few, threshold))).toBe('COMMITMENT_MISMATCH');
    // Claiming a lower threshold does not help: what Q − 1 shares combine to is not what was committed to.
    expect(await codedAsync(reconstructSelfSeed(owner, few, threshold - 1))).toBe('COMMITMENT_MISMATCH');
  });

  test('a changed, foreign, repeated or truncated share is caught, with the owner named', async () => {
    const { shares, owner } = await shared();
    const other = await shared();
    const self = shares.slice(0, threshold).map((share) => share.self);
    const changed = self.map((share) => share.slice());
    changed[1]![0]! ^= 1;
    const saltChanged = self.map((share) => share.slice());
    saltChanged[1]![40]! ^= 1;
    for (const bad of [
      changed,
      saltChanged,
      [...self.slice(1), other.shares[0]!.self],
      [self[0]!, self[0]!, ...self.slice(2)],
      [self[0]!.subarray(1), ...self.slice(1)],
    ]) {
      await expect(reconstructSelfSeed(owner, bad, threshold)).rejects.toMatchObject({
        code: 'COMMITMENT_MISMATCH',
        parties: ['bank-a'],
      });
    }
    const mask = shares.slice(0, threshold).map((share) => share.mask.slice());
    mask[0]![5]! ^= 16;
    expect(await codedAsync(reconstructMaskSecret(owner, mask, threshold))).toBe('COMMITMENT_MISMATCH');
  });

  test('a batch of 64 fits a sealed message and survives encoding', async () => {
    const { shares } = await shared();
    const batch = Array.from(
      { length: limits.sumKeysPerBatch },
      (_, k) => shares[k % contributors] as SumShare,
    );
    const bytes = encodeShares(batch);
    expect(bytes.length).toBeLessThan(10 * 1024);
    expect(decodeShares(bytes, batch.length)).toEqual(batch);
    for (const [message, count] of [
      [bytes, 63],
      [bytes.subarray(1), 64],
      [new Uint8Array(0), 0],
      [encodeShares([...batch, ...batch]), 128],
    ] as const) {
      expect(coded(() => decodeShares(message, count))).toBe('MESSAGE_MALFORMED');
    }
  });

  test('stored secrets come back; damaged ones are refused', () => {
    const secrets = SumSecrets.draw();
    const again = SumSecrets.of(new Secret(secrets.packed.reveal().slice()));
    expect(again.publicKey()).toEqual(secrets.publicKey());
    expect(coded(() => SumSecrets.of(new Secret(new Uint8Array(79))))).toBe('INTERNAL');
    expect(JSON.stringify({ secrets })).not.toContain(Buffer.from(secrets.reveal().selfSeed).toString('hex'));
  });
});

describe('job keys', () => {
  test('survive sealing and are checked against every commitment', async () => {
    const keys = await jobKeys();
    const bytes = encodeJobKeys(keys);
    expect(bytes.length).toBe(1632);
    const commitments = jobKeyCommitments(keys);
    const received = decodeJobKeys(bytes, commitments);
    for (const name of ['heNarrow', 'heWide', 'mac', 'fingerprint', 'reveal'] as const) {
      expect(received[name].reveal()).toEqual(keys[name].reveal());
      const lying = { ...commitments, [name]: 'ab'.repeat(32) as HexDigest };
      expect(coded(() => decodeJobKeys(bytes, lying))).toBe('COMMITMENT_MISMATCH');
    }
    expect(heKeyOf(received, 'wide').reveal()).toEqual(keys.heWide.reveal());
    for (let at = 0; at < bytes.length; at += 97) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1;
      expect(coded(() => decodeJobKeys(flipped, commitments))).toBe('COMMITMENT_MISMATCH');
    }
    expect(coded(() => decodeJobKeys(bytes.subarray(1), commitments))).toBe('COMMITMENT_MISMATCH');
  });

  test('RFC 4231 test case 2: the model fingerprint is HMAC-SHA256', () => {
    const key = new Secret(Uint8Array.from(Buffer.from('Jefe')));
    expect(keyedFingerprint(key, Buffer.from('what do ya want for nothing?'))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});

test('the survivor digest binds roster, sum, members and their bytes, in any order', () => {
  const a = { name: 'bank-a', digest: 'aa'.repeat(32) as HexDigest };
  const b = { name: 'bank-b', digest: 'bb'.repeat(32) as HexDigest };
  const claim = { rosterDigest, sumId, members: [a, b] };
  const digest = survivorDigest(claim);
  expect(survivorDigest({ ...claim, members: [b, a] })).toBe(digest);
  for (const other of [
    { ...claim, members: [a] },
    { ...claim, members: [a, { ...b, digest: a.digest }] },
    { ...claim, members: [a, { ...b, name: 'bank-c' }] },
    { ...claim, rosterDigest: a.digest },
    { ...claim, sumId: { ...sumId, sum: 4 } },
    { ...claim, sumId: { ...sumId, round: 2 } },
    { ...claim, sumId: { ...sumId, purpose: 'moments' as const } },
  ]) {
    expect(survivorDigest(other)).not.toBe(digest);
  }
});
