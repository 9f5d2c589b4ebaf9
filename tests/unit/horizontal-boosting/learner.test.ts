import { describe, expect, test } from 'vitest';
import type { HorizontalSpec, NextStep, SumPurpose } from '../../../contract/index.js';
import { firstStep, loadBackend } from '../../../learning/index.js';
import { refuseDifferencing, spendStatistic } from '../../../participant/rounds/differencing.js';
import { absorb, partOf } from '../../../participant/training/learner.js';
import { encodeState, type LearnerState } from '../../../participant/training/learner-state.js';
import { populationDigest } from '../../../participant/training/population.js';
import type { LocalData, Part, SumTask } from '../../../participant/training/sum-task.js';
import { secretDraws } from '../../../participant/training/tree-draws.js';
import { finalForest } from '../../../participant/training/tree-learner.js';
import { codeOf, openJournal } from '../attacks/stage.js';
import { banks, loans, treeSpec } from './stage.js';

const tables = new Map(banks.map((name, at) => [name, loans(300 + 50 * at, at)]));
const keyOf = (name: string) => new Uint8Array(32).fill(1 + banks.indexOf(name));
const start = (spec: HorizontalSpec): LearnerState => ({ hashKey: spec.nonce, history: [], trainLoss: [] });

interface Opened {
  readonly task: Omit<SumTask, 'participant'>;
  readonly before: LearnerState;
  readonly parts: ReadonlyMap<string, Part>;
  readonly total: Float64Array;
  readonly next: NextStep;
}

type Skip = (task: Omit<SumTask, 'participant'>, before: LearnerState) => boolean;

/** A job without protection. `restarted`: nobody remembers anything between two sums but the state on disk. */
async function played(
  spec: HorizontalSpec,
  { restarted = false, skip = () => false }: { restarted?: boolean; skip?: Skip } = {},
): Promise<{ readonly sums: readonly Opened[]; readonly last: LearnerState }> {
  const backend = await loadBackend();
  const remembered = new Map<string, LocalData>(banks.map((name) => [name, { table: tables.get(name)! }]));
  const dataOf = (name: string) => (restarted ? { table: tables.get(name)! } : remembered.get(name)!);
  let state = start(spec);
  let step: NextStep | { purpose: SumPurpose; round: number } = firstStep(spec);
  const sums: Opened[] = [];
  while (step.purpose !== 'done') {
    const task: Omit<SumTask, 'participant'> = { spec, purpose: step.purpose, round: step.round };
    if (skip(task, state)) {
      const { rounds } = spec.training;
      step =
        task.round < rounds
          ? { purpose: 'update', round: task.round + 1 }
          : { purpose: 'evaluation', round: 0 };
      continue;
    }
    const before = state;
    const parts = new Map(
      banks.map((participant) => {
        const own = { ...task, participant, drawKey: keyOf(participant) };
        return [participant, partOf(own, before, dataOf(participant), backend)];
      }),
    );
    const total = new Float64Array(parts.get('bank-a')!.values.length);
    for (const { values } of parts.values()) for (const [at, value] of values.entries()) total[at]! += value;
    const absorbed = absorb({ ...task, participant: 'bank-a' }, before, total);
    state = JSON.parse(Buffer.from(encodeState(absorbed.state)).toString()) as LearnerState;
    step = absorbed.next;
    sums.push({ task, before, parts, total, next: absorbed.next });
  }
  return { sums, last: state };
}

const levelsOf = (sums: readonly Opened[]) =>
  sums.filter(({ task }) => task.purpose === 'update').map(({ task }) => task.round);

describe('a job of trees at its participants', () => {
  test('goes on after a restart before every sum as if nothing had been', async () => {
    const spec = treeSpec({ rows: 0.7, columns: 0.8 });
    const [once, again] = [await played(spec), await played(spec, { restarted: true })];
    expect(again.last).toEqual(once.last);
    expect(again.sums.map(({ total }) => total)).toEqual(once.sums.map(({ total }) => total));
  });

  test('has integers within the bound that its parameter set is chosen by', async () => {
    const spec = treeSpec({ badWeight: 100 });
    const { sums } = await played(spec);
    for (const { parts } of sums) {
      for (const { values, maxAbs } of parts.values()) {
        expect(values.every((value) => Number.isInteger(value) && Math.abs(value) <= maxAbs)).toBe(true);
      }
    }
    const levels = sums.filter(({ task }) => task.purpose === 'update');
    expect(levels.every(({ parts }) => parts.get('bank-a')!.maxAbs === 127 * 10_000)).toBe(true);
  });

  test('learns: the loss on training rows falls with every tree, and metrics of each model are known', async () => {
    const { last } = await played(treeSpec({ learningRate: 0.3 }));
    expect(last.trainLoss.length).toBe(4);
    for (const [at, loss] of last.trainLoss.entries())
      if (at > 0) expect(loss).toBeLessThan(last.trainLoss[at - 1]!);
    expect(last.history.map(({ round }) => round)).toEqual([0, 1, 2, 3, 4]);
    expect(last.history[4]!.metrics!.auc).toBeGreaterThan(0.65);
  });

  test('ends a tree where a level was skipped, with the splits it had', async () => {
    const spec = treeSpec({ minimumChildWeight: 0 });
    const whole = await played(spec);
    let skipped = 0;
    const cut = await played(spec, {
      skip: ({ purpose, round }, { forest }) => {
        const [node] = forest?.growing?.open[0] ?? [];
        const second = purpose === 'update' && round === 2 && node === 1;
        skipped += Number(second);
        return second;
      },
    });
    expect(skipped).toBe(1);
    expect(levelsOf(cut.sums)).toEqual([1, 1, 1, 2, 3, 3, 3, 4, 4, 4]);
    const [first, second] = cut.last.forest!.trees;
    expect(first).toEqual(whole.last.forest!.trees[0]);
    expect(second!.branches).toEqual(whole.last.forest!.trees[1]!.branches.slice(0, 1));
    expect(second!.leaves.map(([node]) => node)).toEqual([1, 2]);
    expect(cut.last.forest!.trees.length).toBe(4);
    expect(cut.last.history.map(({ round }) => round)).toEqual([0, 1, 2, 3, 4]);
  });

  test('stops when a tree finds no split: later ones would find none either', async () => {
    const { sums, last } = await played(treeSpec({ gamma: 1e6 }));
    expect(levelsOf(sums)).toEqual([1]);
    expect(last.forest!.trees.map(({ branches }) => branches.length)).toEqual([0]);
  });

  test('keeps the trees of its best round with early stopping, and does not grow the one that is not needed', async () => {
    const earlyStopping = { metric: 'auc', patience: 1, minDelta: 0.2 } as const;
    const { sums, last } = await played(treeSpec({}, { earlyStopping, training: { rounds: 9, seed: 5 } }));
    const { next, task } = sums.at(-1)!;
    expect(next).toMatchObject({ purpose: 'done', stopped: 'early-stopping' });
    expect(last.forest!.trees.length).toBe(task.round - 1);
    expect(finalForest(last).trees.length).toBe(next.bestRound);
    expect(next.bestRound).toBeLessThan(task.round - 1);
  });
});

test('a participant that lies about its gradients makes trees useless, and neither hangs the others nor breaks them', async () => {
  const { sums } = await played(treeSpec());
  const backend = await loadBackend();
  const levels = sums.filter(({ task }) => task.round === 1);
  for (const lie of [1e13, -1e13]) {
    let { before: state } = levels[0]!;
    let next: NextStep | { purpose: 'update'; round: number } = { purpose: 'update', round: 1 };
    for (let sum = 0; sum < 6 && next.purpose === 'update'; sum++) {
      const task = { spec: levels[0]!.task.spec, purpose: next.purpose, round: next.round };
      const own = { ...task, participant: 'bank-a', drawKey: keyOf('bank-a') };
      const { values } = partOf(own, state, { table: tables.get('bank-a')! }, backend);
      expect(values.every((value) => Number.isInteger(value))).toBe(true);
      values[0]! += lie;
      values[1]! -= lie / 2;
      ({ state, next } = absorb(own, state, values));
    }
    const leaves = state.forest!.trees.flatMap((tree) => tree.leaves.map(([, value]) => value));
    expect(leaves.every(Number.isFinite)).toBe(true);
  }
});

describe('draws of a participant', () => {
  test('are its own, of each tree and purpose, and the same after a restart', () => {
    const words = (key: number, purpose: 1 | 3, tree: number) => {
      const draw = secretDraws(new Uint8Array(32).fill(key), 100);
      return Array.from({ length: 100 }, (_, row) => draw(purpose, tree, row)).join();
    };
    expect(words(1, 1, 0)).toBe(words(1, 1, 0));
    const all = [words(1, 1, 0), words(2, 1, 0), words(1, 3, 0), words(1, 1, 1)];
    expect(new Set(all).size).toBe(4);
  });

  test('decide what it contributes, so that the seed of the job does not', async () => {
    const spec = treeSpec({ rows: 0.5 });
    const { sums } = await played(spec);
    const { before, task, parts } = sums[2]!;
    const backend = await loadBackend();
    const data = { table: tables.get('bank-a')! };
    const other = partOf({ ...task, participant: 'bank-a', drawKey: keyOf('bank-b') }, before, data, backend);
    expect(other.values).not.toEqual(parts.get('bank-a')!.values);
  });
});

describe('two sums of one tree over two sets', () => {
  /** What the five put into the root of a tree, and what four put into its children. */
  async function difference() {
    const { sums } = await played(treeSpec({ minimumChildWeight: 0, depth: 2 }));
    const [root, children] = sums.filter(({ task }) => task.round === 2) as [Opened, Opened];
    return { root, children };
  }

  test('would give away the sums of who is in one of them, exactly', async () => {
    const { root, children } = await difference();
    const four = banks.slice(0, 4);
    const slots = children.total.length / 4;
    const rootSum = root.total.subarray(0, 2 * slots);
    const own = root.parts.get('bank-e')!.values;
    const childSums = children.total.map((_, at) =>
      four.reduce((sum, name) => sum + children.parts.get(name)!.values[at]!, 0),
    );
    const ofG = (values: Float64Array, from: number) =>
      values.subarray(from, from + slots).reduce((sum, value) => sum + value, 0);
    const stolen = ofG(rootSum, 0) - ofG(childSums, 0) - ofG(childSums, 2 * slots);
    expect(stolen).toBe(ofG(own, 0));
    expect(stolen).not.toBe(0);
  });

  test('are one entry of the ledger', async () => {
    const { sums } = await played(treeSpec());
    const journal = openJournal();
    const population = populationDigest(tables.get('bank-a')!);
    for (const [sum, { task, parts }] of sums.entries()) {
      const { model } = parts.get('bank-a')!;
      const common = {
        population,
        jobId: `job-${'2'.repeat(32)}` as never,
        sum,
        members: banks,
        colluders: 1,
      };
      spendStatistic(journal, { ...common, purpose: task.purpose, ...(model && { model }) });
    }
    const kept = journal.statistics.of(population);
    // Two statistics, four trees, the evaluation.
    expect(kept.length).toBe(7);
    expect(new Set(kept.slice(2).map(({ model }) => model!.key)).size).toBe(5);
  });

  test('are refused by the ledger of everybody who is in both, whatever the transcript showed', async () => {
    const { root, children } = await difference();
    const jobId = `job-${'1'.repeat(32)}` as never;
    const population = populationDigest(tables.get('bank-a')!);
    const opened = ({ parts }: Opened, sum: number, members: string[]) => {
      const { model } = parts.get('bank-a')!;
      return { population, model: model!, jobId, sum, purpose: 'update' as const, members, colluders: 1 };
    };
    const ledger = { statistics: { of: () => [opened(root, 5, banks)] } } as never;
    expect(codeOf(() => refuseDifferencing(ledger, opened(children, 6, banks)))).toBe('accepted');
    expect(codeOf(() => refuseDifferencing(ledger, opened(children, 6, banks.slice(0, 4))))).toBe(
      'STATISTICS_DIFFERENCING',
    );
  });
});
