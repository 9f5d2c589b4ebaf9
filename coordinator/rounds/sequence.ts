import {
  type HorizontalSpec,
  type NextStep,
  type SumPurpose,
  statisticsOf,
  sumsPerRound,
} from '../../contract/index.js';
import type { Summing } from './state.js';

/** What a sum serves if training does not stop before it, and no tree ends before its last level. */
export function sumAt(
  spec: HorizontalSpec,
  sum: number,
): { readonly purpose: SumPurpose; readonly round: number } {
  const statistics = statisticsOf(spec);
  const statistic = statistics[sum];
  if (statistic) return { purpose: statistic, round: 0 };
  const round = Math.floor((sum - statistics.length) / sumsPerRound(spec)) + 1;
  return round <= spec.training.rounds ? { purpose: 'update', round } : { purpose: 'evaluation', round: 0 };
}

export function jobKindOf(purpose: SumPurpose): Summing['kind'] {
  if (purpose === 'update') return 'running';
  return purpose === 'evaluation' ? 'evaluating' : 'preparing';
}

/**
 * Whether `next` can follow a sum: statistics, then rounds 1, 2, …, of trees each with its levels, then at most one evaluation, then done.
 * The participants decide when training stops; the coordinator only refuses what no run of the spec can give.
 */
export function canFollow(
  spec: HorizontalSpec,
  now: { readonly purpose: SumPurpose; readonly round: number; readonly level: number },
  next: NextStep,
): boolean {
  if (next.bestRound > now.round && now.purpose !== 'evaluation') return false;
  if (next.bestRound > spec.training.rounds) return false;
  const goesOn = next.purpose !== 'evaluation' && next.purpose !== 'done';
  if (goesOn !== (next.stopped === '')) return false;
  switch (now.purpose) {
    case 'magnitudes':
      return next.purpose === statisticsOf(spec)[1] && next.round === 0;
    case 'moments':
    case 'quantiles':
      return next.purpose === 'update' && next.round === 1;
    case 'update':
      if (next.purpose === 'update' && next.round === now.round) return now.level + 1 < sumsPerRound(spec);
      if (next.purpose === 'update')
        return next.round === now.round + 1 && next.round <= spec.training.rounds;
      if (next.stopped === 'rounds' && now.round !== spec.training.rounds) return false;
      return next.purpose === 'done' || (next.purpose === 'evaluation' && next.round === 0);
    case 'evaluation':
      return next.purpose === 'done';
  }
}
