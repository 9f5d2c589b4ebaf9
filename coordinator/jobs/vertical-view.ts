import { type FeatureReport, shownLevel } from '../../contract/index.js';
import {
  type Exchanging,
  isExchanging,
  isUnfinished,
  iterationsOf,
  type JobState,
  stepsSoFar,
  type VerticalCharter,
} from '../rounds/index.js';
import { latestMetrics } from './latest-metrics.js';
import { type Stretch, stretchesOf } from './stretches.js';

/** What a vertical job shows of itself beside what every job shows. */
export function verticalPart(state: JobState, charter: VerticalCharter, nowMs: number) {
  const { spec } = charter;
  const shown = isUnfinished(state) ? state : state.at;
  const stretches = stretchesOf(state);
  const reports = isExchanging(shown) ? reportsOf(shown) : [];
  const ofLabelHolder = reports.find(({ from }) => from === spec.labelHolder)?.report;
  return {
    mode: 'vertical',
    type: spec.type,
    labelHolder: spec.labelHolder,
    features: featuresOf(reports),
    labelFunctionals: ofLabelHolder?.labelFunctionals ?? 0,
    scoresReleased: ofLabelHolder?.scoresReleased ?? 0,
    metrics: latestMetrics(reports.flatMap(({ report }) => report.metrics)),
    phase: isExchanging(shown) ? shown.openStep.step.name : '',
    round: stretches.reduce((most, { round }) => Math.max(most, round), 0),
    rounds: iterationsOf(charter),
    level: isExchanging(shown) ? shownLevel(shown.openStep.step) : 0,
    levels: spec.type === 'boosting' ? spec.trees.depth : 0,
    fingerprint: state.kind === 'finished' ? state.fingerprint : '',
    bestRound: state.kind === 'finished' ? state.bestRound : 0,
    model: spec.type === 'training' ? 'logistic' : spec.type === 'boosting' ? 'boosting' : '',
    algorithm: '',
    secondsLeft: isUnfinished(state) ? secondsLeft(state, charter, nowMs) : 0,
  };
}

/** In roster order, the label holder last: where two speak of one thing, it has the last word. */
function reportsOf(state: Exchanging) {
  const { roster, spec } = state.charter;
  const order = [...roster.filter((name) => name !== spec.labelHolder), spec.labelHolder];
  const reports = stepsSoFar(state).flatMap((step) => [...step.reports]);
  return order.flatMap((from) =>
    reports.filter(([name]) => name === from).map(([, report]) => ({ from, report })),
  );
}

/** One entry per feature; its owner knows best. */
function featuresOf(reports: ReturnType<typeof reportsOf>): FeatureReport[] {
  const features = new Map<string, FeatureReport>();
  for (const { from, report } of reports) {
    for (const feature of report.features) {
      const key = `${feature.party}/${feature.feature}`;
      if (feature.party === from || !features.has(key)) features.set(key, feature);
    }
  }
  return [...features.values()];
}

/**
 * Iterations or trees left at the mean pace of those so far; 0 outside the fit. A tree that the label holder grew alone sets no pace;
 * the first one with partners is taken to go on as its levels so far.
 */
function secondsLeft(state: JobState, charter: VerticalCharter, nowMs: number): number {
  if (state.kind !== 'fitting') return 0;
  const rounds = stretchesOf(state).filter(({ phase }) => phase === 'fitting');
  const done = rounds.filter(({ endedMs }) => endedMs > 0);
  const open = rounds.find(({ endedMs }) => endedMs === 0);
  if (!open) return 0;
  const joint = done.filter(({ steps }) => steps.some(({ step }) => step.name !== 'tree'));
  const tookMs = joint.reduce((total, { startedMs, endedMs }) => total + endedMs - startedMs, 0);
  const paceMs = joint.length > 0 ? tookMs / joint.length : paceWithin(open, charter);
  const left = (iterationsOf(charter) - done.length) * paceMs - (nowMs - open.startedMs);
  return Math.max(left, 0) / 1000;
}

/** What a tree takes in all, by its whole levels so far; 0 before the first, and for what has no levels. */
function paceWithin({ steps, startedMs }: Stretch, { spec }: VerticalCharter): number {
  if (spec.type !== 'boosting') return 0;
  const ended = steps.filter(({ step, endedMs }) => step.name === 'sides' && endedMs > 0);
  const last = ended.at(-1);
  return last ? ((last.endedMs - startedMs) / ended.length) * spec.trees.depth : 0;
}
