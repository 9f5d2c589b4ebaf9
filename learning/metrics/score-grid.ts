import { CodedError } from '../../contract/core.js';

/**
 * Scores are log-odds of "bad" on a grid of evaluation.bins steps over [-16, 16], one step per histogram bin. What a
 * model predicts is the centre of a bin, so a metric from summed histograms equals the metric of the pooled
 * predictions: no score is between two bins.
 *
 * Steps are even in v = z (knee + reach) / (reach (knee + |z|)): 1/1280 log-odds around 0 with 8,192 bins, where scores
 * crowd, and 25 times wider at the ends. On 6,000 simulated rows KS stayed within 1e-3 of ungridded scores in 200 of 200
 * draws (a test repeats some); with as many even steps in 193. Only products and quotients, so that every
 * engine puts a score into the same bin.
 */
const reach = 16;
const knee = 4;
const end = reach / (knee + reach);

/** Bin 0 .. bins - 1 of log-odds; everything beyond ±16 (p = 1.1e-7) falls into the outermost bins. */
export function binOf(logOdds: number, bins: number): number {
  if (Number.isNaN(logOdds)) throw new CodedError('UPDATE_NOT_FINITE', 'the model gives a score that is NaN');
  const z = Math.min(reach, Math.max(-reach, logOdds));
  const place = z / (knee + Math.abs(z)) / end;
  return Math.min(bins - 1, Math.floor((place + 1) * (bins / 2)));
}

/** Log-odds in the middle of a bin, as the grid spaces them. */
export function binCentre(bin: number, bins: number): number {
  const place = ((2 * bin + 1) / bins - 1) * end;
  return (knee * place) / (1 - Math.abs(place));
}

/** Log-odds moved to the centre of their bins. */
export function scoresOnGrid(logOdds: Float32Array, bins: number): Float32Array {
  return logOdds.map((value) => binCentre(binOf(value, bins), bins));
}
