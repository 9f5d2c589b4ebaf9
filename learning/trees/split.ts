import type { GradientUnits } from './gradients.js';
import type { Histogram, Slots } from './histogram.js';
import type { Monotone, TreeSettings } from './settings.js';

/** Sums over the rows of a node, in whole units. */
export interface Totals {
  readonly g: number;
  readonly h: number;
}

/** Between what the value of a node may lie: monotone constraints above it. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export const unbounded: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** A party's features in a node: what a split is chosen from. */
export interface Candidates {
  readonly slots: Slots;
  readonly histogram: Histogram;
  /** Features that this tree may split on. */
  readonly allowed: Uint8Array;
  readonly monotone: readonly Monotone[];
}

/** A way to part a node: values up to `bin` go left. */
export interface Split {
  /** Number of the party, and of the feature among its own. */
  readonly party: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly gain: number;
  readonly left: Totals;
  readonly right: Totals;
  readonly leftBounds: Bounds;
  readonly rightBounds: Bounds;
}

type Penalties = Pick<TreeSettings, 'l1' | 'l2' | 'minimumChildWeight' | 'gamma'>;

/** Gains up to this are rounding (XGBoost's kRtEps). */
const noGain = 1e-6;

/**
 * The split with the largest gain (Chen and Guestrin 2016, with L1 and monotone bounds as XGBoost has them), undefined when none
 * gains more than gamma. Monotone constraints order values; a split between values and none is free of them. Of equal ones the first: by party, feature, missing left before right, bin. All sums are exact, so every
 * party that has them finds the same one.
 */
export function bestSplit(
  parties: readonly Candidates[],
  totals: Totals,
  bounds: Bounds,
  units: GradientUnits,
  settings: Penalties,
): Split | undefined {
  const score = scoring(units, bounds, settings);
  const whole = score.gain(totals);
  let best: Found | undefined;
  parties.forEach((candidates, party) => {
    candidates.allowed.forEach((allowed, feature) => {
      if (allowed === 0) return;
      const monotone = candidates.monotone[feature] ?? 0;
      for (const missingLeft of missingSides(candidates, feature)) {
        const { slots, histogram } = candidates;
        const start = slots.starts[feature]!;
        const count = slots.values[feature]!;
        let g = missingLeft ? histogram.g[start + count]! : 0;
        let h = missingLeft ? histogram.h[start + count]! : 0;
        for (let bin = 0; bin < count; bin++) {
          if (histogram.ends[start + bin] !== 1) continue;
          g += histogram.g[start + bin]!;
          h += histogram.h[start + bin]!;
          const gain = score.split(g, h, totals, bin < count - 1 ? monotone : 0) - whole;
          if (gain > (best?.gain ?? noGain))
            best = { party, feature, bin, missingLeft, gain, left: { g, h } };
        }
      }
    });
  });
  if (best === undefined || best.gain < settings.gamma) return undefined;
  const { left } = best;
  const right = { g: totals.g - left.g, h: totals.h - left.h };
  const candidates = parties[best.party]!;
  const ordered = best.bin < candidates.slots.values[best.feature]! - 1;
  return {
    ...best,
    missingLeft: defaultSide(best, right, candidates),
    right,
    ...score.bounds(left, right, ordered ? (candidates.monotone[best.feature] ?? 0) : 0),
  };
}

type Found = Omit<Split, 'right' | 'leftBounds' | 'rightBounds'>;

/** Optimal value of a node: -T(G) / (H + l2), within its bounds; not yet times the learning rate. */
export function nodeValue(totals: Totals, bounds: Bounds, units: GradientUnits, settings: Penalties): number {
  return scoring(units, bounds, settings).value(totals);
}

function scoring(units: GradientUnits, bounds: Bounds, { l1, l2, minimumChildWeight }: Penalties) {
  const valueAt = (g: number, h: number): number => {
    const [sum, weight] = [g * units.g, h * units.h + l2];
    if (weight <= 0) return 0;
    const shrunk = sum > l1 ? sum - l1 : sum < -l1 ? sum + l1 : 0;
    return Math.min(bounds.high, Math.max(bounds.low, -shrunk / weight));
  };
  const gainAt = (g: number, h: number, value: number): number =>
    -(2 * g * units.g * value + (h * units.h + l2) * value * value + 2 * l1 * Math.abs(value));
  return {
    value: ({ g, h }: Totals) => valueAt(g, h),
    gain: ({ g, h }: Totals) => gainAt(g, h, valueAt(g, h)),
    /** Of both children; g and h are the left one's. */
    split(g: number, h: number, totals: Totals, monotone: Monotone): number {
      const [otherG, otherH] = [totals.g - g, totals.h - h];
      const lighter = Math.min(h, otherH);
      if (lighter <= 0 || lighter * units.h < minimumChildWeight) return Number.NEGATIVE_INFINITY;
      const [left, right] = [valueAt(g, h), valueAt(otherG, otherH)];
      if (monotone * (right - left) < 0) return Number.NEGATIVE_INFINITY;
      return gainAt(g, h, left) + gainAt(otherG, otherH, right);
    },
    bounds(left: Totals, right: Totals, monotone: Monotone) {
      if (monotone === 0) return { leftBounds: bounds, rightBounds: bounds };
      const middle = (valueAt(left.g, left.h) + valueAt(right.g, right.h)) / 2;
      const below = { low: bounds.low, high: middle };
      const above = { low: middle, high: bounds.high };
      return monotone > 0
        ? { leftBounds: below, rightBounds: above }
        : { leftBounds: above, rightBounds: below };
    },
  };
}

/** Once only where nothing is missing: both sides would say the same. */
function missingSides({ slots, histogram }: Candidates, feature: number): readonly boolean[] {
  const missing = slots.starts[feature]! + slots.values[feature]!;
  return histogram.h[missing] === 0 && histogram.g[missing] === 0 ? [false] : [true, false];
}

/** Where rows without a value go. If there were none, later ones go with the heavier side. */
function defaultSide({ feature, missingLeft, left }: Found, right: Totals, candidates: Candidates): boolean {
  const { slots, histogram } = candidates;
  // A missing slot that ends no group is counted with the first one, which goes left.
  if (histogram.ends[slots.starts[feature]! + slots.values[feature]!] !== 1) return true;
  return missingSides(candidates, feature).length > 1 ? missingLeft : left.h >= right.h;
}
