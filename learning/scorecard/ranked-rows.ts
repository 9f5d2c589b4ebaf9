import { CodedError } from '../../contract/core.js';

/** Smallest bucket of customers that a report shows. */
export const reportedRows = 5;

/** Released scores with their outcome; only the label holder has both. */
export interface ScoredRows {
  /** Points, or anything where higher is better. No NaN. */
  readonly points: ArrayLike<number>;
  /** 1 bad, 0 good. */
  readonly label: ArrayLike<number>;
}

/** Customers with the same points. */
export interface Tie {
  readonly points: number;
  readonly rows: number;
  readonly bads: number;
}

/** Groups of equal points, best first. Throws UPDATE_NOT_FINITE for a score that is NaN. */
export function bestFirst({ points, label }: ScoredRows): Tie[] {
  const ties = new Map<number, { rows: number; bads: number }>();
  for (let row = 0; row < points.length; row++) {
    const value = points[row]!;
    if (Number.isNaN(value)) throw new CodedError('UPDATE_NOT_FINITE', 'a released score is NaN');
    const tie = ties.get(value) ?? { rows: 0, bads: 0 };
    ties.set(value, tie);
    tie.rows++;
    tie.bads += label[row]!;
  }
  return [...ties]
    .map(([value, counts]) => ({ points: value, ...counts }))
    .sort((a, b) => b.points - a.points);
}
