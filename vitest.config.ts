import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { simulationDoubles } from './tests/simulation/doubles/table.js';
import { everyTest } from './tests/support/every-test.js';

/** The longest files of all, longest first: one that starts late keeps one core busy while the other has nothing to do. */
const slowest = [
  'simulation/random-runs.test.ts',
  'simulation/model-check.test.ts',
  'integration/crash.test.ts',
  'integration/dropouts.test.ts',
  'demo/demo.test.ts',
  'integration/hostile-recovery.test.ts',
  'integration/faults.test.ts',
  'integration/vertical-crash.test.ts',
  'integration/crash-stop.test.ts',
];
/** Rooms of tests that run whole jobs: the other long files. Small files fill the gaps at the end. */
const long = ['/tests/integration/', '/tests/demo/'];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = slowest.findIndex((name) => moduleId.endsWith(`/tests/${name}`));
      if (at >= 0) return at;
      return long.some((room) => moduleId.includes(room)) ? slowest.length : slowest.length + 1;
    };
    // Stable: files of one rank stay as vitest orders them.
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Left to FEDRISK_TESTS=all, which CI sets: whole files that take minutes, beside tests that say so themselves. */
const longest = [
  'tests/demo/demo.test.ts',
  'tests/integration/faults.test.ts',
  'tests/integration/hostile-participant.test.ts',
  'tests/integration/hostile-recovery.test.ts',
  'tests/integration/recovery.test.ts',
  'tests/integration/restore.test.ts',
  'tests/integration/crash.test.ts',
  'tests/integration/crash-stop.test.ts',
  'tests/integration/dropouts.test.ts',
  'tests/integration/replicas.test.ts',
  'tests/integration/telemetry.test.ts',
  'tests/integration/vertical-hostile.test.ts',
  'tests/integration/vertical-refusals.test.ts',
  'tests/integration/vertical-crash.test.ts',
  'tests/unit/crypto-sum/large-roster.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // One more than the cores that CI has: jobs between processes wait for each other half of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'product',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/simulation/**', ...(everyTest ? [] : longest)],
          // Files of one worker share their modules: no test mocks one, and loading them afresh took a third of all CPU time.
          isolate: false,
        },
      },
      // Runs have doubles in the place of modules, which nobody else may see.
      {
        extends: true,
        plugins: [simulationDoubles],
        test: {
          name: 'simulation',
          // Tests that run at once are processes of their own.
          maxConcurrency: 2,
          include: ['tests/simulation/**/*.test.ts'],
          // Much code runs a little: compiled at once it is a sixth faster.
          execArgv: ['--always-sparkplug', '--max-semi-space-size=64'],
        },
      },
    ],
  },
});
