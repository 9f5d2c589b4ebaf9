import { expect, test } from 'vitest';
import { Secret } from '../../../contract/index.js';
import { openBase, suite } from '../../../crypto/sealing/hpke.js';

/**
 * The base-mode vector of the RFC 9180 test-vector file for kem 0x0020, kdf 0x0001, aead 0x0002
 * (the appendix of the RFC prints the same file's AES-128 entry).
 */
const vector = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  skRm: '497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d',
  skEm: '179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11',
  pkRm: '430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c',
  pkEm: '6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256',
  pt: '4265617574792069732074727574682c20747275746820626561757479',
  encryptions: [
    [
      '436f756e742d30',
      'e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a',
    ],
    [
      '436f756e742d31',
      '2c43aff25343fdbff864506f0818b9d87df84ea01b1a2144d23b4d40c26bf655fdf197fe40297a8aebeed5cc2d',
    ],
    [
      '436f756e742d32',
      'e0a8f2cf92ff61215edbb8c55dc31fe9e2eb42a5685867bb6854211542099f9e940c4b41c192bc390835b1a5f7',
    ],
  ],
} as const;

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const hexOf = (value: ArrayBuffer | Uint8Array) => Buffer.from(new Uint8Array(value)).toString('hex');

test('RFC 9180 base mode: OpenBase opens the published ciphertext', async () => {
  const [aad, ciphertext] = vector.encryptions[0];
  const opened = await openBase(new Secret(bytes(vector.skRm)), bytes(vector.info), bytes(aad), {
    enc: bytes(vector.pkEm),
    ciphertext: bytes(ciphertext),
  });
  expect(hexOf(opened)).toBe(vector.pt);
});

test('RFC 9180 base mode: the suite seals to the published ciphertexts under the published ephemeral key', async () => {
  const ekm = {
    privateKey: await suite.kem.deserializePrivateKey(bytes(vector.skEm)),
    publicKey: await suite.kem.deserializePublicKey(bytes(vector.pkEm)),
  };
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(bytes(vector.pkRm)),
    info: bytes(vector.info),
    ekm,
  });
  expect(hexOf(sender.enc)).toBe(vector.pkEm);
  for (const [aad, ciphertext] of vector.encryptions) {
    expect(hexOf(await sender.seal(bytes(vector.pt), bytes(aad)))).toBe(ciphertext);
  }
});
