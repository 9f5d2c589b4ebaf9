import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ClearParty, calibrated, clearBoosting, probabilityOf } from '../../../learning/index.js';
import { alignedRows } from '../../../participant/vertical/aligning.js';
import { hiddenFeatures } from '../../../participant/vertical/boosting/hidden-features.js';
import type { GrownTrees } from '../../../participant/vertical/boosting/label-holder.js';
import { boostingSpec, treeSettings } from '../../../participant/vertical/boosting/settings.js';
import { treeRows } from '../../../participant/vertical/boosting/tree-rows.js';
import { ownRows } from '../../../participant/vertical/own-rows.js';
import { openGrant, runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { bankFeatures, holdCredit, platformFeatures } from '../../support/vertical-credit.js';

const parties: VerticalParty[] = [];
afterAll(() => {
  for (const party of parties) party.remove();
});

function partyOf(name: string): VerticalParty {
  const party = new VerticalParty(name);
  parties.push(party);
  return party;
}

describe('early stopping', () => {
  it('ends when validation loss has not fallen for as many trees, and keeps those up to the least', async () => {
    const [bank, platform] = [partyOf('bank'), partyOf('platform')];
    const has = (id: number) => id % 4 === 0;
    holdCredit(bank, { features: bankFeatures, label: true, has });
    holdCredit(platform, { features: platformFeatures, label: false, has });
    const spec = verticalSpecOf({
      ...{ name: 'trees', mode: 'vertical', type: 'boosting', purpose: 'credit-risk', labelHolder: 'bank' },
      parties: {
        bank: { dataset: 'loans', features: bankFeatures },
        platform: { dataset: 'loans', features: platformFeatures },
      },
      // Steep steps overfit a thousand rows within a few trees.
      trees: { count: 40, depth: 2, learningRate: 1, patience: 3 },
    });
    const run = await runVertical(spec, [bank, platform]);
    const grown = JSON.parse(readFileSync(join(run.folderOf('bank'), 'work-trees'), 'utf8')) as GrownTrees;
    const least = grown.losses.indexOf(Math.min(...grown.losses)) + 1;
    expect(grown.trees.length).toBeLessThan(40);
    expect(grown.trees.length).toBe(least + 3);
    expect(run.resultOf('bank').trees).toBe(least);
    const model = JSON.parse(readFileSync(join(run.folderOf('bank'), 'model.json'), 'utf8'));
    expect(model.forest).toMatchObject({ used: least, trees: { length: least + 3 } });
    expect(run.resultOf('bank').evaluation!.calibratedApart).toBe(true);
  });
});

describe('a job without encryption', () => {
  it.each(['bank', 'platform'])('gets nothing from a %s that was not started for it', async (closed) => {
    const [bank, platform] = [partyOf('bank'), partyOf('platform')];
    const has = (id: number) => id % 8 === 0;
    holdCredit(bank, { features: bankFeatures, label: true, has });
    holdCredit(platform, { features: platformFeatures, label: false, has });
    for (const party of [bank, platform]) {
      if (party.name !== closed) party.grant = { ...openGrant, plaintext: true };
    }
    const spec = verticalSpecOf({
      ...{ name: 'trees', mode: 'vertical', type: 'boosting', purpose: 'credit-risk', labelHolder: 'bank' },
      parties: {
        bank: { dataset: 'loans', features: bankFeatures },
        platform: { dataset: 'loans', features: platformFeatures },
      },
      trees: { count: 2, depth: 2 },
      plaintext: true,
    });
    const sent: string[] = [];
    const run = runVertical(spec, [bank, platform], { tamper: ({ name }) => sent.push(name) });
    await expect(run).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' });
    expect(sent.includes('gradients')).toBe(closed === 'platform');
    expect(sent).not.toContain('histograms');
  });
});

describe('trees of parties are those of the same learner over all rows, split for split', () => {
  it.each([
    ['one platform', 1, {}, false, false],
    ['without encryption', 1, {}, false, true],
    ['two platforms, everybody from the first tree on', 2, { first: 'everybody', depth: 3 }, false, false],
    ['started anew before every step', 1, { rows: 0.7, columns: 0.8, depth: 3 }, true, false],
  ] as const)('%s', async (_, platforms, trees, restarts, plaintext) => {
    const bank = partyOf('bank');
    holdCredit(bank, { features: bankFeatures, label: true, has: (id) => id % 2 === 0 });
    const names = Object.keys(platformFeatures) as (keyof typeof platformFeatures)[];
    const holders = Array.from({ length: platforms }, (_, at) => partyOf(`platform-${at + 1}`));
    const shares = holders.map((_, at) =>
      Object.fromEntries(
        names.filter((__, k) => k % platforms === at).map((name) => [name, platformFeatures[name]]),
      ),
    );
    for (const [at, holder] of holders.entries()) {
      holdCredit(holder, { features: shares[at]!, label: false, has: (id) => id % 2 === 0 || id % 3 === 0 });
    }
    const spec = verticalSpecOf({
      ...{ name: 'trees', mode: 'vertical', type: 'boosting', purpose: 'credit-risk', labelHolder: 'bank' },
      parties: {
        bank: { dataset: 'loans', features: bankFeatures, monotone: { Debt: 'rising' } },
        ...Object.fromEntries(
          holders.map(({ name }, at) => [name, { dataset: 'loans', features: shares[at]! }]),
        ),
      },
      trees: { count: 4, depth: 4, groupRows: 20, ...trees },
      ...(plaintext && { plaintext }),
    });
    if (plaintext) for (const party of [bank, ...holders]) party.grant = { ...openGrant, plaintext };
    const clear = new Map<string, ClearParty>();
    let rows: { labels: Uint8Array; training: Uint8Array; ids: string[] } | undefined;
    const run = await runVertical(spec, [bank, ...holders], {
      restarts,
      before: async (work) => {
        if (work.step.name !== 'close') return;
        const first = boostingSpec(work).trees.first === 'everybody' ? 0 : 1;
        if (work.me === 'bank') {
          const { features, monotone, training } = await treeRows(work);
          clear.set('bank', { features, monotone, fewestRows: 1, firstTree: 0 });
          const { table, rawIds } = await ownRows(work);
          const aligned = await alignedRows(work);
          rows = {
            labels: Uint8Array.from(aligned.rows, (row) => table.label![row]!),
            training,
            ids: Array.from(aligned.rows, (row) => rawIds[row]!),
          };
        } else {
          const { features, monotone } = await hiddenFeatures(work);
          clear.set(work.me, { features, monotone, fewestRows: 20, firstTree: first });
        }
      },
    });
    const grown = JSON.parse(readFileSync(join(run.folderOf('bank'), 'work-trees'), 'utf8')) as GrownTrees;
    const inOrder = ['bank', ...holders.map(({ name }) => name)].map((name) => clear.get(name)!);
    const expected = clearBoosting(inOrder, rows!, grown.start, treeSettings(boostingSpec({ spec })));
    const owners = new Set<number>();
    for (const tree of grown.trees) {
      const { branches, leaves } = expected.next().value.tree;
      expect(tree).toEqual(JSON.parse(JSON.stringify({ branches: [...branches], leaves: [...leaves] })));
      for (const [, { party }] of tree.branches) owners.add(party);
    }
    const scored = await runVertical(
      verticalSpecOf({
        ...{ name: 'scores', mode: 'vertical', type: 'scoring', purpose: 'credit-risk', labelHolder: 'bank' },
        parties: Object.fromEntries([bank, ...holders].map(({ name }) => [name, { dataset: 'loans' }])),
        model: { job: run.jobId },
      }),
      [bank, ...holders],
    );
    const [, ...lines] = readFileSync(join(scored.folderOf('bank'), 'scores.csv'), 'utf8')
      .trim()
      .split('\n');
    const { calibration } = JSON.parse(readFileSync(join(run.folderOf('bank'), 'model.json'), 'utf8'));
    const kept = readFileSync(join(run.folderOf('bank'), 'work-tree-scores-0'));
    const logOdds = new Float64Array(kept.buffer.slice(kept.byteOffset, kept.byteOffset + kept.length));
    const trained = Object.fromEntries(
      [...logOdds.keys()].map((at) => [rows!.ids[at], calibrated(calibration, logOdds[at]!)]),
    );
    expect(lines.length).toBe(logOdds.length);
    for (const line of lines) {
      const [id, probability] = line.split(',') as [string, string];
      expect(Number(probability)).toBeCloseTo(probabilityOf(trained[id]!), 5);
    }
    expect(grown.trees).toHaveLength(4);
    expect([...owners].sort()).toEqual(inOrder.map((_, party) => party));
  });
});
