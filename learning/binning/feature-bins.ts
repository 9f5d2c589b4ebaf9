import { z } from 'zod';
import type { CategoryColumn } from '../table.js';

/** Number given by `assignBins` to a row that no bin was made for; such a row counts as WOE 0. */
export const unknownBin = 255;

/** Bins of one feature, so that numbers and the unknown mark fit in a byte. */
export const maximumBins = 254;

const numberBinsShape = z
  .strictObject({
    kind: z.literal('number'),
    /** Strictly rising; value bin = how many cuts lie strictly below the value. */
    cuts: z.array(z.number()).max(maximumBins - 1),
    /** Codes such as -999 that are no quantities; each has a bin after the value bins. */
    special: z.array(z.number()),
    /** Special values that no training row had: unknown when they turn up later, never a quantity. */
    unseen: z.array(z.number()),
    /** Whether training rows lacked a value; the bin for it comes last. */
    missing: z.boolean(),
  })
  .refine(({ cuts }) => cuts.every((cut, index) => index === 0 || cuts[index - 1]! < cut), 'cuts must rise')
  .refine(
    ({ special, unseen }) => new Set([...special, ...unseen]).size === special.length + unseen.length,
    'a special value stands twice',
  );

const categoryBinsShape = z
  .strictObject({
    kind: z.literal('category'),
    /** Level texts of each bin; a level outside all of them is unknown. */
    groups: z.array(z.array(z.string()).min(1)).max(maximumBins),
    /** The group that gathers rare levels, if there is one. */
    other: z.int().min(0).nullable(),
    missing: z.boolean(),
  })
  .refine(({ groups }) => {
    const levels = groups.flat();
    return new Set(levels).size === levels.length;
  }, 'a level stands in two groups')
  .refine(({ groups, other }) => other === null || other < groups.length, 'other names no group');

/** The description of a feature's bins that a model keeps; for reading one from a file. */
export const featureBins = z
  .union([numberBinsShape, categoryBinsShape])
  .refine((bins) => binCount(bins) <= maximumBins, `more than ${maximumBins} bins`);

export type NumberBins = z.infer<typeof numberBinsShape>;
export type CategoryBins = z.infer<typeof categoryBinsShape>;

/**
 * How a feature is cut into bins. JSON; holds the owner's cuts or level texts, so it stays with the owner.
 * Numbers: value bins from 0, then special values, then missing.
 */
export type FeatureBins = NumberBins | CategoryBins;

/** A feature's rows: numbers with NaN for missing, or categories. */
export type Column = Float64Array | CategoryColumn;

/**
 * What the other side learns of a feature's bins: how many, and which may be merged. Bins 0 .. values - 1 are
 * value bins; the `alone` bins after them (special values, missing) never join others.
 */
export interface BinShape {
  readonly values: number;
  readonly alone: number;
  /** Value bins have a natural order (numbers), so only neighbours join; else any (categories). */
  readonly ordered: boolean;
}

export function shapeOf(bins: FeatureBins): BinShape {
  return bins.kind === 'number'
    ? { values: bins.cuts.length + 1, alone: bins.special.length + Number(bins.missing), ordered: true }
    : { values: bins.groups.length, alone: Number(bins.missing), ordered: false };
}

export function binCount(bins: FeatureBins): number {
  const { values, alone } = shapeOf(bins);
  return values + alone;
}

/** Text of every bin, for the owner's eyes only. */
export function binLabels(bins: FeatureBins): string[] {
  const missing = bins.missing ? ['missing'] : [];
  if (bins.kind === 'category') {
    const texts = bins.groups.map((levels, index) =>
      index === bins.other && levels.length > 1 ? `other (${levels.length} levels)` : levels.join(', '),
    );
    return [...texts, ...missing];
  }
  const { cuts, special } = bins;
  const values = Array.from({ length: cuts.length + 1 }, (_, bin) => {
    if (cuts.length === 0) return 'any value';
    if (bin === 0) return `<= ${cuts[0]}`;
    return bin === cuts.length ? `> ${cuts[bin - 1]}` : `(${cuts[bin - 1]}, ${cuts[bin]}]`;
  });
  return [...values, ...special.map((value) => `= ${value}`), ...missing];
}
