import { CodedError, type ParticipantName } from '../../../contract/index.js';
import type { RowGradients } from '../../../crypto/matvec/index.js';
import { type Histogram, type Slots, slotsOf } from '../../../learning/index.js';
import { bytesOf } from '../parcel.js';
import type { NodeSums } from './node-sums.js';

/** Bytes of a sum: a double. */
const wordBytes = 8;

/**
 * The same without encryption, for tests: the feature holder sees g and h of every row, a byte each, and answers with the
 * sums of all slots. Parcels are sealed as ever.
 */
export class PlainSums implements NodeSums {
  readonly #holder: ParticipantName;
  readonly #slots: Slots;
  readonly #rows: number;
  readonly gradientBytes: number;
  readonly sumBytes: number;

  constructor(holder: ParticipantName, values: readonly number[], rows: number) {
    this.#holder = holder;
    this.#slots = slotsOf(values);
    this.#rows = rows;
    this.gradientBytes = 2 * rows;
    this.sumBytes = 2 * wordBytes * this.#slots.length;
  }

  gradients({ g, h }: RowGradients): Uint8Array[] {
    return [bytesIn(g), bytesIn(h)];
  }

  async sums(gradients: AsyncIterable<Uint8Array>, cells: Uint8Array): Promise<readonly Uint8Array[]> {
    const of = new Int8Array((await bytesOf(gradients)).buffer);
    const { starts, length } = this.#slots;
    const sums = new Float64Array(2 * length);
    starts.forEach((start, feature) => {
      for (let row = 0, at = feature * this.#rows; row < this.#rows; row++, at++) {
        sums[start + cells[at]!]! += of[row]!;
        sums[length + start + cells[at]!]! += of[this.#rows + row]!;
      }
    });
    return [bytesIn(sums)];
  }

  async opened(sums: Uint8Array): Promise<Pick<Histogram, 'g' | 'h'>> {
    const words = new Float64Array(sums.slice().buffer);
    if (!words.every(Number.isSafeInteger)) {
      throw new CodedError('PARCEL_MALFORMED', `sums of ${this.#holder} are no whole numbers`, {
        parties: [this.#holder],
      });
    }
    const { length } = this.#slots;
    return { g: words.slice(0, length), h: words.slice(length) };
  }
}

function bytesIn({ buffer, byteOffset, byteLength }: Int8Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
