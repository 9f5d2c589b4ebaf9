import type { Secret } from '../../contract/core.js';
import type { AnswerTerms } from './engine/index.js';
import { masksAsWords } from './residues.js';
import { answerBytes, type ProductShape, parametersOf, shapeBytes } from './shape.js';

/** An answer in the making: what threads need for some outputs, and where their parts go. */
export class AnswerParts {
  readonly message: Uint8Array;
  readonly #shape: ProductShape;
  readonly #publicKey: Uint8Array;
  readonly #masks: Uint32Array;
  /** Coefficients of the outputs before each, and bytes of their answers. */
  readonly #coefficientsBefore: number[] = [0];
  readonly #bytesBefore: number[] = [0];

  constructor(shape: ProductShape, publicKey: Uint8Array, masks: Secret) {
    this.#shape = shape;
    this.#publicKey = publicKey;
    this.#masks = masksAsWords(shape, masks);
    this.message = new Uint8Array(shapeBytes(shape).answer);
    shape.wanted.forEach((count, output) => {
      this.#coefficientsBefore.push(this.#coefficientsBefore[output]! + count);
      this.#bytesBefore.push(this.#bytesBefore[output]! + answerBytes(parametersOf(shape), count));
    });
  }

  /** For the outputs `from` to `to` - 1. */
  terms(from: number, to: number): AnswerTerms {
    const { set, wanted } = this.#shape;
    const primes = parametersOf(this.#shape).dataPrimes.length;
    const masks = this.#masks.slice(
      primes * this.#coefficientsBefore[from]!,
      primes * this.#coefficientsBefore[to]!,
    );
    return { set, publicKey: this.#publicKey, wanted: wanted.slice(from, to), masks };
  }

  put(from: number, part: Uint8Array): void {
    this.message.set(part, this.#bytesBefore[from]!);
  }

  /** Forgets the masks. */
  wipe(): void {
    this.#masks.fill(0);
  }
}
