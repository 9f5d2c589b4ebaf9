import { CodedError, limits, type ParameterSetName } from '../../contract/index.js';
import { parameterSet, sumBlockBytes, uploadBlockBytes } from '../he/public.js';
import { MAC_SLOTS } from './slots.js';

/** What decides the size of every message of one sum. */
export interface SumShape {
  readonly parameterSet: ParameterSetName;
  /** Values of each participant, before check slots. */
  readonly valueCount: number;
  /** n: participants in the roster, whether or not they are in the sum. */
  readonly contributors: number;
}

/** Slots of the whole vector: values, n one-hot slots, MAC slots. */
export function slotCount({ valueCount, contributors }: SumShape): number {
  return valueCount + contributors + MAC_SLOTS;
}

/** Slots in each block: N, the last one fewer. */
export function blockCounts(shape: SumShape): number[] {
  const { degree } = parameterSet(shape.parameterSet);
  const slots = slotCount(shape);
  return Array.from({ length: Math.ceil(slots / degree) }, (_, block) =>
    Math.min(degree, slots - block * degree),
  );
}

/** Bytes of one participant's upload, known before anything is encrypted. */
export function uploadBytes(shape: SumShape): number {
  return total(shape, uploadBlockBytes);
}

/** Bytes of the added ciphertexts as every participant downloads them. */
export function sumBytes(shape: SumShape): number {
  return total(shape, sumBlockBytes);
}

function total(shape: SumShape, blockBytes: typeof uploadBlockBytes): number {
  assertShape(shape);
  const set = parameterSet(shape.parameterSet);
  const slots = slotCount(shape);
  const rest = slots % set.degree;
  const whole = Math.floor(slots / set.degree) * blockBytes(set, set.degree);
  return whole + (rest > 0 ? blockBytes(set, rest) : 0);
}

/** @throws {CodedError} SUM_SHAPE when a shape lies outside contract/limits. */
export function assertShape({ valueCount, contributors }: SumShape): void {
  const fits =
    Number.isInteger(valueCount) &&
    valueCount >= 1 &&
    valueCount <= limits.valuesPerSum &&
    Number.isInteger(contributors) &&
    contributors >= 2 &&
    contributors <= limits.participants;
  if (!fits)
    throw new CodedError('SUM_SHAPE', `no sum of ${valueCount} values by ${contributors} participants`);
}
