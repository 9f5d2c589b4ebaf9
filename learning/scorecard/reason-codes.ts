import { type CardFeature, featurePoints, type Scorecard } from './scorecard.js';

/** Why a customer has fewer points than the average one. */
export interface Reason {
  /** A feature's name, or the code two parties agreed on for a partner's feature. */
  readonly reason: string;
  /** Points below the population mean of that feature, above 0. */
  readonly pointsLost: number;
}

/** Mean points of each feature over a population, in the order of the card. */
export function meanPoints(card: Scorecard, binShares: readonly (readonly number[])[]): number[] {
  return card.features.map(({ points }, index) =>
    points.reduce((sum, value, bin) => sum + value * binShares[index]![bin]!, 0),
  );
}

/** Reasons of the own features: `bins` and `means` in the order of the card. */
export function ownReasons(card: Scorecard, bins: ArrayLike<number>, means: readonly number[]): Reason[] {
  return reasonsOf(card.features, bins, means, ({ feature }) => feature);
}

/**
 * What a feature holder tells of its features: agreed codes only, and points lost in whole `step`s, because
 * exact points name the bin. A feature without a code, and one under half a step, is left out. Points still tell
 * a coarse order of the hidden features: that is their purpose.
 */
export function partnerReasons(
  card: Scorecard,
  bins: ArrayLike<number>,
  means: readonly number[],
  codes: ReadonlyMap<string, string>,
  step: number,
): Reason[] {
  return reasonsOf(card.features, bins, means, ({ feature }) => codes.get(feature))
    .map(({ reason, pointsLost }) => ({ reason, pointsLost: Math.round(pointsLost / step) * step }))
    .filter(({ pointsLost }) => pointsLost > 0);
}

/** The `count` strongest reasons of all parties; equal losses by name. Features with one code count once, the largest. */
export function strongestReasons(parts: readonly (readonly Reason[])[], count: number): Reason[] {
  const largest = new Map<string, number>();
  for (const { reason, pointsLost } of parts.flat()) {
    largest.set(reason, Math.max(pointsLost, largest.get(reason) ?? 0));
  }
  return [...largest]
    .map(([reason, pointsLost]) => ({ reason, pointsLost }))
    .sort((a, b) => b.pointsLost - a.pointsLost || (a.reason < b.reason ? -1 : 1))
    .slice(0, count);
}

function reasonsOf(
  features: readonly CardFeature[],
  bins: ArrayLike<number>,
  means: readonly number[],
  nameOf: (feature: CardFeature) => string | undefined,
): Reason[] {
  return features.flatMap((feature, index) => {
    const reason = nameOf(feature);
    const pointsLost = means[index]! - featurePoints(feature, bins[index]!);
    return reason !== undefined && pointsLost > 0 ? [{ reason, pointsLost }] : [];
  });
}
