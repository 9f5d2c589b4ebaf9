import { lossLimbs } from '../../contract/core.js';
import type { SumPart } from '../sum-part.js';

/** The summed loss in units of 2^-16, in limbs of 16 bits: fine enough, and no limb needs a wider set. */
const fractionBits = 16;
const limbBits = 16;
const largest = 2 ** (limbBits * lossLimbs) - 1;

/** One participant's share of the joint training loss: rows * mean loss, at most 2^32. */
export function trainingLossPart(meanLoss: number, rows: number): SumPart {
  let rest = Math.min(largest, Math.max(0, Math.round(meanLoss * rows * 2 ** fractionBits)));
  const values = new Float64Array(lossLimbs);
  for (let limb = 0; limb < lossLimbs; limb++) {
    values[limb] = rest % 2 ** limbBits;
    rest = Math.floor(rest / 2 ** limbBits);
  }
  return { values, maxAbs: 2 ** limbBits - 1 };
}

/** Mean training loss over all rows, from the opened sum of the shares and of the row counts. */
export function readTrainingLoss(sums: Float64Array, rows: number): number {
  const units = sums.reduceRight((high, limb) => high * 2 ** limbBits + limb, 0);
  return units / 2 ** fractionBits / rows;
}
