import { seededRandom } from '../random.js';
import { scoresOnGrid } from './score-grid.js';

/** 256 bytes; a distance of two sketches is off by 9% (one standard deviation). A multiple of 32. */
const projections = 64;
/** The finest a job can ask for: a job with other bins does not look like one with another model. */
const finestBins = 16_384;

/**
 * What a model says of rows, short enough to be kept: sums of their scores with random signs, divided by the root of
 * their number (Johnson, Lindenstrauss 1984; signs as in Achlioptas 2003), so that the distance of two sketches over
 * the same rows in the same order is that of the scores. A digest would not do: a feature that says nothing or the last
 * bit of a float would each make another model. Empty where the model says the same of every row.
 */
export function scoreSketch(logOdds: Float32Array): Float32Array {
  const scores = scoresOnGrid(logOdds, finestBins);
  if (scores.every((score) => score === scores[0])) return new Float32Array(0);
  const signs = seededRandom('score-sketch');
  const sums = new Float64Array(projections);
  for (const score of scores) {
    for (let at = 0; at < projections; at += 32) {
      const word = signs.word();
      for (let bit = 0; bit < 32; bit++) sums[at + bit]! += (word >>> bit) & 1 ? score : -score;
    }
  }
  return Float32Array.from(sums, (sum) => sum / Math.sqrt(scores.length));
}

/** Root mean square difference of the scores behind two sketches, in log-odds. Not of empty ones. */
export function sketchDistance(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return Math.sqrt(one.reduce((sum, value, at) => sum + (value - other[at]!) ** 2, 0) / one.length);
}
