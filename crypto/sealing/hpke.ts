import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { Secret } from '../../contract/index.js';

/** RFC 9180 §7: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; ids 0x0020, 0x0001, 0x0002. */
export const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** A receiver's X25519 key pair; both halves raw (RFC 7748), so the private half can be journaled. */
export interface SealKeys {
  /** 32 bytes, hex. */
  readonly publicKey: string;
  /** 32 bytes. */
  readonly privateKey: Secret;
}

export async function generateSealKeys(): Promise<SealKeys> {
  const pair = await suite.kem.generateKeyPair();
  return {
    publicKey: Buffer.from(await suite.kem.serializePublicKey(pair.publicKey)).toString('hex'),
    privateKey: new Secret(new Uint8Array(await suite.kem.serializePrivateKey(pair.privateKey))),
  };
}

export interface Encrypted {
  /** Encapsulated key, 32 bytes. */
  readonly enc: Uint8Array;
  /** Plaintext length + 16. */
  readonly ciphertext: Uint8Array;
}

/** RFC 9180 §6.1 single-shot SealBase. Fresh ephemeral key per call, so one key and nonce seal one message. */
export async function sealBase(
  receiverKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<Encrypted> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(receiverKey);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: buffer(info) }, plaintext, aad);
  return { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
}

/** RFC 9180 §6.1 single-shot OpenBase. Throws whatever the library throws when the message does not open. */
export async function openBase(
  privateKey: Secret,
  info: Uint8Array,
  aad: Uint8Array,
  { enc, ciphertext }: Encrypted,
): Promise<Uint8Array> {
  const recipientKey = await suite.kem.deserializePrivateKey(privateKey.reveal());
  return new Uint8Array(await suite.open({ recipientKey, enc, info: buffer(info) }, ciphertext, aad));
}

/** Seals messages in sequence: every call takes the next nonce. */
export interface SealingContext {
  /** 32 bytes, for the receiver. */
  readonly enc: Uint8Array;
  seal(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
}

/** RFC 9180 §5.1.1 SetupBaseS. Throws whatever the library throws for a key it refuses. */
export async function sealingContext(receiverKey: Uint8Array, info: Uint8Array): Promise<SealingContext> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(receiverKey);
  const context = await suite.createSenderContext({ recipientPublicKey, info: buffer(info) });
  return {
    enc: new Uint8Array(context.enc),
    seal: async (plaintext, aad) => new Uint8Array(await context.seal(plaintext, aad)),
  };
}

/** Opens messages in the sequence in which they were sealed. */
export interface OpeningContext {
  open(ciphertext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
}

/** RFC 9180 §5.1.1 SetupBaseR. Throws whatever the library throws for an `enc` it refuses. */
export async function openingContext(
  privateKey: Secret,
  enc: Uint8Array,
  info: Uint8Array,
): Promise<OpeningContext> {
  const recipientKey = await suite.kem.deserializePrivateKey(privateKey.reveal());
  const context = await suite.createRecipientContext({ recipientKey, enc, info: buffer(info) });
  return { open: async (ciphertext, aad) => new Uint8Array(await context.open(ciphertext, aad)) };
}

function buffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
