import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assignBins,
  binCount,
  binLabels,
  type Column,
  categoryBins,
  countBins,
  type FeatureBins,
  fineCutting,
  joinBins,
  joinCounts,
  mergeBins,
  numberBins,
  shapeOf,
  weightOfEvidence,
  woeOfBins,
} from '../../../learning/index.js';
import type { FeatureResult } from '../../../participant/vertical/index.js';
import { codedAsync } from '../../support/coded.js';
import { referenceFolder } from '../../support/reference-data.js';
import {
  openGrant,
  runVertical,
  VerticalParty,
  type VerticalRun,
  verticalSpecOf,
} from '../../support/vertical-cast.js';
import {
  bankFeatures,
  creditRows,
  holdCredit,
  jobOf,
  platformFeatures,
} from '../../support/vertical-credit.js';

interface Oracle {
  readonly features: Record<
    string,
    { cuts: number[] | null; bins: { bin: string; n: number; bad: number; woe: number }[]; iv: number }
  >;
}

/** The numpy reference: all features where the shared folder is there, else the committed excerpt. */
const shared = `${referenceFolder}/oracles/credit_data.woe.json`;
const excerpt = join(import.meta.dirname, '..', 'binning', 'credit-data.woe.json');
const oracle: Oracle = JSON.parse(readFileSync(existsSync(shared) ? shared : excerpt, 'utf8'));

const holdings = { 'bank-a': bankFeatures, 'shop-x': platformFeatures };
const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');

afterAll(() => {
  bank.remove();
  shop.remove();
});

function oracleName(bins: FeatureBins, at: number): string {
  const text = binLabels(bins)[at]!;
  if (text === 'missing') return '__missing__';
  return bins.kind === 'number' ? String(at) : text;
}

/** The bank tells WOE in three decimals and keeps its own as it is. */
const toldWithin = (owner: string) => (owner === 'bank-a' ? 1e-9 : 5.01e-4);

/** Bad rows of a bin from its WOE; the inverse of WOE = ln((bad_b/bad)/(good_b/good)). */
function badFrom(woe: number, rows: number, { bad, good }: { bad: number; good: number }): number {
  const odds = (Math.exp(woe) * bad) / good;
  const exact = (rows * odds) / (1 + odds);
  // Half a row stands for none.
  if (Math.abs(odds * rows - 0.5) < 1e-3) return 0;
  return Math.round(exact);
}

describe('federated quantile bins of all customers', () => {
  let run: VerticalRun;

  beforeAll(async () => {
    holdCredit(bank, { features: bankFeatures, label: true });
    holdCredit(shop, { features: platformFeatures, label: false, key: (id) => ` ${id}` });
    const spec = verticalSpecOf({
      ...jobOf('binning', holdings),
      binning: { method: 'quantile', minimumShare: 0, classFloor: 0, levels: 60 },
      release: ['rows', 'iv'],
    });
    run = await runVertical(spec, [bank, shop]);
  });

  it.each(Object.keys(oracle.features))('%s as numpy has it', (feature) => {
    const owner = feature in bankFeatures ? 'bank-a' : 'shop-x';
    const found = run
      .resultOf(owner)
      .features.find((of) => of.feature === feature) as Required<FeatureResult>;
    const expected = oracle.features[feature]!;
    if (found.bins.kind === 'number') expect(found.bins.cuts).toEqual(expected.cuts);
    expect(found.count).toBe(expected.bins.length);
    const total = { bad: 0, good: 0 };
    for (const { n, bad } of expected.bins) {
      total.bad += bad;
      total.good += n - bad;
    }
    expect(total.bad + total.good).toBe(3564);
    for (const { bin, n, bad, woe } of expected.bins) {
      const at = found.rows.findIndex((_, index) => oracleName(found.bins, index) === bin);
      expect(found.rows[at], `${feature} ${bin}`).toBe(n);
      expect(Math.abs(found.woe[at]! - woe), `${feature} ${bin}`).toBeLessThan(toldWithin(owner));
      expect(badFrom(found.woe[at]!, n, total), `${feature} ${bin}`).toBe(bad);
    }
    expect(Math.abs(found.iv - expected.iv)).toBeLessThan(6e-5);
  });

  it('the bank learns information values of the platform, and neither cuts nor levels', () => {
    const { features } = run.resultOf('bank-a');
    const foreign = features.filter(({ party }) => party === 'shop-x');
    expect(foreign.map(({ feature }) => feature).sort()).toEqual(Object.keys(platformFeatures).sort());
    for (const of of foreign) {
      expect(Object.keys(of).sort()).toEqual(['band', 'count', 'feature', 'iv', 'party']);
      const own = run.resultOf('shop-x').features.find(({ feature }) => feature === of.feature)!;
      expect([of.iv, of.count]).toEqual([own.iv, own.count]);
    }
    expect(run.reports.get('bank-a')?.features).toHaveLength(13);
    expect(run.reports.get('shop-x')?.features).toEqual([]);
  });

  it('charges one functional a bin of the platform', () => {
    const bins = run.resultOf('shop-x').features.reduce((sum, { woe }) => sum + woe!.length, 0);
    expect(bins).toBeGreaterThan(35);
    expect(run.releases).toMatchObject([{ holder: 'shop-x', kind: 'binning', functionals: bins }]);
    expect(run.resultOf('bank-a').labelFunctionals).toBe(bins);
  });
});

/** What one party would compute that held both halves. */
function centrally(feature: string, method: 'chi-merge' | 'monotonic') {
  const { names, rows } = creditRows();
  const training = rows.filter((row) => Number(row[0]) % 5 !== 0 && Number(row[0]) <= 1200);
  const cells = training.map((row) => row[names.indexOf(feature)]!);
  const label = Uint8Array.from(training, (row) => Number(row[names.indexOf('y')]));
  const kind = { ...bankFeatures, ...platformFeatures }[feature];
  const missing = (text: string) => text === '' || text === 'NA';
  let column: Column;
  if (kind === 'number') {
    column = Float64Array.from(cells, (text) => (missing(text) ? Number.NaN : Number(text)));
  } else {
    const levels = [...new Set(cells.filter((text) => !missing(text)))].sort();
    column = { levels, codes: Int32Array.from(cells, (text) => levels.indexOf(text)) };
  }
  const fine =
    column instanceof Float64Array
      ? numberBins(column, fineCutting, { minimumShare: 0.05 })
      : categoryBins(column, { minimumShare: 0.05, levels: 20 });
  const shape = shapeOf(fine);
  const counts = countBins(assignBins(column, fine), label, binCount(fine));
  const merging =
    method === 'chi-merge'
      ? ({ method: 'chi', maxBins: 6, threshold: 3.841 } as const)
      : ({ method: 'monotonic', maxBins: 6, trend: 'auto' } as const);
  const groups = mergeBins(counts, shape, merging, { minimumShare: 0.05, minimumClass: 5 });
  const values = groups.length - shape.alone;
  const table = weightOfEvidence(joinCounts(counts, groups), { ...shape, values }, 5);
  return { bins: joinBins(fine, groups), woe: woeOfBins(table), iv: table.iv, fine: binCount(fine) };
}

describe.each(['chi-merge', 'monotonic'] as const)('bins joined by %s from encrypted counts', (method) => {
  let run: VerticalRun;

  beforeAll(async () => {
    const has = (id: number) => id <= 1200;
    holdCredit(bank, { features: bankFeatures, label: true, has });
    holdCredit(shop, { features: platformFeatures, label: false });
    run = await runVertical(verticalSpecOf({ ...jobOf('binning', holdings), binning: { method, bins: 6 } }), [
      bank,
      shop,
    ]);
  });

  it('are those of one party that holds both halves', () => {
    let joined = 0;
    for (const owner of ['bank-a', 'shop-x']) {
      for (const { feature, bins, woe, iv } of run
        .resultOf(owner)
        .features.filter(({ party }) => party === owner)) {
        const central = centrally(feature, method);
        expect(bins, feature).toEqual(central.bins);
        expect(woe, feature).toHaveLength(central.woe.length);
        central.woe.forEach((value, bin) => {
          expect(Math.abs(woe![bin]! - value), feature).toBeLessThan(toldWithin(owner));
        });
        expect(Math.abs(iv - central.iv), feature).toBeLessThan(6e-5);
        if (owner === 'shop-x') joined += central.fine - woe!.length;
      }
    }
    expect(joined).toBeGreaterThan(5);
  });
});

describe('a bank that releases information values only', () => {
  const has = (id: number) => id <= 400;
  beforeAll(() => {
    bank.grant = { ...openGrant, woe: false };
    holdCredit(bank, { features: bankFeatures, label: true, has });
    holdCredit(shop, { features: platformFeatures, label: false, has });
  });
  afterAll(() => {
    bank.grant = openGrant;
  });

  it('tells no WOE and no grouping, and is charged one functional a feature', async () => {
    let told = '';
    const run = await runVertical(
      verticalSpecOf({ ...jobOf('binning', holdings), binning: { method: 'chi-merge' } }),
      [bank, shop],
      {
        tamper: ({ name, path }) => {
          if (name === 'woe') told = readFileSync(path).subarray(4).toString('utf8');
        },
      },
    );
    for (const feature of JSON.parse(told).features) {
      expect(Object.keys(feature).sort()).toEqual(['bins', 'feature', 'iv']);
    }
    expect(run.resultOf('shop-x').features.every(({ woe }) => woe?.length === 0)).toBe(true);
    expect(run.releases).toMatchObject([{ kind: 'binning', functionals: 6 }]);
  });

  it('refuses to fit, before it answers anything', async () => {
    const spec = verticalSpecOf(jobOf('training', holdings));
    let answered = false;
    const training = runVertical(spec, [bank, shop], {
      after: ({ step }) => {
        answered ||= step.name === 'woe';
      },
    });
    expect(await codedAsync(training)).toBe('LABELS_NOT_SHARED');
    expect(answered).toBe(false);
  });

  it('refuses to fit on bins whose information value it told before', async () => {
    // The answer stands in the ledger, without the WOE that a fit needs.
    await runVertical(verticalSpecOf(jobOf('binning', holdings)), [bank, shop]);
    const training = runVertical(verticalSpecOf(jobOf('training', holdings)), [bank, shop]);
    await expect(training).rejects.toMatchObject({ code: 'LABELS_NOT_SHARED', parties: ['bank-a'] });
  });
});
