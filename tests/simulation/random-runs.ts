import { describe, expect, it } from 'vitest';
import { planOf } from './operations.js';
import { run } from './run.js';
import { shrunk } from './shrink.js';

/** Files that share the seeds, so that several cores do. */
const files = 2;
const seeds = process.env.FEDRISK_TESTS === 'all' ? 2_000 : 400;
/** Runs of one test: few enough to say soon that something fails. */
const perTest = 100;
const minutes = 60_000;

/** Runs of every second hundred seeds. */
export function randomRuns(file: number): void {
  const count = seeds / perTest / files;
  const firsts = Array.from({ length: count }, (_, k) => (files * k + file) * perTest);
  describe('random faults', () => {
    it.each(firsts)(
      'seeds from %i on break no law',
      async (first) => {
        for (let seed = first; seed < first + perTest; seed++) {
          const plan = planOf(seed);
          const { failures, log } = await run(plan);
          if (failures.length === 0) continue;
          const { operations, setup, begin } = await shrunk(plan);
          expect.fail(JSON.stringify({ seed, failures, log, setup, begin, operations }, undefined, 1));
        }
      },
      20 * minutes,
    );
  });
}
