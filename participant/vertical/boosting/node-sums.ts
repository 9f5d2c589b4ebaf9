import { CodedError, type ParticipantName } from '../../../contract/index.js';
import {
  type GradientPlan,
  gradientMatrix,
  gradientPlan,
  gradientSums,
  gradientVector,
  maskOffsets,
  type RowGradients,
  shapeBytes,
  unmaskWith,
} from '../../../crypto/matvec/index.js';
import { gradientLimit, type Histogram } from '../../../learning/index.js';
import { heldSecretKey, publicKeyOf } from '../keys.js';
import type { Body } from '../parcel.js';
import { productRoom } from '../rooms.js';
import type { StepWork } from '../step-work.js';
import { PlainSums } from './plain-sums.js';
import { boostingSpec, mostCounted } from './settings.js';

/** The sums of one counted node over a feature holder's bins, as both sides have a part in them. */
export interface NodeSums {
  /** Bytes of the gradients of its rows. */
  readonly gradientBytes: number;
  /** Bytes of the sums on their way back. */
  readonly sumBytes: number;
  /** Label holder: the gradients of the node's rows as they leave. */
  gradients(of: RowGradients): Body;
  /** Feature holder: sums of what came over its bins; `cells` has the bin of every row, feature after feature. */
  sums(gradients: AsyncIterable<Uint8Array>, cells: Uint8Array): Promise<readonly Uint8Array[]>;
  /**
   * Label holder: sums of g and h of every bin.
   * @throws {CodedError} CIPHERTEXT_MALFORMED, PARCEL_MALFORMED naming the feature holder.
   */
  opened(sums: Uint8Array, of: RowGradients): Promise<Pick<Histogram, 'g' | 'h'>>;
}

/**
 * Of a node of the step's level with so many rows that count; both sides come to the same.
 * @throws {CodedError} PLAINTEXT_REFUSED for a job in the clear at a node that was not started for it.
 */
export function nodeSums(
  work: StepWork,
  holder: ParticipantName,
  values: readonly number[],
  rows: number,
): NodeSums {
  if (boostingSpec(work).plaintext !== true) return new EncryptedSums(work, holder, values, rows);
  if (work.grant.plaintext !== true) {
    throw new CodedError('PLAINTEXT_REFUSED', `${work.me} was not started for jobs without encryption`);
  }
  return new PlainSums(holder, values, rows);
}

class EncryptedSums implements NodeSums {
  readonly #work: StepWork;
  readonly #holder: ParticipantName;
  readonly #plan: GradientPlan;
  readonly #offsetBytes: number;
  readonly gradientBytes: number;
  readonly sumBytes: number;

  constructor(work: StepWork, holder: ParticipantName, values: readonly number[], rows: number) {
    this.#work = work;
    this.#holder = holder;
    this.#plan = planOf(work, values, rows);
    const { vector, opened, answer } = shapeBytes(this.#plan.shape);
    this.gradientBytes = vector;
    this.#offsetBytes = opened;
    this.sumBytes = opened + answer;
  }

  gradients(of: RowGradients): Body {
    const { shape } = this.#plan;
    const secretKey = heldSecretKey(this.#work, 'trees', shape.set);
    return productRoom().encryptVector(shape, secretKey, gradientVector(this.#plan, of));
  }

  async sums(gradients: AsyncIterable<Uint8Array>, cells: Uint8Array): Promise<readonly Uint8Array[]> {
    const { shape } = this.#plan;
    const { labelHolder } = this.#work.spec;
    const vector = await productRoom().readToMultiply(shape, labelHolder, gradients, this.#work.signal);
    const publicKey = await publicKeyOf(this.#work, labelHolder, 'trees', shape.set);
    const matrix = gradientMatrix(this.#plan, cells);
    const { message, masks } = await productRoom().multiply(vector, matrix, publicKey, this.#work.signal);
    return [maskOffsets(shape, masks), message];
  }

  async opened(sums: Uint8Array, of: RowGradients): Promise<Pick<Histogram, 'g' | 'h'>> {
    const { shape } = this.#plan;
    const secretKey = heldSecretKey(this.#work, 'trees', shape.set);
    const offsets = sums.subarray(0, this.#offsetBytes);
    const answer = sums.subarray(this.#offsetBytes);
    const opened = await productRoom().open(shape, secretKey, this.#holder, answer);
    return gradientSums(this.#plan, of, this.#holder, unmaskWith(shape, opened, this.#holder, offsets));
  }
}

/** What all openings of a job may say of features is shared evenly by trees, levels and the most counted nodes of a level. */
function planOf(work: StepWork, values: readonly number[], rows: number): GradientPlan {
  const { count, depth } = boostingSpec(work).trees;
  const bins = values.map((of) => of + 1);
  const histogramsInJob = count * depth * mostCounted(work.step.level);
  return gradientPlan({ rows, bins, maxAbs: gradientLimit, histogramsInJob });
}
