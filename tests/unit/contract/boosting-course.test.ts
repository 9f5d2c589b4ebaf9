import { describe, expect, it } from 'vitest';
import {
  eventBody,
  jobSpec,
  limits,
  postBody,
  type Step,
  stepAfter,
  stepsOf,
} from '../../../contract/index.js';
import { verticalSpec } from '../coordinator/support/vertical.js';

const spec = (trees: object) => verticalSpec({ type: 'boosting', trees });
const walk = (course: readonly Step[], lastTree: number) => {
  const seen: string[] = [];
  for (let step = course[0]; step; step = stepAfter(course, step, step.round === lastTree)) {
    seen.push(`${step.name}${step.round > 0 ? ` ${step.round}.${step.level}` : ''}`);
  }
  return seen;
};

it('a label holder outside of the parties is named with those that were meant', () => {
  const { nonce, ...written } = spec({ count: 2 });
  const wrong = jobSpec.safeParse({ ...written, nonce, labelHolder: 'bank-b' });
  const [issue] = wrong.error!.issues;
  expect(issue!.path).toEqual(['labelHolder']);
  expect(issue!.message).toBe(
    'must be one of parties (bank-a, platform-x), and is bank-b (is bank-a meant?)',
  );
});

describe('the course of boosting', () => {
  it('has the first tree at the label holder alone, and four steps a level of the others', () => {
    const course = stepsOf(spec({ count: 2, depth: 2 }));
    expect(walk(course, 0).slice(5)).toEqual([
      ...['bins', 'tree 1.0'],
      ...['gradients 2.0', 'histograms 2.0', 'splits 2.0', 'sides 2.0'],
      ...['gradients 2.1', 'histograms 2.1', 'splits 2.1', 'sides 2.1'],
      ...['tree 2.0', 'close'],
    ]);
    expect(stepsOf(spec({ count: 1, depth: 3, first: 'everybody' })).length).toBe(5 + 1 + 12 + 1 + 1);
  });

  it('goes from the tree that is the last to the end', () => {
    const course = stepsOf(spec({ count: 50, depth: 3 }));
    expect(walk(course, 7).slice(-2)).toEqual(['tree 7.0', 'close']);
    expect(walk(course, 51)).toHaveLength(course.length);
  });

  it('takes no other report for the end', () => {
    const course = stepsOf(spec({ count: 3, depth: 1 }));
    const sides = course.find(({ name }) => name === 'sides')!;
    expect(stepAfter(course, sides, true)).toBe(course[sides.number + 1]);
  });

  it('has numbers that posts and events can have, down to the last of the largest job', () => {
    const course = stepsOf(spec({ count: 500, depth: 8, first: 'everybody' }));
    const { number, name, round } = course.at(-1)!;
    expect(number).toBeLessThan(limits.stepsPerJob);
    const opened = { kind: 'stepOpened', step: number, name, round, deadlineMs: 1 };
    expect(eventBody.parse(opened)).toEqual(opened);
    const parcel = {
      kind: 'parcel',
      step: number,
      to: 'bank-a',
      digest: 'a'.repeat(64),
      bytes: 1,
      timings: [],
    };
    expect(postBody.parse(parcel)).toEqual(parcel);
  });
});
