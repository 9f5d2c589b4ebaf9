import type { Secret } from '../../contract/core.js';
import { makePublicKey, makeSecretKey, type ProductSetName } from '../he/index.js';

export interface ProductKeys {
  /** Ternary, two bits per coefficient: N/4 bytes. */
  readonly secretKey: Secret;
  /** Seed and packed residues; everybody may have it. */
  readonly publicKey: Uint8Array;
}

/** A fresh key pair from the operating system's randomness, which serves every set of the same ring (`product-…` or `counts-…`). */
export async function makeProductKeys(set: ProductSetName): Promise<ProductKeys> {
  const secretKey = await makeSecretKey(set);
  return { secretKey, publicKey: await makePublicKey(set, secretKey.reveal()) };
}
