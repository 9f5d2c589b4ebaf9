import { adjustedRates } from './weight-of-evidence.js';

/** Value bins in the order in which neighbours may join, with the totals of the feature (all its bins). */
export interface BinLine {
  readonly rows: readonly number[];
  readonly bad: readonly number[];
  readonly totalBad: number;
  readonly totalGood: number;
}

/** Smallest counts of a merged bin. */
export interface LineFloors {
  readonly rows: number;
  /** Bad rows, and good rows. */
  readonly perClass: number;
}

export function meets(rows: number, bad: number, floors: LineFloors): boolean {
  return rows >= floors.rows && bad >= floors.perClass && rows - bad >= floors.perClass;
}

/** Information value of one bin, with 0.5 in place of a zero count. */
export function binValue(rows: number, bad: number, { totalBad, totalGood }: BinLine): number {
  const { badRate, goodRate } = adjustedRates(bad, rows - bad, totalBad, totalGood);
  return (badRate - goodRate) * Math.log(badRate / goodRate);
}
