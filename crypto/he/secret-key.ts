import { CodedError, Secret } from '../../contract/core.js';
import type { ParameterSet } from './parameter-set.js';
import type { SetName } from './parameters.js';
import { openSeal, type Seal } from './seal.js';
import { ciphertextLayout, plaintextLayout, plaintextWordsAt, readWords } from './seal-layout.js';

/**
 * A BFV secret key is a polynomial with coefficients −1, 0, 1; ours are stored as two bits each
 * (0, 1, 3 = −1; coefficient j in bits 2(j mod 4) of byte j div 4): N/4 bytes against SEAL's 8·N per prime.
 * SEAL keeps keys in NTT form. Both directions use SEAL's own arithmetic, so no transform is written twice:
 * decrypting the ciphertext (c0, c1) = (0, ⌊q/t⌋) gives s mod t, and transforming the plaintext s gives its NTT form.
 */
export function secretKeyBytes(set: ParameterSet): number {
  return set.degree / 4;
}

/** A fresh secret key from the operating system's randomness. */
export async function makeSecretKey(name: SetName): Promise<Secret> {
  const seal = await openSeal(name);
  const { library, context, set, guard } = seal;
  return guard('INTERNAL', 'SEAL makes no key', () => {
    const generator = library.KeyGenerator(context);
    const secret = generator.secretKey();
    const decryptor = library.Decryptor(context, secret);
    const ciphertext = library.CipherText();
    const plaintext = library.PlainText();
    try {
      const layout = ciphertextLayout(set, seal.dataParmsId);
      const delta = set.modulus / BigInt(set.plainModulus);
      set.dataPrimes.forEach((prime, p) => {
        const at = 2 * set.degree * (set.dataPrimes.length + p);
        layout.words[at] = Number((delta % prime) & 0xffffffffn);
        layout.words[at + 1] = Number((delta % prime) >> 32n);
      });
      ciphertext.loadArray(context, layout.bytes);
      decryptor.decrypt(ciphertext, plaintext);
      const words = new Uint32Array(2 * plaintext.coeffCount);
      const saved = plaintext.saveArray(library.ComprModeType.none);
      readWords(saved, plaintextWordsAt, words);
      const key = compact(words, set);
      saved.fill(0);
      words.fill(0);
      return new Secret(key);
    } finally {
      for (const object of [generator, secret, decryptor, ciphertext, plaintext]) object.delete();
    }
  });
}

function compact(words: Uint32Array, set: ParameterSet): Uint8Array {
  const key = new Uint8Array(secretKeyBytes(set));
  for (let j = 0; 2 * j < words.length; j++) {
    const value = (words[2 * j] as number) + (words[2 * j + 1] as number) * 2 ** 32;
    if (value > 1 && value !== set.plainModulus - 1)
      throw new CodedError('INTERNAL', 'the key is not ternary');
    key[j >> 2] = (key[j >> 2] as number) | ((value > 1 ? 3 : value) << (2 * (j & 3)));
  }
  return key;
}

/** Coefficients −1, 0, 1 of a stored key. @throws {CodedError} COMMITMENT_MISMATCH on a malformed key. */
export function secretCoefficients(set: ParameterSet, key: Uint8Array): Int32Array {
  if (key.length !== secretKeyBytes(set)) {
    throw new CodedError('COMMITMENT_MISMATCH', `a ${set.name} HE key has ${key.length} bytes`);
  }
  // What is left of a wiped secret: in form a key, under which a ciphertext would be its message.
  if (key.every((byte) => byte === 0)) {
    throw new CodedError('COMMITMENT_MISMATCH', `a ${set.name} HE key is all zeros`);
  }
  return Int32Array.from({ length: set.degree }, (_, j) => {
    const code = ((key[j >> 2] as number) >> (2 * (j & 3))) & 3;
    if (code === 2) throw new CodedError('COMMITMENT_MISMATCH', `a ${set.name} HE key is not ternary`);
    return code === 3 ? -1 : code;
  });
}

/** The same as residues mod t, (low, high) halves. */
function expand(key: Uint8Array, set: ParameterSet, words: Uint32Array): void {
  const minusOne = set.plainModulus - 1;
  const coefficients = secretCoefficients(set, key);
  coefficients.forEach((value, j) => {
    words[2 * j] = value < 0 ? minusOne : value;
    words[2 * j + 1] = value < 0 ? Math.floor(minusOne / 2 ** 32) : 0;
  });
  coefficients.fill(0);
}

/** SEAL's form of a stored key; the caller deletes it. @throws {CodedError} COMMITMENT_MISMATCH on a malformed key. */
export function loadSecretKey(seal: Seal, key: Uint8Array): ReturnType<Seal['library']['SecretKey']> {
  const { library, context, set, guard } = seal;
  const layout = plaintextLayout(set.degree, new Uint8Array(32));
  expand(key, set, layout.words);
  return guard('INTERNAL', 'SEAL refuses a key', () => {
    const plaintext = library.PlainText();
    const evaluator = library.Evaluator(context);
    const parmsId = context.keyParmsId;
    const secret = library.SecretKey();
    try {
      plaintext.loadArray(context, layout.bytes);
      evaluator.plainTransformToNtt(plaintext, parmsId, plaintext);
      const saved = plaintext.saveArray(library.ComprModeType.none);
      secret.loadArray(context, saved);
      saved.fill(0);
      return secret;
    } catch (thrown) {
      secret.delete();
      throw thrown;
    } finally {
      layout.bytes.fill(0);
      for (const object of [plaintext, evaluator, parmsId]) object.delete();
    }
  });
}
