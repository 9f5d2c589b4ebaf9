import {
  CodedError,
  type HorizontalSpec,
  type NextStep,
  type SumPurpose,
  statisticsOf,
} from '../../contract/core.js';
import type { Metrics } from '../metrics/metrics.js';

/** Metrics of the model after `round` update sums; undefined when they could not be measured. */
export interface RoundMetrics {
  readonly round: number;
  readonly metrics: Partial<Pick<Metrics, 'auc' | 'ks' | 'logLoss'>> | undefined;
}

/** A sum that was opened. */
interface Opened {
  readonly purpose: SumPurpose;
  readonly round: number;
  /** Of trees: another level of this one follows. */
  readonly unfinished?: boolean;
  /** Of trees: this one has no split, so that no later one will have any. */
  readonly fruitless?: boolean;
}

/** The first sum of a job. A warm start brings its preprocessing along. */
export function firstStep(spec: HorizontalSpec): NextStep {
  return spec.warmStart ? going('update', 1) : going('magnitudes', 0);
}

/**
 * What follows a sum that was opened and applied; pure, so that all participants decide the same.
 *
 * `history` holds the metrics known by then, by ascending round: after the update sum of round r those of
 * models 0 .. r-1, for that sum carries the scores of the model it started from; after the evaluation sum
 * also those of the last model. Of trees that end by validation rows it holds the loss of these, from the first tree on.
 * `bestRound` is the model to keep: the one of the best metric with early stopping, the last one without.
 */
export function nextStep(spec: HorizontalSpec, opened: Opened, history: readonly RoundMetrics[]): NextStep {
  switch (opened.purpose) {
    case 'magnitudes':
      return going(statisticsOf(spec)[1]!, 0);
    case 'moments':
    case 'quantiles':
      return going('update', 1);
    case 'update': {
      const progress = progressOf(spec, history);
      const bestRound = progress?.bestRound ?? opened.round;
      if (progress?.exhausted) return { purpose: 'done', round: 0, stopped: 'early-stopping', bestRound };
      if (opened.unfinished) return { ...going('update', opened.round), bestRound };
      if (opened.fruitless) return { purpose: 'evaluation', round: 0, stopped: 'early-stopping', bestRound };
      return opened.round < spec.training.rounds
        ? { ...going('update', opened.round + 1), bestRound }
        : { purpose: 'evaluation', round: 0, stopped: 'rounds', bestRound };
    }
    case 'evaluation': {
      const bestRound = progressOf(spec, history)?.bestRound ?? history.at(-1)?.round ?? spec.training.rounds;
      return { purpose: 'done', round: 0, stopped: 'rounds', bestRound };
    }
    default:
      throw new CodedError('SUM_OUT_OF_ORDER', `no sum has the purpose ${String(opened.purpose)}`);
  }
}

function going(purpose: SumPurpose, round: number): NextStep {
  return { purpose, round, stopped: '', bestRound: 0 };
}

function stoppingRule({ model, earlyStopping }: HorizontalSpec): HorizontalSpec['earlyStopping'] {
  if (model.kind !== 'trees') return earlyStopping;
  return model.patience > 0 ? { metric: 'logLoss', patience: model.patience, minDelta: 0 } : undefined;
}

/** Best model so far, and whether `patience` models since did not beat it by minDelta. */
function progressOf(
  spec: HorizontalSpec,
  history: readonly RoundMetrics[],
): { bestRound: number; exhausted: boolean } | undefined {
  const rule = stoppingRule(spec);
  if (!rule) return undefined;
  let best: number | undefined;
  let bestRound = 0;
  let sinceBest = 0;
  for (const { round, metrics } of history) {
    const value = metrics?.[rule.metric];
    // A model that could not be measured is neither better nor worse.
    if (value === undefined) continue;
    const gain = rule.metric === 'logLoss' ? -value : value;
    if (best === undefined || gain > best + rule.minDelta) {
      best = gain;
      bestRound = round;
      sinceBest = 0;
    } else sinceBest++;
  }
  return best === undefined ? undefined : { bestRound, exhausted: sinceBest >= rule.patience };
}
