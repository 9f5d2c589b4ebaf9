import type { VerticalPhase } from '../../contract/index.js';
import {
  type ClosedStep,
  isExchanging,
  isUnfinished,
  type JobState,
  type OpenStep,
  stepsSoFar,
} from '../rounds/index.js';

/** A step with its end; 0 while it is open, or when the job ended in it. */
export type TimedStep = (OpenStep | ClosedStep) & { readonly endedMs: number };

/** What people look at as one round of a vertical job: the steps of a phase, or of one iteration of the fit. */
export interface Stretch {
  /** Position among the stretches of the job, from 0. */
  readonly number: number;
  readonly phase: VerticalPhase;
  /** Iteration of the fit, from 1; 0 outside it. */
  readonly round: number;
  /** At least one. */
  readonly steps: readonly TimedStep[];
  readonly startedMs: number;
  /** 0 until its last step has ended. */
  readonly endedMs: number;
}

/** The stretches that a vertical job has reached, in order; none of a horizontal one. */
export function stretchesOf(state: JobState): Stretch[] {
  const shown = isUnfinished(state) ? state : state.at;
  if (!isExchanging(shown)) return [];
  const { course } = shown.charter;
  const groups: TimedStep[][] = [];
  for (const step of timedSteps(state)) {
    const last = groups.at(-1);
    if (last && keyOf(last[0]!) === keyOf(step)) last.push(step);
    else groups.push([step]);
  }
  return groups.map((steps, number) => {
    const { step: first, startedMs } = steps[0]!;
    const { step: last, endedMs } = steps.at(-1)!;
    const after = course[last.number + 1];
    const goesOn = after !== undefined && after.phase === last.phase && after.round === last.round;
    const { phase, round } = first;
    return { number, phase, round, steps, startedMs, endedMs: goesOn ? 0 : endedMs };
  });
}

function timedSteps(state: JobState): TimedStep[] {
  const shown = isUnfinished(state) ? state : state.at;
  if (!isExchanging(shown)) return [];
  const lastEndedMs = state.kind === 'finished' ? state.endedMs : 0;
  return stepsSoFar(shown).map((step) => ({ endedMs: lastEndedMs, ...step }));
}

function keyOf({ step }: TimedStep): string {
  return `${step.phase} ${step.round}`;
}
