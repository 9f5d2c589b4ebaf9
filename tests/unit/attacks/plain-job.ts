import {
  type HorizontalSpec,
  type JobId,
  jobIdOfSpec,
  type NextStep,
  type SumPurpose,
} from '../../../contract/index.js';
import { firstStep, loadBackend, type Table } from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';
import type { OpenedSum } from '../../../participant/journal/index.js';
import { absorb, partOf } from '../../../participant/training/learner.js';
import type { LearnerState } from '../../../participant/training/learner-state.js';
import { populationDigest } from '../../../participant/training/population.js';
import type { Part } from '../../../participant/training/sum-task.js';
import { specFor } from '../../support/cast.js';

export const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'bank-e'];
export const four = five.slice(0, 4);

const tables = new Map(five.map((name) => [name, rowsOf(name)]));

/** 400 rows of a bank: two numbers and a category that say something, one number that never changes. */
function rowsOf(name: string): Table {
  const random = seededRandom('rows', name);
  const rows = 400;
  const [x, y, same] = [0, 1, 2].map(() => new Float64Array(rows)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const codes = new Int32Array(rows);
  const [label, test] = [new Uint8Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    x[row] = 10 * random.unit();
    y[row] = 5 * random.unit();
    same[row] = 3;
    codes[row] = random.below(3);
    label[row] = random.unit() < x[row]! / 12 + codes[row]! / 12 ? 1 : 0;
    test[row] = random.below(4) === 0 ? 1 : 0;
  }
  const numbers = new Map(Object.entries({ x, y, same }));
  return {
    rows,
    numbers,
    categories: new Map([['home', { codes, levels: ['own', 'rent', 'with'] }]]),
    label,
    test,
  };
}

export interface PlainSum {
  readonly sum: number;
  readonly purpose: SumPurpose;
  readonly round: number;
  readonly members: readonly string[];
  /** What all learn when it is opened. */
  readonly total: Float64Array;
  readonly parts: ReadonlyMap<string, Part>;
}

/** A job without protection: what its sums give away is what the five learn from the protected one. */
export interface PlainJob {
  readonly spec: HorizontalSpec;
  readonly jobId: JobId;
  readonly sums: readonly PlainSum[];
  readonly last: LearnerState;
  /** A sum as the ledger of a bank has it. */
  opened(bank: string, sum: number): OpenedSum;
}

export function plainSpec(fields: object = {}): HorizontalSpec {
  return specFor(five, { features: { x: 'number', y: 'number' }, ...fields });
}

/**
 * @param without who is missing from which sum.
 * @param start of a warm start; else hash keys differ between jobs, as keys of participants do.
 */
export async function plainJob(
  spec: HorizontalSpec,
  without: Readonly<Record<number, readonly string[]>> = {},
  start?: LearnerState,
): Promise<PlainJob> {
  const backend = await loadBackend();
  const jobId = jobIdOfSpec(spec);
  let state: LearnerState = start ?? { hashKey: spec.nonce, history: [], trainLoss: [] };
  let step: NextStep = firstStep(spec);
  const sums: PlainSum[] = [];
  while (step.purpose !== 'done') {
    const { purpose, round } = step as { purpose: SumPurpose; round: number };
    const sum = sums.length;
    const task = (participant: string) => ({ spec, participant, purpose, round });
    const parts = new Map(
      five.map((name) => [name, partOf(task(name), state, { table: tables.get(name)! }, backend)]),
    );
    const members = five.filter((name) => !without[sum]?.includes(name));
    const total = new Float64Array(parts.get('bank-a')!.values.length);
    for (const name of members) {
      for (const [at, value] of parts.get(name)!.values.entries()) total[at]! += value;
    }
    sums.push({ sum, purpose, round, members, total, parts });
    const absorbed = absorb(task('bank-a'), state, total);
    ({ state, next: step } = absorbed);
  }
  return {
    spec,
    jobId,
    sums,
    last: state,
    opened: (bank, sum) => {
      const { purpose, members, parts } = sums[sum]!;
      const { model } = parts.get(bank)!;
      const population = populationDigest(tables.get(bank)!);
      return { population, ...(model && { model }), jobId, sum, purpose, members, colluders: spec.colluders };
    },
  };
}
