import type { Secret } from '../../contract/core.js';
import type { CipherWords } from './engine/index.js';
import type { CipherPool } from './pool.js';
import { masksAsWords } from './residues.js';
import { answerBytes, type ProductShape, parametersOf, polynomialWords, shapeBytes } from './shape.js';

/** Turns outputs of the engine, as they come, into the answer: pool threads re-randomise, mask and pack them. */
export class AnswerWriter {
  readonly #pool: CipherPool;
  readonly #shape: ProductShape;
  readonly #publicKey: Uint8Array;
  readonly #masks: Uint32Array;
  readonly #message: Uint8Array;
  readonly #batch: number;
  readonly #underWay: Promise<void>[] = [];
  #outputs: CipherWords[] = [];
  #done = 0;
  #bytesAt = 0;
  #masksAt = 0;

  constructor(pool: CipherPool, shape: ProductShape, publicKey: Uint8Array, masks: Secret) {
    this.#pool = pool;
    this.#shape = shape;
    this.#publicKey = publicKey;
    this.#masks = masksAsWords(shape, masks);
    this.#message = new Uint8Array(shapeBytes(shape).answer);
    this.#batch = pool.batchOf(shape.wanted.length);
  }

  /** Takes the next output and settles when there is room for another. */
  async add(words: CipherWords): Promise<void> {
    this.#outputs.push(words);
    if (this.#done + this.#outputs.length < this.#shape.wanted.length && this.#outputs.length < this.#batch)
      return;
    this.#send();
    if (this.#underWay.length > 2 * this.#pool.threads) await this.#underWay.shift();
  }

  /** The answer, once every output was added. */
  async finish(): Promise<Uint8Array> {
    await Promise.all(this.#underWay);
    return this.#message;
  }

  /** Ends in any case: waits for what is under way and forgets the masks. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    this.#masks.fill(0);
  }

  #send(): void {
    const set = parametersOf(this.#shape);
    const length = 2 * polynomialWords(set);
    const words = new Uint32Array(length * this.#outputs.length);
    this.#outputs.forEach((output, k) => {
      words.set(output, length * k);
    });
    const wanted = this.#shape.wanted.slice(this.#done, this.#done + this.#outputs.length);
    const coefficients = wanted.reduce((sum, count) => sum + count, 0);
    const masksEnd = this.#masksAt + coefficients * set.dataPrimes.length;
    const masks = this.#masks.slice(this.#masksAt, masksEnd);
    const at = this.#bytesAt;
    const written = this.#pool
      .run<Uint8Array>({
        kind: 'answer',
        set: this.#shape.set,
        publicKey: this.#publicKey,
        words,
        wanted,
        masks,
      })
      .then((bytes) => this.#message.set(bytes, at));
    written.catch(() => {});
    this.#underWay.push(written);
    this.#bytesAt += wanted.reduce((sum, count) => sum + answerBytes(set, count), 0);
    this.#masksAt = masksEnd;
    this.#done += wanted.length;
    this.#outputs = [];
  }
}
