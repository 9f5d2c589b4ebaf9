import { CodedError } from '../../contract/core.js';
import { pack30, packed30Bytes, residuesBelow, unpack30 } from './packing-30.js';
import type { ParameterSet } from './parameter-set.js';
import { type ProductSetName, productSet } from './product-sets.js';
import { openSeal, type Seal } from './seal.js';
import {
  ciphertextWordsAt,
  publicKeyLayout,
  readLowWords,
  SEED_BYTES,
  writeLowWords,
} from './seal-layout.js';
import { loadSecretKey } from './secret-key.js';

/**
 * A public key on the wire: 64-byte seed ‖ b packed, where b = −(a·s + e) in NTT form over all primes, the special one
 * included, and a is expanded from the seed. The seeded form is more than half the bytes: whoever made the key cannot
 * have chosen a, so that u·a + e_2, the part of a fresh zero that hides the function holder's matrix, is a sample of RLWE
 * whatever b is.
 */
export function publicKeyBytes(name: ProductSetName): number {
  return bytesOf(productSet(name));
}

function bytesOf(set: ParameterSet): number {
  return SEED_BYTES + packed30Bytes(set.degree * set.primes.length);
}

/** The public key that belongs to a stored secret key; a fresh one at every call. */
export async function makePublicKey(name: ProductSetName, secretKey: Uint8Array): Promise<Uint8Array> {
  const seal = await openSeal(name);
  const { library, context, set, guard } = seal;
  const secret = loadSecretKey(seal, secretKey);
  const saved = guard('INTERNAL', 'SEAL makes no public key', () => {
    const generator = library.KeyGenerator(context, secret);
    const key = generator.createPublicKeySerializable();
    try {
      return key.saveArray(library.ComprModeType.none);
    } finally {
      for (const object of [key, generator, secret]) object.delete();
    }
  });
  const layout = publicKeyLayout(set, seal.keyParmsId);
  if (saved.length !== layout.bytes.length) {
    throw new CodedError('INTERNAL', 'SEAL saved a public key of another form');
  }
  const words = new Uint32Array(set.degree * set.primes.length);
  readLowWords(saved, ciphertextWordsAt, words, 0, words.length);
  const bytes = new Uint8Array(bytesOf(set));
  bytes.set(saved.subarray(saved.length - SEED_BYTES));
  pack30(words, 0, words.length, bytes, SEED_BYTES);
  return bytes;
}

/**
 * The residues of b in NTT form, N for each prime, the special one last.
 * @throws {CodedError} CIPHERTEXT_MALFORMED when the bytes (attacker-controlled) have no such form.
 */
export function publicKeyWords(set: ParameterSet, bytes: Uint8Array): Uint32Array {
  if (bytes.length !== bytesOf(set)) {
    throw new CodedError('CIPHERTEXT_MALFORMED', `a public key has ${bytes.length} bytes`);
  }
  const words = new Uint32Array(set.degree * set.primes.length);
  const canonical =
    unpack30(bytes, SEED_BYTES, words.length, words, 0) &&
    set.primes.every((prime, p) => residuesBelow(words, p * set.degree, set.degree, Number(prime)));
  if (!canonical) {
    throw new CodedError('CIPHERTEXT_MALFORMED', 'a coefficient of a public key is not below its modulus');
  }
  return words;
}

/** @throws {CodedError} CIPHERTEXT_MALFORMED when the bytes (attacker-controlled) are no public key of the set. */
export function checkPublicKey(name: ProductSetName, bytes: Uint8Array): void {
  publicKeyWords(productSet(name), bytes);
}

/** SEAL's form of a public key; the caller deletes it. @throws {CodedError} CIPHERTEXT_MALFORMED. */
export function loadPublicKey(seal: Seal, bytes: Uint8Array): ReturnType<Seal['library']['PublicKey']> {
  const { library, context, set, guard } = seal;
  const words = publicKeyWords(set, bytes);
  const layout = publicKeyLayout(set, seal.keyParmsId);
  writeLowWords(words, 0, words.length, layout.words);
  layout.seed.set(bytes.subarray(0, SEED_BYTES));
  return guard('CIPHERTEXT_MALFORMED', 'SEAL refuses a public key', () => {
    const key = library.PublicKey();
    try {
      key.loadArray(context, layout.bytes);
      return key;
    } catch (thrown) {
      key.delete();
      throw thrown;
    }
  });
}
