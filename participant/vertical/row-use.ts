import type { VerticalSpec } from '../../contract/index.js';

/** What a common row is used for; one byte a row, known to all parties of the job. */
export const rowUse = {
  /** Trains. */
  train: 0,
  /** Held out: measures the model, or in a scoring job is scored. */
  heldOut: 1,
  /** Trains, and its score part is released to calibrate on. */
  calibrate: 2,
} as const;
export type RowUse = (typeof rowUse)[keyof typeof rowUse];

/** Whether received uses are ones that the job has, with no more rows released to calibrate on than it says. */
export function isUseWithin(spec: VerticalSpec, use: Uint8Array): boolean {
  const count = (of: RowUse) => use.reduce((sum, code) => sum + Number(code === of), 0);
  const held = count(rowUse.heldOut);
  if (spec.type === 'scoring') return held === use.length;
  const calibrate = count(rowUse.calibrate);
  return count(rowUse.train) + held + calibrate === use.length && calibrate <= mostCalibrating(spec);
}

/** Share of the common rows whose score parts a training job releases. */
export function releasedShare(use: Uint8Array): number {
  return use.reduce<number>((count, code) => count + Number(code !== rowUse.train), 0) / use.length;
}

function mostCalibrating(spec: VerticalSpec): number {
  return spec.type === 'training' && spec.scores.release !== 'none' ? spec.scores.calibrationRows : 0;
}

/**
 * The label holder's choice. Its own split of train and test decides; in a training job that releases scores the first
 * training rows, up to `calibrationRows` and a quarter of them, are released too: the joint order is pseudorandom, so
 * they are a sample.
 * @param test the label holder's split by own row; absent in a scoring job, where every row is scored.
 */
export function holdOut(spec: VerticalSpec, rows: Uint32Array, test: Uint8Array | undefined): Uint8Array {
  if (spec.type === 'scoring' || test === undefined) return new Uint8Array(rows.length).fill(rowUse.heldOut);
  const training = rows.reduce((count, row) => count + Number(test[row] !== 1), 0);
  let calibration = Math.min(mostCalibrating(spec), Math.floor(training / 4));
  return Uint8Array.from(rows, (row) => {
    if (test[row] === 1) return rowUse.heldOut;
    return calibration-- > 0 ? rowUse.calibrate : rowUse.train;
  });
}
