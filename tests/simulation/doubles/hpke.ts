import { randomBytes } from 'node:crypto';
import { Secret } from '../../../contract/index.js';

export * from '../../../crypto/sealing/hpke.js';

/** A key pair whose halves are the same. */
export async function generateSealKeys() {
  const bytes = new Uint8Array(randomBytes(32));
  return { publicKey: Buffer.from(bytes).toString('hex'), privateKey: new Secret(bytes) };
}
