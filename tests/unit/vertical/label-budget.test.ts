import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import {
  csvOf,
  editRows,
  type FeatureKinds,
  holdInvented,
  invented,
  jobOf,
} from '../../support/vertical-credit.js';
import { joinedParcel, parted } from '../../support/vertical-snapshots.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const rows = invented(300, 6);
let holdings: Record<string, FeatureKinds>;
let first: VerticalRun;
let question = '';

const binningJob = (method: string) =>
  verticalSpecOf({ ...jobOf('binning', holdings), binning: { method, bins: 6 } });

beforeAll(async () => {
  holdings = {
    'bank-a': holdInvented(bank, rows, [0, 2], true),
    'shop-x': holdInvented(shop, rows, [2, 5], false),
  };
  first = await runVertical(binningJob('chi-merge'), [bank, shop], {
    tamper: ({ name, from, path }) => {
      if (name !== 'labels' || from !== 'shop-x') return;
      question = (parted(readFileSync(path)).header as { question: string }).question;
    },
  });
});

afterAll(() => {
  bank.remove();
  shop.remove();
});

const woeOf = (run: VerticalRun) =>
  run.resultOf('shop-x').features.map(({ feature, iv, woe, bins }) => ({ feature, iv, woe, bins }));
const charged = ({ releases }: VerticalRun) =>
  releases.reduce((sum, { functionals }) => sum + functionals, 0);

describe('questions about the same labels', () => {
  it('the first is charged a functional a bin', () => {
    const bins = woeOf(first).reduce((sum, { woe }) => sum + woe!.length, 0);
    expect(charged(first)).toBe(bins);
    expect(first.resultOf('bank-a').labelFunctionals).toBe(bins);
    expect(first.resultOf('shop-x').labelFunctionals).toBe(0);
  });

  it('the same bins again, rows in another order, under other secrets: the same answer, for nothing', async () => {
    const [header = '', ...lines] = readFileSync(csvOf(shop), 'utf8').trim().split('\n');
    writeFileSync(csvOf(shop), `${[header, ...lines.reverse()].join('\n')}\n`);
    const again = await runVertical(binningJob('chi-merge'), [bank, shop]);
    expect(charged(again)).toBe(0);
    expect(again.resultOf('bank-a').labelFunctionals).toBe(0);
    expect(woeOf(again)).toEqual(woeOf(first));
  });

  it('bins joined by another rule are another question, with another answer', async () => {
    // Fine bins are the same for both: the holder's own name for them must not be all that counts.
    const other = await runVertical(binningJob('monotonic'), [bank, shop]);
    expect(charged(other)).toBeGreaterThan(0);
    for (const { woe } of woeOf(other)) {
      const steps = woe!.slice(1).map((value, bin) => Math.sign(value - woe![bin]!));
      expect(new Set(steps).size).toBeLessThanOrEqual(1);
    }
  });

  it('a fit pays its columns besides, in every job', async () => {
    const fitting = () =>
      verticalSpecOf({
        ...jobOf('training', holdings),
        binning: { method: 'chi-merge', bins: 6 },
        training: { iterations: 1 },
        scores: { release: 'none' },
      });
    // Two own columns and the intercept of the bank are told once, whatever the number of fits over them.
    for (const own of [3, 0]) {
      const run = await runVertical(fitting(), [bank, shop]);
      expect(run.releases.map(({ holder, kind, functionals }) => [holder, kind, functionals])).toEqual([
        ['bank-a', 'fit', own],
        ['shop-x', 'binning', 0],
        ['shop-x', 'fit', 3],
      ]);
      expect(run.resultOf('bank-a').labelFunctionals).toBe(own + 3);
    }
  });

  it('changed labels are another question, with another answer', async () => {
    const flip = () =>
      editRows(bank, (row) => {
        if (Number(row.id) % 20 === 1) row.y = String(1 - Number(row.y));
      });
    flip();
    const changed = await runVertical(binningJob('chi-merge'), [bank, shop]);
    flip();
    expect(charged(changed)).toBeGreaterThan(0);
    expect(woeOf(changed)).not.toEqual(woeOf(first));
  });

  it('one changed value is another question', async () => {
    editRows(shop, (row) => {
      if (row.id === '1') row.c2 = '99';
      if (row.id === '2') row.c2 = '-99';
    });
    const changed = await runVertical(binningJob('chi-merge'), [bank, shop]);
    expect(charged(changed)).toBeGreaterThan(0);
  });

  it('other bins under the name of old ones are charged', async () => {
    editRows(shop, (row) => {
      if (Number(row.id) % 3 === 0) row.c3 = '0.25';
    });
    const lied = await runVertical(binningJob('chi-merge'), [bank, shop], {
      tamper: ({ name, from, path }) => {
        if (name !== 'labels' || from !== 'shop-x') return;
        const header = parted(readFileSync(path)).header as object;
        writeFileSync(path, joinedParcel({ ...header, question }));
      },
    });
    expect(charged(lied)).toBeGreaterThan(0);
  });
});
