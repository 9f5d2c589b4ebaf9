import { randomInt } from 'node:crypto';
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
  if (spec.type === 'boosting') return spec.trees.validationRows;
  return spec.type === 'training' && spec.scores.release !== 'none' ? spec.scores.calibrationRows : 0;
}

/** What the label holder knows of its own rows. */
export interface OwnRows {
  /** 1 where a row is held out; absent in a scoring job. */
  readonly test?: Uint8Array | undefined;
  /** 1 where it is bad. */
  readonly label?: Uint8Array | undefined;
}

/**
 * The label holder's choice. Its own split of train and test decides; in a training job that releases scores up to
 * `calibrationRows` training rows, and no more than a quarter of them, are released too, drawn at random with the bad rate
 * of the training rows: the intercept of a calibration would wander with the number of bads that happened to be drawn. Of each
 * label the same share is drawn, anywhere in the order, so that being drawn says nothing about a row.
 */
export function holdOut(spec: VerticalSpec, rows: Uint32Array, { test, label }: OwnRows): Uint8Array {
  if (spec.type === 'scoring' || test === undefined) return new Uint8Array(rows.length).fill(rowUse.heldOut);
  const use = Uint8Array.from(rows, (row) => (test[row] === 1 ? rowUse.heldOut : rowUse.train));
  const places = (bad: boolean) =>
    Uint32Array.from(rows.keys()).filter(
      (place) => use[place] === rowUse.train && (label?.[rows[place] as number] === 1) === bad,
    );
  const [bads, goods] = [places(true), places(false)];
  const training = bads.length + goods.length;
  const drawn = Math.min(mostCalibrating(spec), Math.floor(training / 4));
  const drawnBads = training === 0 ? 0 : Math.round((drawn * bads.length) / training);
  for (const place of [...draw(bads, drawnBads), ...draw(goods, drawn - drawnBads)]) {
    use[place] = rowUse.calibrate;
  }
  return use;
}

/** So many of these, each as likely as any other; their order changes. */
function draw(places: Uint32Array, count: number): Uint32Array {
  for (let at = 0; at < count; at++) {
    const other = randomInt(at, places.length);
    [places[at], places[other]] = [places[other] as number, places[at] as number];
  }
  return places.subarray(0, count);
}
