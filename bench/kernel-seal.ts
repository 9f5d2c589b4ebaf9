import sealModule from 'node-seal';
import type { CipherWords, RingShape } from '../crypto/matvec/engine/index.js';

const loadLibrary = sealModule as unknown as typeof sealModule.default;
type Library = Awaited<ReturnType<typeof loadLibrary>>;
type Cipher = ReturnType<Library['CipherText']>;
type Plain = ReturnType<Library['PlainText']>;

/** node-seal's own operations in one ring, for timing and as the oracle of ours. */
export interface SealOperations {
  readonly shape: RingShape;
  cipher(words: CipherWords): Cipher;
  words(cipher: Cipher): CipherWords;
  plain(coefficients: ArrayLike<number>): Plain;
  transformPlain(plain: Plain): Plain;
  transformCipher(cipher: Cipher): Cipher;
  transformCipherBack(cipher: Cipher): Cipher;
  /** sum += cipher · plain, all transformed; `product` is scratch. */
  multiplyAdd(cipher: Cipher, plain: Plain, product: Cipher, sum: Cipher): void;
  multiply(cipher: Cipher, plain: Plain): Cipher;
  /** Symmetric, with a seed for c1, to bytes. */
  encryptSeeded(): Uint8Array;
  /** A ciphertext of whole polynomials from such bytes, to bytes. */
  expandSeeded(bytes: Uint8Array): Uint8Array;
  /** A public-key encryption of zero, to bytes. */
  freshZero(): Uint8Array;
  /** A ciphertext from bytes, opened, to bytes. */
  open(bytes: Uint8Array): Uint8Array;
}

/** @param bits of SEAL's primes, the last one its special prime */
export async function sealOperations(degree: 4096 | 8192, bits: readonly number[]): Promise<SealOperations> {
  const seal = await loadLibrary();
  const parameters = seal.EncryptionParameters(seal.SchemeType.bfv);
  parameters.setPolyModulusDegree(degree);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(degree, Int32Array.from(bits)));
  const modulus = seal.PlainModulus.Batching(degree, 40);
  parameters.setPlainModulus(modulus);
  const context = seal.Context(parameters, true, seal.SecurityLevel.tc128);
  const primes = [...(parameters.coeffModulus as Iterable<bigint>)].slice(0, -1).map(Number);
  const t = modulus.value;
  const evaluator = seal.Evaluator(context);
  const keys = seal.KeyGenerator(context);
  const secret = keys.secretKey();
  const encryptor = seal.Encryptor(context, keys.createPublicKey(), secret);
  const decryptor = seal.Decryptor(context, secret);
  const [target, zero, opened] = [
    seal.CipherText(),
    seal.PlainText({ coeffCount: 1, capacity: 1 }),
    seal.PlainText(),
  ];
  const parmsId = context.firstParmsId;
  const none = seal.ComprModeType.none;
  const count = 2 * primes.length * degree;
  const cipherBytes = (encryptor.encryptZero() as Cipher).saveArray(none);
  const plainBytes = seal.PlainText({ capacity: degree, coeffCount: degree }).saveArray(none);
  const tail = (bytes: Uint8Array, words: number) =>
    new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8 * words);
  const into = (run: (result: Cipher) => unknown) => {
    const result = seal.CipherText();
    run(result);
    return result;
  };
  return {
    shape: { degree, primes },
    cipher: (words) => {
      const bytes = cipherBytes.slice();
      const view = tail(bytes, count);
      for (const [k, word] of words.entries()) view.setUint32(8 * k, word, true);
      return into((result) => result.loadArray(context, bytes));
    },
    words: (cipher) => {
      const view = tail(cipher.saveArray(none), count);
      return Uint32Array.from({ length: count }, (_, k) => view.getUint32(8 * k, true));
    },
    plain: (coefficients) => {
      const bytes = plainBytes.slice();
      const view = tail(bytes, degree);
      for (let k = 0; k < degree; k++) {
        const value = BigInt(coefficients[k]!);
        view.setBigUint64(8 * k, value < 0n ? value + t : value, true);
      }
      const plain = seal.PlainText();
      plain.loadArray(context, bytes);
      return plain;
    },
    transformPlain: (plain) => {
      const result = seal.PlainText();
      evaluator.plainTransformToNtt(plain, parmsId, result);
      return result;
    },
    transformCipher: (cipher) => into((result) => evaluator.cipherTransformToNtt(cipher, result)),
    transformCipherBack: (cipher) => into((result) => evaluator.cipherTransformFromNtt(cipher, result)),
    multiplyAdd: (cipher, plain, product, sum) => {
      evaluator.multiplyPlain(cipher, plain, product);
      evaluator.add(sum, product, sum);
    },
    multiply: (cipher, plain) => into((result) => evaluator.multiplyPlain(cipher, plain, result)),
    encryptSeeded: () => {
      const fresh = encryptor.encryptSymmetricSerializable(zero);
      const bytes = fresh.saveArray(none);
      fresh.delete();
      return bytes;
    },
    expandSeeded: (bytes) => {
      target.loadArray(context, bytes);
      return target.saveArray(none);
    },
    freshZero: () => {
      encryptor.encryptZero(target);
      return target.saveArray(none);
    },
    open: (bytes) => {
      target.loadArray(context, bytes);
      decryptor.decrypt(target, opened);
      return opened.saveArray(none);
    },
  };
}
