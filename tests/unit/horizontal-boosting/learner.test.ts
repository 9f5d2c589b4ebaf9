import { describe, expect, test } from 'vitest';
import type { NextStep } from '../../../contract/index.js';
import { levelPart, loadBackend, validationRows } from '../../../learning/index.js';
import { publicDraws } from '../../../learning/trees/draws.js';
import { refuseDifferencing, spendStatistic } from '../../../participant/rounds/differencing.js';
import { absorb, partOf } from '../../../participant/training/learner.js';
import { populationDigest } from '../../../participant/training/population.js';
import { secretDraws } from '../../../participant/training/tree-draws.js';
import { finalForest } from '../../../participant/training/tree-learner.js';
import { grownRows } from '../../../participant/training/tree-measures.js';
import { codeOf, openJournal } from '../attacks/stage.js';
import { keyOf, type Opened, played, tables } from './played.js';
import { banks, treeSpec } from './stage.js';

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
});

describe('trees that end by validation rows', () => {
  const ending = (model: object = {}) =>
    treeSpec(
      { learningRate: 1, depth: 4, minimumChildWeight: 0, patience: 2, validationRows: 300, ...model },
      { training: { rounds: 30, seed: 5 } },
    );

  test('end when their loss has not fallen for as many trees, and keep those up to the least', async () => {
    const { sums, last } = await played(ending());
    const { next, task } = sums.at(-1)!;
    expect(next).toMatchObject({ purpose: 'done', stopped: 'early-stopping' });
    const losses = last.validationLoss!.slice(1) as number[];
    const least = 1 + losses.indexOf(Math.min(...losses));
    expect(losses.length).toBe(least + 2);
    expect(next.bestRound).toBe(least);
    expect(last.forest!.trees.length).toBe(task.round - 1);
    expect(finalForest(last).trees.length).toBe(least);
    // The tree that would have been next is not grown, though its first level was summed.
    expect(last.trainLoss.length).toBe(losses.length + 1);
    expect(last.lift!.round).toBe(least);
  });

  test('never hear of the held-out rows: their labels turned round, the same trees are kept', async () => {
    const turned = new Map(
      [...tables].map(([name, table]) => {
        const label = table.label.map((bad, row) => (table.test[row] === 1 ? 1 - bad : bad));
        return [name, { ...table, label }];
      }),
    );
    const spec = ending();
    const [one, other] = [await played(spec), await played(spec, { tables: turned })];
    expect(finalForest(other.last)).toEqual(finalForest(one.last));
    expect(other.last.kept).toBe(one.last.kept);
    expect(other.last.history).not.toEqual(one.last.history);
  });

  test('are not grown on these rows, on no level', async () => {
    const spec = ending();
    const { sums } = await played(spec);
    const updates = sums.filter(({ task }) => task.purpose === 'update' && task.round <= 2);
    expect(updates.length).toBeGreaterThan(4);
    for (const { task, before } of updates) {
      const own = { ...task, participant: 'bank-c', drawKey: keyOf('bank-c') };
      const rows = grownRows(own, before, { table: tables.get('bank-c')! });
      const share = rows.aside.reduce((sum, chosen) => sum + chosen, 0) / rows.aside.length;
      expect(share).toBeCloseTo(300 / before.bins!.rows, 1);
      const level = (labels: Uint8Array) =>
        levelPart(spec, before.bins!, before.forest!, {
          ...{ ...rows, labels, fewest: 20, draw: secretDraws(own.drawKey, labels.length) },
        }).values;
      const flipped = (of: Uint8Array) => rows.labels.map((bad, row) => (of[row] === 1 ? 1 - bad : bad));
      expect(level(flipped(rows.aside))).toEqual(level(rows.labels));
      expect(level(flipped(rows.training))).not.toEqual(level(rows.labels));
    }
  });

  test('tell the losses of both kinds of rows apart, each over all participants', async () => {
    const spec = ending();
    const { sums, last } = await played(spec);
    const third = sums.find(({ task }) => task.round === 3)!;
    const rows = banks.map((participant) => {
      const own = { ...third.task, participant, drawKey: keyOf(participant) };
      return grownRows(own, third.before, { table: tables.get(participant)! });
    });
    const meanLoss = (kind: 'training' | 'aside') => {
      const losses = rows.flatMap(({ labels, logOdds, [kind]: marked }) =>
        [...labels.keys()]
          .filter((row) => marked[row] === 1)
          .map((row) => Math.log1p(Math.exp(labels[row] === 1 ? -logOdds[row]! : logOdds[row]!))),
      );
      return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    };
    expect(last.trainLoss[2]).toBeCloseTo(meanLoss('training'), 5);
    expect(last.validationLoss![2]).toBeCloseTo(meanLoss('aside'), 5);
    expect(last.trainLoss[2]).toBeLessThan(last.validationLoss![2]!);
  });

  test('are the same after a restart before every sum', async () => {
    const spec = ending();
    const [once, again] = [await played(spec), await played(spec, { restarted: true })];
    expect(again.last).toEqual(once.last);
  });

  test('go on to the last where nobody has enough rows to set aside', async () => {
    const { sums, last } = await played(
      treeSpec({ patience: 1, validationRows: 20 }, { training: { rounds: 3, seed: 5 } }),
    );
    expect(last.validationLoss).toEqual([null, null, null, null]);
    expect(sums.at(-1)!.next).toMatchObject({ stopped: 'rounds', bestRound: 3 });
  });
});

describe('validation rows', () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, row) => Number(row % 5 === 0));
  const draw = publicDraws(7);
  const count = (of: Uint8Array) => of.reduce((sum, value) => sum + value, 0);

  test('are the share of good and of bad rows, at most a quarter of all', () => {
    const chosen = validationRows(labels, 0.1, 20, draw);
    expect(count(chosen)).toBe(100);
    expect(count(chosen.map((value, row) => value * labels[row]!))).toBe(20);
    expect(count(validationRows(labels, 3, 20, draw))).toBe(250);
  });

  test('are none of a participant that would have few', () => {
    expect(count(validationRows(labels, 0.019, 20, draw))).toBe(0);
    expect(count(validationRows(labels, 0.02, 20, draw))).toBe(20);
  });

  test('are drawn anywhere in the dataset, by the participant alone', () => {
    const chosen = validationRows(labels, 0.2, 20, draw);
    expect(count(chosen.subarray(0, 500))).toBeGreaterThan(60);
    expect(count(chosen.subarray(500))).toBeGreaterThan(60);
    expect(chosen).not.toEqual(validationRows(labels, 0.2, 20, publicDraws(8)));
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
