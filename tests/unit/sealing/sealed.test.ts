import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, Secret } from '../../../contract/index.js';
import { generateIdentity, signerOf } from '../../../crypto/identity/index.js';
import {
  generateSealKeys,
  openSealed,
  type SealAad,
  type SealedMessage,
  seal,
} from '../../../crypto/sealing/index.js';
import { encodeAad, signedDigest } from '../../../crypto/sealing/sealed.js';

const signer = signerOf(generateIdentity().privateKey);
const stranger = signerOf(generateIdentity().privateKey);
const receiver = await generateSealKeys();
const other = await generateSealKeys();

const aad: SealAad = {
  rosterDigest: 'ab'.repeat(32),
  session: '7',
  sender: 'bank-a',
  receiver: 'bank-b',
  purpose: 'sum-shares',
  seq: 3,
  last: false,
};
const plaintext = new TextEncoder().encode('a share of a secret');
const message = await seal({ receiverKey: receiver.publicKey, signer, aad, plaintext });

const open = (change: Partial<Parameters<typeof openSealed>[0]> = {}) =>
  openSealed({
    privateKey: receiver.privateKey,
    senderKey: signer.publicKey,
    aad,
    ...message,
    ...change,
  });
const refused = { code: 'SEALED_INVALID', parties: ['bank-a'] };

const anyAad: fc.Arbitrary<SealAad> = fc.record({
  rosterDigest: fc.stringMatching(/^[0-9a-f]{64}$/),
  session: fc.string({ unit: 'grapheme', maxLength: 20 }),
  sender: fc.string({ unit: 'grapheme', maxLength: 20 }),
  receiver: fc.string({ unit: 'grapheme', maxLength: 20 }),
  purpose: fc.string({ unit: 'grapheme', maxLength: 20 }),
  seq: fc.nat(),
  last: fc.boolean(),
});

test('what is sealed opens to the same bytes, for any bytes in any place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), anyAad, async (bytes, place) => {
      const sealed = await seal({ receiverKey: receiver.publicKey, signer, aad: place, plaintext: bytes });
      const opened = await openSealed({
        privateKey: receiver.privateKey,
        senderKey: signer.publicKey,
        aad: place,
        ...sealed,
      });
      expect(opened).toEqual(bytes);
      expect(sealed.ciphertext.length).toBe(bytes.length + 16);
    }),
    { numRuns: 40 },
  );
});

test('a private key survives export and import as raw bytes', async () => {
  const copy = new Secret(new Uint8Array(receiver.privateKey.reveal()));
  expect(copy.reveal()).toHaveLength(32);
  expect(await open({ privateKey: copy })).toEqual(plaintext);
});

test('sealing twice gives unrelated bytes', async () => {
  const again = await seal({ receiverKey: receiver.publicKey, signer, aad, plaintext });
  expect(again.enc).not.toEqual(message.enc);
  expect(again.ciphertext).not.toEqual(message.ciphertext);
});

test('a message in any other place is refused: other job, sum, sender, receiver, purpose, seq, last', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyAad,
      fc.constantFrom(...(Object.keys(aad) as (keyof SealAad)[])),
      async (to, field) => {
        fc.pre(to[field] !== aad[field]);
        const moved = { ...aad, [field]: to[field] };
        await expect(open({ aad: moved })).rejects.toMatchObject({ code: 'SEALED_INVALID' });
      },
    ),
    { numRuns: 60 },
  );
});

test('a replay is refused where the next message of the sequence is expected', async () => {
  expect(await open()).toEqual(plaintext);
  await expect(open({ aad: { ...aad, seq: 4 } })).rejects.toMatchObject(refused);
});

test('a message for somebody else does not open, even when its place is right', async () => {
  await expect(open({ privateKey: other.privateKey })).rejects.toMatchObject(refused);
});

test('a message signed by anybody but the pinned key is refused', async () => {
  const forged = await seal({ receiverKey: receiver.publicKey, signer: stranger, aad, plaintext });
  await expect(open(forged)).rejects.toMatchObject(refused);
  expect(await open({ ...forged, senderKey: stranger.publicKey })).toEqual(plaintext);
});

test('an unsigned message is refused though HPKE base mode would open it', async () => {
  for (const signature of [
    '',
    '00'.repeat(64),
    message.signature.slice(2),
    message.signature.toUpperCase(),
  ]) {
    await expect(open({ signature })).rejects.toMatchObject(refused);
  }
});

test('any flipped bit of enc, ciphertext or signature is refused', async () => {
  const parts = {
    enc: message.enc,
    ciphertext: message.ciphertext,
    signature: Buffer.from(message.signature, 'hex'),
  };
  await fc.assert(
    fc.asyncProperty(
      fc
        .constantFrom('enc', 'ciphertext', 'signature')
        .chain((part) =>
          fc.tuple(
            fc.constant(part as keyof typeof parts),
            fc.nat({ max: parts[part as keyof typeof parts].length * 8 - 1 }),
          ),
        ),
      async ([part, bit]) => {
        const bytes = new Uint8Array(parts[part]);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const changed: Partial<SealedMessage> =
          part === 'signature' ? { signature: Buffer.from(bytes).toString('hex') } : { [part]: bytes };
        await expect(open(changed)).rejects.toMatchObject(refused);
      },
    ),
    { numRuns: 120 },
  );
});

test('framing: the same bytes cut elsewhere into aad, enc and ciphertext have another digest', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (all, ...cuts) => {
      const split = (first: number, second: number) => {
        const [from, to] = [first % (all.length + 1), second % (all.length + 1)].sort((x, y) => x - y);
        return { aad: all.slice(0, from), enc: all.slice(from, to), ciphertext: all.slice(to) };
      };
      const [one, two] = [split(cuts[0], cuts[1]), split(cuts[2], cuts[3])];
      const same = one.aad.length === two.aad.length && one.enc.length === two.enc.length;
      expect(signedDigest(one.aad, one) === signedDigest(two.aad, two)).toBe(same);
    }),
    { numRuns: 500 },
  );
});

test('RFC 7748 §6.1: a small-order receiver key is refused, since its shared secret would be public', async () => {
  const smallOrder = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  ];
  for (const receiverKey of [...smallOrder, 'ab', '']) {
    await expect(seal({ receiverKey, signer, aad, plaintext })).rejects.toMatchObject({
      code: 'MESSAGE_MALFORMED',
      parties: ['bank-b'],
    });
  }
});

test('a small-order enc is refused though it is signed', async () => {
  const forged = { enc: new Uint8Array(32), ciphertext: message.ciphertext };
  const signature = signer.sign(signedDigest(encodeAad(aad), forged));
  await expect(open({ ...forged, signature })).rejects.toMatchObject(refused);
});

test('a message beyond the limit is refused before it is sealed', async () => {
  const tooLong = new Uint8Array(limits.sealedBytes - 15);
  await expect(
    seal({ receiverKey: receiver.publicKey, signer, aad, plaintext: tooLong }),
  ).rejects.toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
  });
});
