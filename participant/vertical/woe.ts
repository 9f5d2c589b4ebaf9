import { z } from 'zod';
import { CodedError } from '../../contract/index.js';
import {
  type BinCounts,
  type BinShape,
  type FeatureWoe,
  joinCounts,
  type Merging,
  mergeBins,
  refuseSeparating,
  weightOfEvidence,
  woeOfBins,
} from '../../learning/index.js';
import type { BinningSpec } from './features.js';

/** Chi-square of one degree of freedom that neighbours must exceed to stay apart, at 95 %. */
const chiThreshold = 3.841;

function mergingOf({ binning }: BinningSpec): Merging {
  switch (binning.method) {
    case 'quantile':
      return { method: 'none' };
    case 'chi-merge':
      return { method: 'chi', maxBins: binning.bins, threshold: chiThreshold };
    case 'monotonic':
      return { method: 'monotonic', maxBins: binning.bins, trend: binning.shape };
  }
}

/** Which fine bins of a feature join, and the WOE table of what remains: the label holder's decision, from counts. */
export interface JoinedFeature {
  readonly groups: readonly (readonly number[])[];
  readonly table: FeatureWoe;
}

/** WOE by bin, all 0 where the feature says less than the job asks for: it then stays out of the fit. */
export function usedWoe({ binning }: BinningSpec, table: FeatureWoe): number[] {
  const woe = woeOfBins(table);
  return table.iv < binning.minimumIv ? woe.map(() => 0) : woe;
}

/**
 * The same rule for the label holder's own features and for a partner's anonymous bins.
 * @throws {CodedError} FEATURE_SEPARATES naming the owner; DATASET_ONE_CLASS.
 */
export function joinFeature(
  spec: BinningSpec,
  { feature, owner }: { readonly feature: string; readonly owner: string },
  counts: BinCounts,
  shape: BinShape,
): JoinedFeature {
  const { minimumShare, classFloor, allowSeparating } = spec.binning;
  if (!allowSeparating) refuseSeparating(feature, counts, shape, owner);
  const groups = mergeBins(counts, shape, mergingOf(spec), { minimumShare, minimumClass: classFloor });
  const joined = joinCounts(counts, groups);
  const values = groups.length - shape.alone;
  return { groups, table: weightOfEvidence(joined, { ...shape, values }, classFloor) };
}

/** Two different bins at least: a feature in one bin, or with one pooled WOE for all, explains nothing and is left out of the fit. */
export function explains(woe: readonly number[]): boolean {
  return woe.some((value) => value !== woe[0]);
}

const bin = z.int().min(0).max(255);

/** What a feature holder learns of one of its features. */
export const releasedFeature = z.strictObject({
  feature: z.string().max(64),
  iv: z.number().min(0).max(1000),
  /** Joined bins, whatever the release. */
  bins: z.int().min(1).max(255),
  /** Absent when the label holder releases information values only. */
  joined: z
    .strictObject({
      groups: z.array(z.array(bin).min(1).max(255)).min(1).max(255),
      woe: z.array(z.number().min(-50).max(50)).min(1).max(255),
    })
    .optional(),
});
export type ReleasedFeature = z.infer<typeof releasedFeature>;

/** An answer of the label holder to one feature holder, as parcel and as ledger entry. */
export const woeAnswer = z.strictObject({ features: z.array(releasedFeature).min(1).max(2000) });
export type WoeAnswer = z.infer<typeof woeAnswer>;

/** @throws {CodedError} LABELS_NOT_SHARED when the fit needs WOE values that the label holder did not release. */
export function requireWoe(woe: readonly number[], holder: string, labelHolder: string): void {
  if (woe.length === 0) {
    throw new CodedError('LABELS_NOT_SHARED', `${labelHolder} told ${holder} no WOE values`, {
      parties: [labelHolder],
    });
  }
}
