import { limits } from '../../contract/core.js';
import { probabilityOf } from '../metrics/elementary.js';
import { type DrawBits, draws, isDrawn, publicDraws } from './draws.js';
import type { TreeSettings } from './settings.js';

/** Largest |g| and h of a row. */
export const gradientLimit = limits.rowGradient;

/** First and second derivatives of the log-loss of every row, in whole units. */
export interface Gradients {
  readonly g: Int8Array;
  readonly h: Int8Array;
  readonly units: GradientUnits;
}

/** What one unit of g and of h stands for. */
export interface GradientUnits {
  readonly g: number;
  readonly h: number;
}

/** Units that hold the gradients of every row, whatever its score: public, since settings are. */
export function gradientUnits({ badWeight, oneSide }: TreeSettings): GradientUnits {
  const heaviest = Math.max(1, badWeight) * (oneSide ? (1 - oneSide.top) / oneSide.other : 1);
  return { g: heaviest / gradientLimit, h: heaviest / 4 / gradientLimit };
}

/**
 * Gradients of a tree, rounded to a neighbouring unit with chances that keep their means. Rows outside `rows` have none.
 * @param labels 1 bad, 0 good, by row.
 * @param logOdds scores so far, by row.
 * @param rows the rows that the tree is grown on.
 * @param draw for rounding and one-side sampling.
 */
export function gradientsOf(
  labels: Uint8Array,
  logOdds: Float64Array,
  rows: Uint32Array,
  tree: number,
  settings: TreeSettings,
  draw: DrawBits = publicDraws(settings.seed),
): Gradients {
  const { badWeight, oneSide } = settings;
  const units = gradientUnits(settings);
  const g = new Int8Array(labels.length);
  const h = new Int8Array(labels.length);
  const exact = new Float64Array(rows.length);
  const spread = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const p = probabilityOf(logOdds[row]!);
    const bad = labels[row]!;
    const weight = bad === 1 ? badWeight : 1;
    exact[at] = weight * (p - bad);
    spread[at] = weight * p * (1 - p);
  }
  const factors = oneSide && oneSideFactors(exact, rows, tree, oneSide, draw);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const factor = factors ? factors[at]! : 1;
    g[row] = rounded((factor * exact[at]!) / units.g, draw(draws.roundG, tree, row));
    h[row] = rounded((factor * spread[at]!) / units.h, draw(draws.roundH, tree, row));
  }
  return { g, h, units };
}

/** The whole number below or above, above with the chance of the fraction. */
function rounded(value: number, bits: number): number {
  const floor = Math.floor(value);
  return floor + Number(bits < (value - floor) * 2 ** 32);
}

/**
 * Factors of rows in one-side sampling (Ke et al. 2017, GOSS): 1 for those with the largest |g|, 0 for those left out, and for those
 * drawn from the rest what makes them stand for all of it.
 */
function oneSideFactors(
  exact: Float64Array,
  rows: Uint32Array,
  tree: number,
  { top, other }: NonNullable<TreeSettings['oneSide']>,
  draw: DrawBits,
): Float64Array {
  const sizes = Float64Array.from(exact, Math.abs).sort();
  const threshold = sizes[Math.max(0, Math.ceil((1 - top) * sizes.length) - 1)] ?? 0;
  const share = other / (1 - top);
  return Float64Array.from(exact, (value, at) => {
    if (Math.abs(value) > threshold) return 1;
    return isDrawn(share, draw, draws.others, tree, rows[at]!) ? 1 / share : 0;
  });
}
