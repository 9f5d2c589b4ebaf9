import sealModule from 'node-seal';
import type { CipherWords, RingShape } from '../../../crypto/matvec/engine/index.js';

const loadLibrary = sealModule as unknown as typeof sealModule.default;
type Library = Awaited<ReturnType<typeof loadLibrary>>;
type Cipher = ReturnType<Library['CipherText']>;

export const literals = {
  small: { degree: 4096, bits: [30, 30, 30, 19] },
  large: { degree: 8192, bits: [30, 30, 30, 30, 30] },
} as const;

/** SEAL as an oracle: its own keys, encryption, transform and product, with ciphertexts going in and out as words. */
export interface SealOracle {
  readonly shape: RingShape;
  readonly plainModulus: number;
  /** Coefficients in any range; taken mod t. */
  encrypt(coefficients: readonly number[]): CipherWords;
  /** Coefficients in [-t/2, t/2). */
  decrypt(words: CipherWords): number[];
  /** Both polynomials in SEAL's transformed order. */
  transformed(words: CipherWords): CipherWords;
  /** SEAL refuses to multiply by zero. */
  product(words: CipherWords, coefficients: readonly number[]): CipherWords;
}

export async function sealOracle({
  degree,
  bits,
}: (typeof literals)[keyof typeof literals]): Promise<SealOracle> {
  const seal = await loadLibrary();
  const parameters = seal.EncryptionParameters(seal.SchemeType.bfv);
  parameters.setPolyModulusDegree(degree);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(degree, Int32Array.from(bits)));
  parameters.setPlainModulus(seal.PlainModulus.Batching(degree, 40));
  const context = seal.Context(parameters, true, seal.SecurityLevel.tc128);
  const primes = [...(parameters.coeffModulus as Iterable<bigint>)].slice(0, -1).map(Number);
  const t = Number(parameters.plainModulus.value);
  const keys = seal.KeyGenerator(context);
  const secret = keys.secretKey();
  const encryptor = seal.Encryptor(context, keys.createPublicKey(), secret);
  const decryptor = seal.Decryptor(context, secret);
  const evaluator = seal.Evaluator(context);
  const none = seal.ComprModeType.none;
  const count = 2 * primes.length * degree;
  const template = encryptor.encryptZero() as Cipher;
  const cipherBytes = template.saveArray(none);
  const plainBytes = seal.PlainText({ capacity: degree, coeffCount: degree }).saveArray(none);

  const wordsOf = (cipher: Cipher) => {
    const bytes = cipher.saveArray(none);
    const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8 * count);
    return Uint32Array.from({ length: count }, (_, k) => view.getUint32(8 * k, true));
  };
  const cipherOf = (words: CipherWords) => {
    const bytes = cipherBytes.slice();
    const view = new DataView(bytes.buffer, bytes.length - 8 * count);
    for (const [k, word] of words.entries()) view.setUint32(8 * k, word, true);
    const cipher = seal.CipherText();
    cipher.loadArray(context, bytes);
    return cipher;
  };
  const plainOf = (coefficients: readonly number[]) => {
    const bytes = plainBytes.slice();
    const view = new DataView(bytes.buffer, bytes.length - 8 * degree);
    for (const [k, value] of coefficients.entries())
      view.setBigUint64(8 * k, BigInt(((value % t) + t) % t), true);
    const plain = seal.PlainText();
    plain.loadArray(context, bytes);
    return plain;
  };
  return {
    shape: { degree, primes },
    plainModulus: t,
    encrypt: (coefficients) => wordsOf(encryptor.encrypt(plainOf(coefficients)) as Cipher),
    decrypt: (words) => {
      const plain = decryptor.decrypt(cipherOf(words)) as ReturnType<Library['PlainText']>;
      const bytes = plain.saveArray(none);
      const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8 * plain.coeffCount);
      return Array.from({ length: degree }, (_, k) => {
        const value = k < plain.coeffCount ? Number(view.getBigUint64(8 * k, true)) : 0;
        return value >= t / 2 ? value - t : value;
      });
    },
    transformed: (words) => wordsOf(evaluator.cipherTransformToNtt(cipherOf(words)) as Cipher),
    product: (words, coefficients) =>
      wordsOf(evaluator.multiplyPlain(cipherOf(words), plainOf(coefficients)) as Cipher),
  };
}
