import { boxOf, type Place } from './symbols.js';

export * from '../../../crypto/sealing/sealed.js';

interface Received {
  readonly privateKey: { reveal(): Uint8Array };
  readonly ciphertext: Uint8Array;
}

interface Sent {
  readonly receiverKey: string;
  readonly plaintext: Uint8Array;
}

/** The name of who may open it and where it stands, then the plaintext. */
export async function seal({ receiverKey, aad, plaintext }: Sent & { readonly aad: Place }) {
  const ciphertext = new Uint8Array(32 + plaintext.length);
  ciphertext.set(boxOf(receiverKey, aad));
  ciphertext.set(plaintext, 32);
  return { enc: new Uint8Array(32), ciphertext, signature: '0'.repeat(128) };
}

export async function openSealed({ privateKey, aad, ciphertext }: Received & { readonly aad: Place }) {
  const box = boxOf(Buffer.from(privateKey.reveal()).toString('hex'), aad);
  if (box.compare(ciphertext, 0, 32) !== 0) throw new Error('a sealed message stands in another place');
  return ciphertext.slice(32);
}
