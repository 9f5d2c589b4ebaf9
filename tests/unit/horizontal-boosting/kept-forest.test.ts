import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HexDigest, HorizontalSpec } from '../../../contract/index.js';
import { exactMetrics, loadBackend, usualScaling } from '../../../learning/index.js';
import { binOfNumber } from '../../../learning/trees/value-cells.js';
import { homeLayout } from '../../../participant/config.js';
import { forestForm } from '../../../participant/forest-export.js';
import { type ExportedNode, type ExportedTrees, exportModel } from '../../../participant/model-export.js';
import { writeModelReport } from '../../../participant/model-report.js';
import { concludeJob, type JobResult } from '../../../participant/training/conclusion.js';
import { heldOutScores } from '../../../participant/training/held-out-scores.js';
import {
  forgetStates,
  keptStates,
  type LearnerState,
  loadState,
  saveState,
  statePath,
} from '../../../participant/training/learner-state.js';
import { readGate } from '../../../participant/training/read-gate.js';
import { showTrees } from '../../../participant/trees.js';
import { codedAsync } from '../../support/coded.js';
import { verticalSpecOf } from '../../support/vertical-cast.js';
import { played, tables } from './played.js';
import { treeSpec } from './stage.js';

const home = mkdtempSync(join(tmpdir(), 'fedrisk-forest-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const { jobs } = homeLayout(home);
const me = 'bank-d';
const table = tables.get(me)!;
const training = { rounds: 12, seed: 5 };

/** Ends a job at one participant, as the last sum of it was applied. */
async function concluded(jobId: string, spec: HorizontalSpec, compareSolo = true) {
  const { last, sums } = await played(spec);
  const folder = join(jobs, jobId);
  mkdirSync(folder, { recursive: true });
  saveState(statePath(folder, sums.length), last);
  const task = {
    ...({ kind: 'conclude', spec, participant: me, datasetFolder: home, jobsFolder: jobs } as const),
    ...{ jobId, sums: sums.length, agreedFingerprint: 'cd'.repeat(32) as HexDigest, compareSolo },
    gate: readGate(),
  };
  return { folder, last, result: await concludeJob(task, { table }) };
}

let stopped: { readonly folder: string; readonly last: LearnerState; readonly result: JobResult };
const jobId = `job-${'5'.repeat(32)}`;
const spec = treeSpec({ learningRate: 1, depth: 4, patience: 2, validationRows: 300 }, { training });
beforeAll(async () => {
  stopped = await concluded(jobId, spec);
});

describe('a finished job of trees at a participant', () => {
  test('has a course of all trees, more than are kept, with joint figures after each', () => {
    const { result, last } = stopped;
    const { course, round, lift, history } = result;
    expect(course!.length).toBe(last.forest!.trees.length);
    expect(course!.length).toBe(round + 2);
    course!.forEach(({ nodes, splits, ...figures }, at) => {
      const { branches, leaves } = last.forest!.trees[at]!;
      expect(nodes.reduce((sum, count) => sum + count, 0)).toBe(branches.length + leaves.length);
      expect(splits).toBe(branches.length);
      expect(figures.auc).toBe(history[at + 1]!.metrics!.auc);
      expect(figures.validationLoss).toBe(last.validationLoss![at + 1]);
      expect(figures.trainingLoss).toBe(last.trainLoss[at + 1]);
    });
    // Bands are those of the model that is kept, of all held-out rows.
    expect(lift!.round).toBe(round);
    const { rows, positives } = history[round]!.metrics!;
    expect(lift!.rows.reduce((sum, band) => sum + band.rows, 0)).toBe(rows);
    expect(lift!.rows.reduce((sum, band) => sum + band.bads, 0)).toBeCloseTo(positives, 6);
  });

  test('is measured against own trees on own held-out rows', () => {
    const { gain, joint, solo } = stopped.result;
    expect(gain!.joint.metrics.auc).toBe(joint!.own.auc);
    expect(gain!.solo.metrics.auc).toBe(solo!.own.auc);
    expect(gain!.rows).toBe(table.test.reduce((sum, held) => sum + held, 0));
    expect(gain!.bands.length).toBeGreaterThan(2);
  });

  test('shows its trees afterwards, and while it runs those of its newest state', async () => {
    const { course, round } = stopped.result;
    expect(await showTrees({ home, jobId })).toEqual({ jobId, finished: true, trees: course, used: round });
    const running = `job-${'6'.repeat(32)}`;
    const { sums } = await played(treeSpec({}, { training }));
    mkdirSync(join(jobs, running));
    const between = sums.filter(({ before }) => before.forest?.growing).at(-1)!.before;
    saveState(statePath(join(jobs, running), 9), sums[1]!.before);
    saveState(statePath(join(jobs, running), 10), between);
    const { trees, finished } = await showTrees({ home, jobId: running });
    expect(finished).toBe(false);
    expect(trees.length).toBe(between.forest!.trees.length);
    const [last] = trees.slice(-1);
    expect(last).toMatchObject({ splits: between.forest!.trees.at(-1)!.branches.length });
    expect(await codedAsync(showTrees({ home, jobId: `job-${'7'.repeat(32)}` }))).toBe('MODEL_UNKNOWN');
  });
});

describe('the exported form of trees that several grew', () => {
  /** As another program would walk down: by the documents and the raw cells alone. */
  function goesLeft({ splits, features, hashKey }: ExportedTrees, id: string, row: number): boolean {
    const { feature, left, missing } = splits.find((split) => split.id === id)!;
    const { kind, hashOf, hashes, others } = features[feature]!;
    if (kind === 'number') {
      const value = table.numbers.get(feature)![row]!;
      if (Number.isNaN(value)) return missing === 'left';
      if ('values' in left) return left.values === 'all';
      return 'below' in left ? value < left.below : 'atMost' in left && value <= left.atMost;
    }
    const { codes, levels } = table.categories.get(feature)!;
    const level = levels[codes[row]!];
    if (level === undefined) return missing === 'left';
    const tag = createHmac('sha256', Buffer.from(hashKey!, 'hex')).update(`${feature}\0${level}`).digest();
    const hash = tag.readUInt32BE(0) % 4096;
    expect(hashOf![level]).toBe(hash);
    if (others === 'missing' && !hashes!.includes(hash)) return missing === 'left';
    return 'values' in left ? left.values === 'all' : 'hashes' in left && left.hashes.includes(hash);
  }

  test('scores raw rows as the kept model does', async () => {
    const out = join(home, 'model.json');
    expect(await exportModel({ home, jobId, out })).toEqual({
      ...{ path: out, format: 'fedrisk/exported-model/1', kind: 'trees', party: me },
    });
    const model = JSON.parse(readFileSync(out, 'utf8')) as ExportedTrees;
    expect(model.trees!.length).toBe(stopped.result.round);
    const used = new Set(model.splits.map(({ feature }) => model.features[feature]!.kind));
    expect(used).toEqual(new Set(['number', 'category']));
    const kinds = new Set(model.splits.flatMap(({ left }) => Object.keys(left)));
    expect(kinds).toContain('below');
    expect(kinds).toContain('hashes');
    const kept = await loadState(join(stopped.folder, 'model.json'));
    const { scores } = heldOutScores(spec, kept, table, await loadBackend());
    const heldOut = [...table.test.keys()].filter((row) => table.test[row] === 1);
    heldOut.forEach((row, at) => {
      const score = model.trees!.reduce((sum, nodes) => {
        const byId = new Map(nodes.map((node) => [node.id, node]));
        let node: ExportedNode = nodes[0]!;
        while (!('leaf' in node)) node = byId.get(goesLeft(model, node.id, row) ? node.left : node.right)!;
        return sum + node.leaf;
      }, model.start!);
      // Kept scores stand on the grid of the job.
      expect(Math.abs(score - scores[at]!)).toBeLessThan(0.02 * (1 + Math.abs(score)));
    });
    expect(
      exactMetrics(
        scores,
        table.label.filter((_, row) => table.test[row] === 1),
      )!.auc,
    ).toBeCloseTo(stopped.result.joint!.own.auc, 9);
  });

  test('parts values that lie on a cut, negative ones too, as bins do', () => {
    const cuts = [-10, 0, 10];
    const features = [{ kind: 'number', name: 'balance', cuts }] as const;
    const branches = [0, 1, 2, 3].map((bin) => [bin, 0, bin, 1, 1, 1] as const);
    const form = forestForm(
      spec,
      { jobId, name: 'edges', participant: me },
      {
        ...{ hashKey: 'ab', history: [], trainLoss: [] },
        bins: { version: 1, rows: 1, positives: 0, features },
        forest: { start: 0, trees: [{ branches, leaves: [] }] },
      },
    );
    expect(form.splits.map(({ left }) => left)).toEqual([
      { atMost: -10 },
      { below: 0 },
      { below: 10 },
      { values: 'all' },
    ]);
    for (const value of [-11, -10, -9.5, -0, 0, 0.1, 9.9, 10, 11]) {
      form.splits.forEach(({ left }, bin) => {
        const goes = 'below' in left ? value < left.below : !('atMost' in left) || value <= left.atMost;
        expect(goes).toBe(binOfNumber(cuts, value) <= bin);
      });
    }
  });

  test('is not to be had of other models', async () => {
    const other = `job-${'8'.repeat(32)}`;
    mkdirSync(join(jobs, other), { recursive: true });
    const { model: _, ...rest } = spec;
    writeFileSync(join(jobs, other, 'spec.json'), JSON.stringify({ ...rest, model: { kind: 'logistic' } }));
    const refused = exportModel({ home, jobId: other, out: join(home, 'other.json') });
    expect(await codedAsync(refused)).toBe('MODEL_UNKNOWN');
  });
});

describe('the report of trees that several grew', () => {
  test('tells joint and own figures, the course, importance and who could decrypt', async () => {
    const out = join(home, 'report.html');
    writeModelReport({ home, jobId, out });
    const page = readFileSync(out, 'utf8');
    const { result } = stopped;
    expect(page).toContain(`${result.round} trees score`);
    expect(page).toContain('2 more were grown in which the loss of validation customers fell no further');
    expect(page).toContain(`bank-d alone has AUC ${result.solo!.own.auc.toFixed(4)}`);
    expect(page).toContain(result.history[result.round]!.metrics!.auc.toFixed(4));
    for (const words of ['Calibration: observed', 'Share of the gain', 'Log-loss of validation', 'balance']) {
      expect(page).toContain(words);
    }
    expect(page).not.toMatch(/NaN|Infinity|undefined|<script/);
  });

  test('counts points as vertical jobs do that say nothing of them', () => {
    const vertical = verticalSpecOf({
      ...{ name: 'trees', mode: 'vertical', type: 'boosting', purpose: 'credit-risk', labelHolder: 'bank' },
      parties: Object.fromEntries(
        ['bank', 'platform'].map((name) => [name, { dataset: 'loans', features: { age: 'number' } }]),
      ),
    });
    expect(vertical).toMatchObject({ scaling: usualScaling });
  });

  test('says so where nothing was compared', async () => {
    const alone = `job-${'9'.repeat(32)}`;
    await concluded(alone, treeSpec({}, { training: { rounds: 2, seed: 5 } }), false);
    const out = join(home, 'report.html');
    writeModelReport({ home, jobId: alone, out });
    const page = readFileSync(out, 'utf8');
    expect(page).toMatch(/The joint model of .* has AUC/);
    expect(page).toContain('nothing was compared');
    expect(page).not.toMatch(/NaN|Infinity|undefined|validation customers fell/);
  });
});

test('the report of another model of a horizontal job has its rounds in place of trees', async () => {
  const other = `job-${'a'.repeat(32)}`;
  const { result } = await concluded(
    other,
    treeSpec({}, { model: { kind: 'logistic' }, training: { rounds: 3, seed: 5 } }),
  );
  const out = join(home, 'report.html');
  writeModelReport({ home, jobId: other, out });
  const page = readFileSync(out, 'utf8');
  expect(page).toContain(`<title>${result.name}: logistic regression</title>`);
  expect(page).toContain('3 rounds of training; the model that is kept is the last.');
  expect(page).toContain(`bank-d alone has AUC ${result.solo!.own.auc.toFixed(4)}`);
  expect(page).not.toMatch(/NaN|Infinity|undefined|Importance|groups of at least|Validation loss/);
});

describe('states of a job', () => {
  const folder = join(home, 'states');
  const empty: LearnerState = { hashKey: '', history: [], trainLoss: [] };

  test('go once two later ones were made, whatever a crash left of earlier ones', async () => {
    mkdirSync(folder);
    for (const sum of [1, 2, 3, 6]) saveState(statePath(folder, sum), empty);
    writeFileSync(join(folder, 'state-x.json'), '');
    await forgetStates(folder, 3);
    expect(await keptStates(folder)).toEqual([2, 3, 6]);
    // Sums 6 to 8 were skipped: what follows starts from 6.
    saveState(statePath(folder, 9), empty);
    await forgetStates(folder, 6);
    expect(await keptStates(folder)).toEqual([3, 6, 9]);
    await forgetStates(folder, 6);
    expect(await keptStates(folder)).toEqual([3, 6, 9]);
  });

  test('of a job that nothing is known of are none', async () => {
    await forgetStates(join(home, 'nowhere'), 4);
    expect(await keptStates(join(home, 'nowhere'))).toEqual([]);
  });
});
