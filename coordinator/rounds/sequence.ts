import type { HorizontalSpec, NextStep, SumPurpose } from '../../contract/index.js';
import type { Summing } from './state.js';

/** What the first sum of a job serves: a warm start brings its preprocessing along. */
export function firstSum(spec: HorizontalSpec): { readonly purpose: SumPurpose; readonly round: number } {
  return spec.warmStart ? { purpose: 'update', round: 1 } : { purpose: 'magnitudes', round: 0 };
}

/** Most sums a job can need: two statistics unless warm, one per round, one evaluation. */
export function mostSums(spec: HorizontalSpec): number {
  return (spec.warmStart ? 0 : 2) + spec.training.rounds + 1;
}

export function jobKindOf(purpose: SumPurpose): Summing['kind'] {
  if (purpose === 'update') return 'running';
  return purpose === 'evaluation' ? 'evaluating' : 'preparing';
}

/**
 * Whether `next` can follow a sum: statistics, then rounds 1, 2, …, then at most one evaluation, then done.
 * The participants decide when training stops; the coordinator only refuses what no run of the spec can give.
 */
export function canFollow(
  spec: HorizontalSpec,
  now: { readonly purpose: SumPurpose; readonly round: number },
  next: NextStep,
): boolean {
  if (next.bestRound > now.round && now.purpose !== 'evaluation') return false;
  if (next.bestRound > spec.training.rounds) return false;
  const goesOn = next.purpose === 'moments' || next.purpose === 'update';
  if (goesOn !== (next.stopped === '')) return false;
  switch (now.purpose) {
    case 'magnitudes':
      return next.purpose === 'moments' && next.round === 0;
    case 'moments':
      return next.purpose === 'update' && next.round === 1;
    case 'update':
      if (next.purpose === 'update')
        return next.round === now.round + 1 && next.round <= spec.training.rounds;
      if (next.stopped === 'rounds' && now.round !== spec.training.rounds) return false;
      return next.purpose === 'done' || (next.purpose === 'evaluation' && next.round === 0);
    case 'evaluation':
      return next.purpose === 'done';
  }
}
