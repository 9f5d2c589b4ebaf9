import { describe, expect, it } from 'vitest';
import { plainPalette } from '../../../cli/text/palette.js';
import { modelPage, modelTable } from '../../../cli/views/domain.js';
import { jobPage } from '../../../cli/views/job.js';
import { progressFrame } from '../../../cli/views/progress.js';
import { roundPage, roundTable } from '../../../cli/views/round.js';
import { treePage } from '../../../cli/views/trees.js';
import { longLines } from './harness.js';
import { course, growingJob, growingRound, treesPart } from './sample-trees.js';
import { submittedMs } from './sample-views.js';

const nowMs = submittedMs + 60_000;

describe('a boosting job', () => {
  it('shows tree, level and step, and counts trees', () => {
    expect(jobPage(growingJob, nowMs, plainPalette)).toContain(
      'state        fitting, tree 3 of 40, level 2 of 3, step histograms\n',
    );
    expect(jobPage({ ...growingJob, phase: 'tree', level: 0 }, nowMs, plainPalette)).toContain(
      'fitting, tree 3 of 40, step tree\n',
    );
    expect(progressFrame(growingJob, 0, plainPalette).join('\n')).toContain('trees        [#-');
  });

  it('shows of a tree every step with its level, and where the time of each level went', () => {
    const page = roundPage(growingRound, plainPalette);
    expect(page).toContain('round         fitting, tree 3 (sum 4)\n');
    expect(page).toContain(
      `
LEVEL  TOOK  ENCRYPT  HISTOGRAM  DECRYPT  SPLIT  TRANSFER      SENT
    1  3.9s    900ms       2.0s    500ms    4ms     446ms   685 KiB
    2  1.0s    900ms          -        -      -     100ms   391 KiB
  all  4.8s     1.8s       2.0s    500ms    4ms     546ms  1.05 MiB
`.trim(),
    );
    expect(page).toMatch(/ {2}13 {6}1 {2}sides +rows that go left +30 ms/);
    expect(longLines(page)).toEqual([]);
  });

  it('shows no level where there are none: an older coordinator tells none', () => {
    const steps = growingRound.steps.map((step) => ({ ...step, level: 0 }));
    const page = roundPage({ ...growingRound, steps }, plainPalette);
    expect(page).not.toMatch(/LEVEL|HISTOGRAM/);
    expect(page).toContain('gradients');
    expect(roundTable([growingRound], plainPalette)).toContain('TREE');
  });
});

describe('trees at a node', () => {
  it('stand in a list one by one: nodes of each level, splits, losses, AUC and KS', () => {
    const { jobId } = treesPart;
    const page = treePage({ jobId, finished: true, trees: course, used: 2 }, plainPalette);
    expect(page).toContain('trees  3, of which 2 score\n');
    expect(page).toContain(
      `
TREE  NODES BY LEVEL  OWN  PARTNERS'  TRAINING  VALIDATION     AUC      KS
   1  1 2 4 4           5          0    0.5512      0.5611  0.7012  0.3100
   2  1 2 4 8           3          4    0.5101      0.5306  0.7823  0.4291
   3  1 2 2             1          1    0.5007      0.5321  0.7800  0.4300
`.trim(),
    );
    expect(longLines(page)).toEqual([]);
    expect(treePage({ jobId, finished: false, trees: course }, plainPalette)).toContain('trees  3 so far\n');
  });

  it('at a feature holder are its own splits', () => {
    const trees = [{ ownSplits: 0 }, { ownSplits: 4 }];
    const page = treePage({ jobId: treesPart.jobId, finished: true, trees }, plainPalette);
    expect(page).toMatch(/ {3}2 +4/);
    expect(page).not.toMatch(/LOSS|AUC/);
  });

  it('leave importance by gain and cover, a partner’s features under codes', () => {
    const page = modelPage(treesPart, plainPalette);
    expect(page).toMatch(/f2 +platform-x +3 +60\.0 % +75\.0 %/);
    expect(page).toMatch(/Amount +bank-a +8 +40\.0 % +25\.0 %/);
    expect(longLines(page)).toEqual([]);
    expect(modelTable([treesPart], plainPalette)).toMatch(/trees +2 +-/);
    const own = { party: 'platform-x', feature: 'Age', splits: 3, gain: 0, cover: 0 };
    const held = { ...treesPart, me: 'platform-x', importance: [own], codes: { Age: 'f2', Income: 'f1' } };
    expect(modelPage(held, plainPalette)).toMatch(/FEATURE +CODE +SPLITS\nAge +f2 +3/);
    const bare = { ...treesPart, importance: [{ ...treesPart.importance![0]!, gain: 0, cover: 0 }] };
    expect(modelPage(bare, plainPalette)).not.toMatch(/NaN|Infinity/);
  });
});
