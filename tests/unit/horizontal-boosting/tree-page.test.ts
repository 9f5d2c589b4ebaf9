import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RoundView } from '../../../cli/client.js';
import { plainPalette } from '../../../cli/text/palette.js';
import { jointTreePage } from '../../../cli/views/joint-tree.js';
import { treePage } from '../../../cli/views/trees.js';
import { besideLevel, specJson } from '../../../contract/index.js';
import { envelope, longLines, runHere } from '../cli/harness.js';
import { JobsScenes } from '../cli/jobs-scenes.js';
import { agreedRound, runningJob, submittedMs } from '../cli/sample-views.js';
import { played } from './played.js';
import { treeSpec } from './stage.js';

const { jobId } = runningJob;
let scenes: JobsScenes;
beforeAll(() => {
  scenes = new JobsScenes();
});
afterEach(() => scenes.stop());
afterAll(() => scenes.close());

const spec = treeSpec();
const perNode = 500;

/** Three levels of the third tree: the second over two nodes, the third skipped. */
const levels: readonly RoundView[] = [1, 2, 3].map((level) => ({
  ...agreedRound,
  ...{ sum: 3 + level, level, startedMs: submittedMs + 5000 * level, metrics: [], leftOut: [] },
  ...(level < 3
    ? { agreedMs: submittedMs + 5000 * level + 4000, valueCount: level * perNode }
    : { agreedMs: 0, survivors: [], valueCount: 0, phase: 'skipped', verification: 'not opened', addMs: 0 }),
  ...(level === 1 && { valueCount: perNode + besideLevel(spec) }),
  ...(level === 3 && { participants: agreedRound.participants.map((each) => ({ ...each, bytesUp: 0 })) }),
}));

describe('rounds show of a tree', () => {
  test('has all its levels: nodes, who was in, bytes, and where the time of each went', () => {
    const page = jointTreePage(levels, spec, plainPalette);
    expect(page).toContain('tree          3, 3 levels (sums 4 to 6)\nphase         agreed\n');
    expect(page).toContain('verification  verified\n');
    expect(page).toContain(
      `
LEVEL  SUM  STATE       NODES   IN  VALUES      SENT
    1    4  verified        1  3/3   2 504  3.00 MiB
    2    5  verified        2  3/3   1 000  3.00 MiB
    3    6  not opened      -    -       -       0 B
`.trim(),
    );
    expect(page).toMatch(/LEVEL +TOOK +HISTOGRAM +ENCRYPT +ADD +DECRYPT +SPLIT +TRANSFER\n/);
    expect(page).toMatch(/ {4}1 +4\.0s +1\.9s +180ms +31ms +95ms +6ms +1\.8s\n/);
    expect(page).toMatch(/ {2}all +8\.0s/);
    expect(longLines(page)).toEqual([]);
  });

  test('counts nodes by the values that levels have, with validation rows and without', async () => {
    for (const job of [spec, treeSpec({ patience: 3, validationRows: 300, columns: 0.5 })]) {
      const { sums } = await played(job);
      const tree = sums.filter(({ task }) => task.round === 2);
      const views = tree.map(({ total }, at) => ({
        ...levels[0]!,
        ...{ level: at + 1, sum: 4 + at, valueCount: total.length },
      }));
      const page = jointTreePage(views, job, plainPalette);
      const shown = page
        .match(/^ {4}\d +\d+ +verified +\d+/gm)!
        .map((line) => Number(line.split(/ +/).at(-1)));
      expect(shown).toEqual(tree.map(({ before }) => before.forest!.growing?.open.length ?? 1));
    }
  });

  test('asks for the levels one by one, until another tree begins or none is there', async () => {
    const sums = [...levels, { ...levels[0]!, sum: 7, round: 4 }];
    const asked: (number | string)[] = [];
    const scene = await scenes.served({
      GetRound: (call, answer) => {
        const wanted = call.request.sum ?? 4;
        asked.push(wanted);
        answer(null, { round: sums.find(({ sum }) => sum === wanted)! });
      },
      GetJob: (_call, answer) => answer(null, { job: runningJob, specJson: specJson(spec) }),
    });
    const shown = await runHere(['rounds', 'show', jobId, '3', '--json'], scene);
    expect(asked).toEqual([4, 5, 6, 7]);
    const { data } = envelope(shown);
    expect(data.levels.map(({ level }: RoundView) => level)).toEqual([1, 2, 3]);
    // A sum asked for by its number is that one, in full.
    asked.length = 0;
    await runHere(['rounds', 'show', jobId, '--sum', '5'], scene);
    expect(asked).toEqual([5]);
  });
});

test('trees of a horizontal job stand in a list, with one column of splits', () => {
  const trees = [
    { nodes: [1, 2, 4], splits: 3, trainingLoss: 0.51, validationLoss: 0.52, auc: 0.7, ks: 0.3 },
    { nodes: [1, 2], splits: 1, validationLoss: 0.53, auc: 0.71, ks: 0.31 },
  ];
  const page = treePage({ jobId, finished: true, trees, used: 1 }, plainPalette);
  expect(page).toContain(
    `
TREE  NODES BY LEVEL  SPLITS  TRAINING  VALIDATION     AUC      KS
   1  1 2 4                3    0.5100      0.5200  0.7000  0.3000
   2  1 2                  1         -      0.5300  0.7100  0.3100
`.trim(),
  );
  expect(page).toContain('the same at each of them');
  expect(longLines(page)).toEqual([]);
});
