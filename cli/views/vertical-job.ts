import type { JobView, ParticipantView } from '../client.js';
import type { Field } from '../text/layout.js';
import { formatCount } from '../text/units.js';
import { metricWords } from './metrics.js';
import { hasEnded } from './state.js';
import { isFitting } from './vertical-steps.js';

export function isVertical({ mode }: Pick<JobView, 'mode'>): boolean {
  return mode === 'vertical';
}

/** `fitting, iteration 3 of 10, step products`, or `fitting, tree 3 of 40, level 2 of 3, step sides`; of a failed job where it failed. */
export function verticalProgress(job: JobView): string {
  const { state, phase, round, rounds, type } = job;
  if (state === 'finished') return state;
  const inFit = isFitting(phase) && round > 0;
  const words = [
    state,
    inFit ? `${roundWord(type)} ${round} of ${rounds}` : '',
    inFit && job.level > 0 ? `level ${job.level} of ${job.levels}` : '',
    phase === '' ? '' : `step ${phase}`,
  ].filter((part) => part !== '');
  return hasEnded(state) && words.length > 1 ? `${state} in ${words.slice(1).join(', ')}` : words.join(', ');
}

/** What a round of the fit is called. */
export function roundWord(type: string): 'tree' | 'iteration' {
  return type === 'boosting' ? 'tree' : 'iteration';
}

/** Iterations behind the job: the one in progress is not. */
export function iterationsDone({ state, phase, round }: JobView): number {
  return state !== 'finished' && isFitting(phase) ? Math.max(0, round - 1) : round;
}

/** What only vertical jobs have to say of themselves. */
export function verticalFields(job: JobView): Field[] {
  return [
    ['work', `vertical ${job.type}${workDetail(job)}`],
    ['labels at', job.labelHolder],
    ['metrics', metricWords(job.metrics)],
    ['released', releasedWords(job)],
  ];
}

function workDetail({ type }: JobView): string {
  if (type === 'boosting') return ': gradient-boosted trees';
  return type === 'training' ? ': logistic regression on WOE columns' : '';
}

function releasedWords({ labelFunctionals, scoresReleased, labelHolder, type }: JobView): string[] {
  const what = type === 'boosting' ? 'sides of splits' : 'score parts';
  return [
    labelFunctionals > 0 ? `${formatCount(labelFunctionals)} label functionals to feature holders` : '',
    scoresReleased > 0 ? `${what} of ${formatCount(scoresReleased)} customers to ${labelHolder}` : '',
  ].filter((line) => line !== '');
}

/** What a participant brings to a vertical job. */
export function partWords({ name }: Pick<ParticipantView, 'name'>, { labelHolder }: JobView): string {
  return name === labelHolder ? 'labels' : 'features';
}
