import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HorizontalSpec, NextStep } from '../../../contract/index.js';
import { nextStep as nextStepShape } from '../../../contract/post.js';
import { firstStep, nextStep, type RoundMetrics } from '../../../learning/index.js';
import { specOf } from './cases.js';

/** Runs a job whose model of round r has `aucs[r]`, and lists its steps. */
function stepsOf(spec: HorizontalSpec, aucs: readonly (number | undefined)[]): NextStep[] {
  const steps = [firstStep(spec)];
  for (let step = steps[0]!; step.purpose !== 'done'; steps.push(step)) {
    const known =
      step.purpose === 'update' ? step.round : step.purpose === 'evaluation' ? spec.training.rounds + 1 : 0;
    const history = aucs.slice(0, known).map(
      (auc, round): RoundMetrics => ({
        round,
        metrics: auc === undefined ? undefined : { auc, ks: auc, logLoss: 1 - auc },
      }),
    );
    step = nextStep(spec, { purpose: step.purpose, round: step.round }, history);
  }
  return steps;
}

const flow = (steps: readonly NextStep[]) => steps.map(({ purpose, round }) => `${purpose} ${round}`);
const stopping = (changes = {}) =>
  specOf({ training: { rounds: 6 }, earlyStopping: { patience: 2, minDelta: 0.01, ...changes } });

describe('the order of sums', () => {
  it('is magnitudes, moments, one update a round, evaluation', () => {
    const steps = stepsOf(specOf({ training: { rounds: 2 } }), [0.5, 0.7, 0.6]);
    expect(flow(steps)).toEqual([
      'magnitudes 0',
      'moments 0',
      'update 1',
      'update 2',
      'evaluation 0',
      'done 0',
    ]);
    expect(steps.at(-1)).toEqual({ purpose: 'done', round: 0, stopped: 'rounds', bestRound: 2 });
  });

  it('starts with training on a warm start', () => {
    const spec = specOf({ training: { rounds: 1 }, warmStart: { job: `job-${'0'.repeat(32)}` } });
    expect(flow(stepsOf(spec, [0.8, 0.8]))).toEqual(['update 1', 'evaluation 0', 'done 0']);
  });
});

describe('early stopping', () => {
  it('stops after `patience` models without a gain of minDelta and keeps the best', () => {
    const steps = stepsOf(stopping(), [0.5, 0.7, 0.705, 0.708, 0.9, 0.9, 0.9]);
    // Models 2 and 3 do not beat model 1; 3 is measured with the sum of round 4.
    expect(flow(steps).slice(2)).toEqual(['update 1', 'update 2', 'update 3', 'update 4', 'done 0']);
    expect(steps.at(-1)).toEqual({ purpose: 'done', round: 0, stopped: 'early-stopping', bestRound: 1 });
  });

  it('takes log-loss the smaller the better', () => {
    const falling = stepsOf(stopping({ metric: 'logLoss' }), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(falling.at(-1)).toMatchObject({ stopped: 'rounds', bestRound: 6 });
  });

  it('keeps the model it started from when no round beats it', () => {
    expect(stepsOf(stopping(), [0.8, 0.7, 0.6, 0.5]).at(-1)).toMatchObject({
      stopped: 'early-stopping',
      bestRound: 0,
    });
  });

  it('does not stop, and keeps the last model, when nothing can be measured', () => {
    const blind = new Array<undefined>(7).fill(undefined);
    expect(stepsOf(stopping(), blind).at(-1)).toMatchObject({ stopped: 'rounds', bestRound: 6 });
  });

  it('always ends within the rounds, names the best model measured, and obeys the contract', () => {
    const given = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), {
      minLength: 7,
      maxLength: 7,
    });
    fc.assert(
      fc.property(given, fc.integer({ min: 1, max: 8 }), (aucs, patience) => {
        const steps = stepsOf(stopping({ patience, minDelta: 0 }), aucs);
        for (const step of steps) expect(nextStepShape.parse(step)).toEqual(step);
        const { bestRound, stopped } = steps.at(-1)!;
        const updates = steps.filter(({ purpose }) => purpose === 'update').length;
        const measured = aucs.slice(0, stopped === 'rounds' ? 7 : updates);
        if (measured.every((auc) => auc === undefined)) expect(bestRound).toBe(6);
        else expect(measured[bestRound]).toBe(Math.max(...measured.flatMap((auc) => auc ?? [])));
      }),
    );
  });
});
