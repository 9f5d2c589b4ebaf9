import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerticalModel } from '../../../participant/vertical/index.js';
import {
  openGrant,
  runVertical,
  VerticalParty,
  type VerticalRun,
  verticalSpecOf,
} from '../../support/vertical-cast.js';
import { csvOf, type FeatureKinds, holdCredit, jobOf, scoringOf } from '../../support/vertical-credit.js';
import { parted } from '../../support/vertical-snapshots.js';

const bankFeatures: FeatureKinds = { Records: 'category', Amount: 'number', Assets: 'number' };
const shopFeatures: FeatureKinds = { Seniority: 'number', Home: 'category' };
const phoneFeatures: FeatureKinds = { Income: 'number', Job: 'category' };
const calibrationRows = 70;

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const phone = new VerticalParty('phone-y');
const cast = [bank, shop, phone];
const names = cast.map(({ name }) => name as string);
const common = (id: number) => id <= 700 && id % 9 !== 0 && id % 10 !== 0;

/** Score parts as they went to the bank, by platform: residues mod 2^32. */
type Parts = Map<string, Uint32Array>;
const catching = (parts: Parts) => ({
  tamper: ({ name, from, path }: { name: string; from: string; path: string }) => {
    if (name !== 'parts') return;
    const { body } = parted(readFileSync(path));
    parts.set(from, new Uint32Array(Uint8Array.from(body).buffer));
  },
});

let training: VerticalRun;
const trainingParts: Parts = new Map();

beforeAll(async () => {
  holdCredit(bank, { features: bankFeatures, label: true, has: (id) => id <= 700 });
  holdCredit(shop, { features: shopFeatures, label: false, has: (id) => id <= 800 && id % 9 !== 0 });
  holdCredit(phone, { features: phoneFeatures, label: false, has: (id) => id % 10 !== 0 });
  const spec = verticalSpecOf({
    ...jobOf('training', { 'bank-a': bankFeatures, 'shop-x': shopFeatures, 'phone-y': phoneFeatures }),
    training: { iterations: 4 },
    scores: { release: 'holdout', calibrationRows },
  });
  training = await runVertical(spec, cast, catching(trainingParts));
});

afterAll(() => {
  for (const party of cast) party.remove();
});

/** A party's part of a customer's log-odds, from the published meaning of a model: bins, WOE, coefficients. */
function partOf({ features, fit }: VerticalModel, row: Record<string, string>): number {
  return fit.columns.reduce((sum, { name, mean, coefficient }) => {
    const { bins, woe } = features[name]!;
    const text = row[name]!;
    const missing = text === '' || text === 'NA';
    let bin: number;
    if (missing) bin = bins.missing ? woe.length - 1 : -1;
    else if (bins.kind === 'number') bin = bins.cuts.filter((cut) => cut < Number(text)).length;
    else bin = bins.groups.findIndex((group) => group.includes(text));
    return sum + coefficient * ((woe[bin] ?? 0) - mean);
  }, 0);
}

function rowsOf(party: VerticalParty): Map<string, Record<string, string>> {
  const [header = '', ...lines] = readFileSync(csvOf(party), 'utf8').trim().split('\n');
  const columns = header.split(',');
  return new Map(
    lines.map((line) => {
      const cells = line.split(',');
      const row = Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? '']));
      return [row.id!, row] as const;
    }),
  );
}

describe('score parts of a training job', () => {
  it('are those of held-out rows and of so many training rows as the job says', () => {
    const { rows, scoresReleased } = training.resultOf('bank-a');
    const held = Array.from({ length: 700 }, (_, at) => at + 1).filter(
      (id) => common(id) && id % 5 === 0,
    ).length;
    expect(rows).toMatchObject({ heldOut: held, calibrate: calibrationRows });
    expect(scoresReleased).toBe(held + calibrationRows);
    expect(trainingParts.get('shop-x')).toHaveLength(held + calibrationRows);
    expect(training.resultOf('bank-a').evaluation).toMatchObject({ rows: held, calibratedApart: true });
    expect(training.reports.get('shop-x')?.scoresReleased).toBe(0);
  });

  it('measure the joint model, and tell platforms no metric', () => {
    expect(training.resultOf('bank-a').coefficients).toHaveLength(3);
    expect(training.resultOf('shop-x').coefficients).toHaveLength(2);
    expect(training.resultOf('shop-x').evaluation).toBeUndefined();
    expect(training.reports.get('phone-y')?.metrics).toEqual([]);
  });
});

describe('a scoring job', () => {
  const parts: Parts = new Map();
  const again: Parts = new Map();
  let run: VerticalRun;
  let table: string[][];

  beforeAll(async () => {
    const spec = () => verticalSpecOf(scoringOf(training.jobId, 'bank-a', names));
    run = await runVertical(spec(), cast, catching(parts));
    await runVertical(spec(), cast, catching(again));
    const text = readFileSync(join(run.folderOf('bank-a'), 'scores.csv'), 'utf8');
    table = text
      .trim()
      .split('\n')
      .map((line) => line.split(','));
  });

  it('scores every common customer once, by id', () => {
    const [header, ...lines] = table;
    expect(header).toEqual(['id', 'probability', 'points', 'own_points', 'partner_points']);
    const ids = lines.map(([id]) => id!);
    expect(ids).toEqual([...ids].sort());
    const expected = Array.from({ length: 700 }, (_, at) => at + 1).filter(common);
    expect([...ids].map(Number).sort((a, b) => a - b)).toEqual(expected);
  });

  it('gives the intercept and all parts of the trained models', () => {
    const [bankModel, shopModel, phoneModel] = names.map((name) => training.modelOf(name));
    const [bankRows, shopRows, phoneRows] = cast.map(rowsOf);
    const { slope, intercept } = bankModel!.calibration!;
    for (const [id, probability, points, own, partner] of table.slice(1)) {
      const platforms = partOf(shopModel!, shopRows!.get(id!)!) + partOf(phoneModel!, phoneRows!.get(id!)!);
      const bankPart = partOf(bankModel!, bankRows!.get(id!)!);
      const logOdds = slope * (bankModel!.fit.intercept + bankPart + platforms) + intercept;
      // Two platforms, each rounded to 1/64.
      const off = Math.abs(Math.log(Number(probability) / (1 - Number(probability))) - logOdds);
      expect(off, id).toBeLessThan((slope * 2) / 128 + 0.001);
      // CREDIT: 600 points at 20 good to one bad, 20 points double the odds.
      const factor = 20 / Math.log(2);
      const rounding = factor * ((slope * 2) / 128) + 0.01;
      const exact = 600 - factor * Math.log(20) - factor * logOdds;
      expect(Math.abs(Number(points) - exact), id).toBeLessThan(rounding);
      expect(Math.abs(Number(own) + factor * slope * bankPart), id).toBeLessThan(0.01);
      expect(Math.abs(Number(partner) + factor * slope * platforms), id).toBeLessThan(rounding);
    }
  });

  it('hides each platform behind masks that are new in every job', () => {
    const [shopWords, phoneWords] = [parts.get('shop-x')!, parts.get('phone-y')!];
    const sums = shopWords.map((word, at) => word + phoneWords[at]!);
    expect(sums.every((sum) => Math.abs(sum | 0) < 64 * 20)).toBe(true);
    // 64 log-odds are 4096 units: a part alone would be small, a masked one is uniform.
    const small = (words: Uint32Array) => words.filter((word) => Math.abs(word | 0) < 2 ** 16).length;
    expect(small(shopWords) + small(phoneWords)).toBeLessThan(5);
    const same = shopWords.filter((word, at) => word === again.get('shop-x')![at]).length;
    expect(same).toBeLessThan(2);
    const sorted = (words: Parts) =>
      Array.from(words.get('shop-x')!, (word, at) => (word + words.get('phone-y')![at]!) | 0).sort(
        (a, b) => a - b,
      );
    expect(sorted(again)).toEqual(sorted(parts));
  });

  it('leaves the platforms a result without scores', () => {
    expect(run.resultOf('shop-x')).toMatchObject({ type: 'scoring', features: [], labelFunctionals: 0 });
    expect(() => readFileSync(join(run.folderOf('shop-x'), 'scores.csv'))).toThrow();
  });

  it('is refused by a platform that releases held-out rows only', async () => {
    phone.grant = { ...openGrant, scores: 'holdout' };
    const refused = runVertical(verticalSpecOf(scoringOf(training.jobId, 'bank-a', names)), cast);
    await expect(refused).rejects.toMatchObject({ code: 'POLICY_SCORES', parties: ['phone-y'] });
    phone.grant = openGrant;
  });

  it('is refused without a party that trained: its part would be missing', async () => {
    const spec = verticalSpecOf(scoringOf(training.jobId, 'bank-a', ['bank-a', 'shop-x']));
    await expect(runVertical(spec, [bank, shop])).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });

  it('is refused when another side wants the scores', async () => {
    const spec = verticalSpecOf(scoringOf(training.jobId, 'shop-x', names));
    await expect(runVertical(spec, cast)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });
});

describe('a training job with one platform', () => {
  it('sends the parts as they are: rounded own scores of released rows', async () => {
    const parts: Parts = new Map();
    const spec = verticalSpecOf({
      ...jobOf('training', { 'bank-a': bankFeatures, 'shop-x': shopFeatures }),
      training: { iterations: 2 },
      scores: { release: 'holdout', calibrationRows: 0 },
    });
    const run = await runVertical(spec, [bank, shop], catching(parts));
    const held = [...rowsOf(shop).values()].filter(({ id }) => Number(id) <= 700 && Number(id) % 5 === 0);
    const own = held.map((row) => Math.round(partOf(run.modelOf('shop-x'), row) * 64)).sort((a, b) => a - b);
    const sent = Array.from(parts.get('shop-x')!, (word) => word | 0).sort((a, b) => a - b);
    expect(sent).toHaveLength(own.length);
    // A half may go either way, by the last bit.
    sent.forEach((units, at) => {
      expect(Math.abs(units - own[at]!)).toBeLessThanOrEqual(1);
    });
    expect(run.resultOf('bank-a').evaluation?.calibratedApart).toBe(false);
  });

  it('releases nothing when the job says so, and still leaves a model with both', async () => {
    const parts: Parts = new Map();
    shop.grant = { ...openGrant, scores: 'none' };
    const spec = verticalSpecOf({
      ...jobOf('training', { 'bank-a': bankFeatures, 'shop-x': shopFeatures }),
      training: { iterations: 1 },
      scores: { release: 'none' },
    });
    const run = await runVertical(spec, [bank, shop], catching(parts));
    shop.grant = openGrant;
    expect(parts.size).toBe(0);
    for (const name of ['bank-a', 'shop-x']) {
      const { evaluation, coefficients, scoresReleased, rows } = run.resultOf(name);
      expect([evaluation, coefficients, scoresReleased, rows.calibrate]).toEqual([
        undefined,
        undefined,
        0,
        0,
      ]);
      expect(run.modelOf(name).fit.columns.length).toBeGreaterThan(0);
    }
  });

  it('is refused by a platform that releases none', async () => {
    shop.grant = { ...openGrant, scores: 'none' };
    const spec = verticalSpecOf({
      ...jobOf('training', { 'bank-a': bankFeatures, 'shop-x': shopFeatures }),
      training: { iterations: 1 },
    });
    await expect(runVertical(spec, [bank, shop])).rejects.toMatchObject({
      code: 'POLICY_SCORES',
      parties: ['shop-x'],
    });
    shop.grant = openGrant;
  });
});
