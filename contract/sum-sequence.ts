import type { HorizontalSpec } from './horizontal-spec.js';
import type { NextStep, SumPurpose } from './post.js';

/** Sums before the first round; a warm start brings its preprocessing along. */
export function statisticsOf({ warmStart, model }: HorizontalSpec): readonly SumPurpose[] {
  if (warmStart) return [];
  return ['magnitudes', model.kind === 'trees' ? 'quantiles' : 'moments'];
}

/** Whether a sum holds counts over the rows themselves, whatever the model is. */
export function isStatistic(purpose: SumPurpose | ''): boolean {
  return purpose === 'magnitudes' || purpose === 'moments' || purpose === 'quantiles';
}

/** Most sums of one round: of a tree one for each level that can be split. */
export function sumsPerRound({ model }: HorizontalSpec): number {
  return model.kind === 'trees' ? model.depth : 1;
}

/** Most sums a job can need: its statistics, those of its rounds, one evaluation. */
export function mostSums(spec: HorizontalSpec): number {
  return statisticsOf(spec).length + spec.training.rounds * sumsPerRound(spec) + 1;
}

/**
 * What follows a sum that was skipped: its tree ends with the levels it has, and training goes on as after a whole one.
 */
export function afterSkipped(
  { training }: HorizontalSpec,
  round: number,
): Pick<NextStep, 'round'> & { readonly purpose: SumPurpose } {
  return round < training.rounds
    ? { purpose: 'update', round: round + 1 }
    : { purpose: 'evaluation', round: 0 };
}
