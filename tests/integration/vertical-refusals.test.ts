import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobId, VerticalSpec } from '../../contract/index.js';
import { homeLayout } from '../../participant/config.js';
import { checkDatasets, listLabels } from '../../participant/main.js';
import { everyTest } from '../support/every-test.js';
import { VerticalFederation } from './support/vertical-federation.js';
import { bank, copyDataset, editPolicy, editRows, platform } from './support/vertical-homes.js';
import { Liar, type Misbehaviour } from './support/vertical-liar.js';
import { type RowChange, refusalIn, variantOf } from './support/vertical-refusal.js';
import { binningSpec, scoringSpec, trainingSpec } from './support/vertical-specs.js';

const hangMs = 120_000;
const pair = [bank, platform];
/** By default one of two: what happens at the other is the same code. */
const oneOf = (name: string) => (everyTest ? pair : [name]);

let federation: VerticalFederation;
let trained: JobId;
const liars = new Map<string, Liar>();

beforeAll(async () => {
  federation = await VerticalFederation.start({
    workOf: (name, journalOf) => {
      const liar = new Liar(journalOf);
      liars.set(name, liar);
      return liar.pool;
    },
  });
  trained = await federation.finished(trainingSpec({ training: { iterations: 1 } }));
}, hangMs);
afterAll(() => federation?.close());

function variant(name: string, dataset: string, change?: RowChange) {
  return variantOf(federation, name, dataset, change);
}

function refusalOf(spec: VerticalSpec) {
  return refusalIn(federation, spec);
}

describe('customers', () => {
  test('none in common', async () => {
    const strangers = variant(platform, 'strangers', (row) => ({ ...row, member: `Z${row.member!.trim()}` }));
    const refusal = await refusalOf(binningSpec(strangers));
    expect(refusal).toMatchObject({ code: 'ALIGNMENT_EMPTY' });
  });

  test('fewer in common than the job asks for', async () => {
    const refusal = await refusalOf(binningSpec({ alignment: { minimumRows: 1700 } }));
    expect(refusal).toMatchObject({ code: 'ALIGNMENT_TOO_SMALL' });
    expect(refusal.detail).toMatch(/the job asks for/);
  });

  test.each(oneOf(platform))('fewer in common than the policy of %s asks for', async (name) => {
    const refusal = await underPolicy(name, ['alignment', 'minimumCommonRows'], 1700, binningSpec());
    expect(refusal).toMatchObject({ code: 'ALIGNMENT_TOO_SMALL', parties: [name] });
    expect(refusal.detail).toContain(`policy of ${name}`);
  });

  test('more at the platform than the policy of the bank allows', async () => {
    const refusal = await underPolicy(bank, ['alignment', 'maximumPeerRows'], 1500, binningSpec());
    expect(refusal.code).toBe('PSI_SIZE_LIMIT');
    expect(refusal.parties).toContain(bank);
  });

  test('one twice after normalisation: row numbers are for the owner', async () => {
    let first = '';
    const twice = variant(platform, 'twice', (row, at) => {
      if (at === 0) first = row.member!;
      return at === 7 ? { ...row, member: ` ${first.trim().toLowerCase()}` } : row;
    });
    const refusal = await refusalOf(binningSpec(twice));
    expect(refusal).toMatchObject({ code: 'DATASET_DUPLICATE_ID', parties: [platform] });
    const [report] = await checkDatasets({ home: federation.home(platform), dataset: 'twice' });
    expect(JSON.stringify(report)).toContain('DATASET_DUPLICATE_ID');
    expect(report!.problems.flatMap(({ rows }) => rows)).toEqual(expect.arrayContaining([1, 8]));
  });

  test('aligned more often than a policy allows in a month', async () => {
    const seldom = variant(platform, 'seldom');
    const limited = async (changes: object) =>
      underPolicy(platform, ['alignment', 'sessionsPerMonth'], 1, binningSpec({ ...seldom, ...changes }));
    expect((await limited({ alignment: { minimumRows: 1700 } })).code).toBe('ALIGNMENT_TOO_SMALL');
    const refusal = await limited({});
    expect(refusal).toMatchObject({ code: 'POLICY_ALIGNMENT', parties: [platform] });
  });
});

/** How a job ends while one rule of a participant's policy says something else. */
function underPolicy(name: string, field: readonly string[], value: unknown, spec: VerticalSpec) {
  return federation.withPolicy(
    name,
    (policy) =>
      value === undefined
        ? policy.deleteIn(['vertical', 0, ...field])
        : policy.setIn(['vertical', 0, ...field], value),
    () => refusalOf(spec),
  );
}

describe('policies', () => {
  test.each<[string, string, readonly string[], unknown, () => VerticalSpec, string]>([
    [
      'no alignment of so few rows',
      platform,
      ['alignment', 'minimumOwnRows'],
      2000,
      binningSpec,
      'POLICY_ALIGNMENT',
    ],
    ['no score part', platform, ['scores', 'batch'], 'none', trainingSpec, 'POLICY_SCORES'],
    [
      'held-out score parts only',
      platform,
      ['scores', 'batch'],
      'holdout',
      () => scoringSpec(trained),
      'POLICY_SCORES',
    ],
    ['no WOE', bank, ['labels', 'woe'], false, trainingSpec, 'POLICY_LABELS'],
    ['no fit', bank, ['labels', 'fit'], false, trainingSpec, 'POLICY_LABELS'],
    ['no release', platform, ['release'], ['rows'], binningSpec, 'POLICY_RELEASE'],
    ['no such type', bank, ['types'], ['training'], binningSpec, 'POLICY_ALGORITHM'],
  ])('%s at %s', async (_, name, field, value, spec, code) => {
    expect(await underPolicy(name, field, value, spec())).toMatchObject({ code, parties: [name] });
  });

  test('that change while the job runs hold from the next step on', async () => {
    liars.get(platform)!.misbehaviour = {
      step: 'blind',
      before: () =>
        void editPolicy(federation.home(platform), (policy) =>
          policy.setIn(['vertical', 0, 'types'], ['training']),
        ),
    };
    const { policy } = homeLayout(federation.home(platform));
    const text = readFileSync(policy, 'utf8');
    const refusal = await refusalOf(binningSpec()).finally(() => writeFileSync(policy, text));
    expect(refusal).toMatchObject({ code: 'POLICY_ALGORITHM', parties: [platform] });
  });
});

describe('labels', () => {
  test('at the other side only', async () => {
    const refusal = await refusalOf(binningSpec({ labelHolder: platform }));
    expect(refusal).toMatchObject({ code: 'DATASET_LABEL_MISSING', parties: [platform] });
  });

  test('beyond their budget: the bank must act, and how much is left or how many are bad is not said', async () => {
    const much = variant(bank, 'much');
    const refusal = await underPolicy(
      bank,
      ['labels', 'waiver'],
      undefined,
      binningSpec({ ...much, binning: { bins: 20, minimumShare: 0.01 } }),
    );
    expect(refusal).toMatchObject({ code: 'LABEL_BUDGET_EXCEEDED', parties: [bank] });
    const [set] = await listLabels({ home: federation.home(bank), dataset: 'much' });
    expect(set).toMatchObject({ releases: [], spent: 0 });
    expect(federation.logged.join('')).toMatch(
      /"participant":"bank-a".*LABEL_BUDGET_EXCEEDED.*the budget is \d+/,
    );
  });
});

describe('features', () => {
  test.each<[string, string, string, string, string]>([
    ['constant', platform, 'Age', '40', 'FEATURE_CONSTANT'],
    ['without any value', bank, 'Price', 'NA', 'FEATURE_MISSING_ALL'],
  ])('%s at %s', async (_, name, feature, value, code) => {
    const flat = variant(name, `flat-${name}-${code.toLowerCase().replaceAll('_', '-')}`, (row) => ({
      ...row,
      [feature]: value,
    }));
    const refusal = await refusalOf(binningSpec(flat));
    expect(refusal).toMatchObject({ code, parties: [name] });
    expect(refusal.detail).toContain(feature);
  });

  test.each(oneOf(platform))('with the answer in it at %s', async (name) => {
    const outcomes = new Map<string, string>();
    const key = (text: string) => text.normalize('NFKC').trim().toUpperCase();
    copyDataset(federation.home(bank), 'outcomes', (row) => {
      outcomes.set(key(row.customer!), row.y!);
      return row;
    });
    const feature = name === bank ? 'Time' : 'Age';
    const telling = variant(name, `telling-${name}`, (row) => {
      const bad = outcomes.get(key(row.customer ?? row.member!)) === '1';
      return { ...row, [feature]: bad ? '50' : '30' };
    });
    const refusal = await refusalOf(binningSpec(telling));
    expect(refusal).toMatchObject({ code: 'FEATURE_SEPARATES', parties: [name] });
    expect(refusal.detail).toContain(feature);
  });
});

describe('a dataset that changes while the job runs', () => {
  const member = (name: string) => join(homeLayout(federation.home(name)).datasets, 'moving.csv');

  test('other customers at a restarted platform', async () => {
    const moving = variant(platform, 'moving');
    misbehave({
      step: 'labels',
      before: async (liar) => {
        editRows(member(platform), (row, at) => (at === 3 ? undefined : row));
        await liar.renew();
      },
    });
    expect(await refusalOf(binningSpec(moving))).toMatchObject({
      code: 'PSI_SET_CHANGED',
      parties: [platform],
    });
  });

  test('values that do not fit any more: rows, columns and counts of the source are for the owner', async () => {
    const moving = variant(platform, 'moving');
    misbehave({
      step: 'blind',
      before: () => editRows(member(platform), (row, at) => (at < 3 ? { ...row, Age: 'old' } : row)),
    });
    const refusal = await refusalOf(binningSpec(moving));
    expect(refusal).toMatchObject({ code: 'DATASET_TYPE', parties: [platform] });
    expect(refusal.detail).not.toMatch(/column|row/);
    expect(refusal.detail).toContain('Age');
    const [report] = await checkDatasets({ home: federation.home(platform), dataset: 'moving' });
    expect(report!.problems).toMatchObject([{ code: 'DATASET_TYPE', feature: 'Age', rows: [1, 2, 3] }]);
  });
});

function misbehave(how: Misbehaviour): void {
  liars.get(platform)!.misbehaviour = how;
}

describe('scores', () => {
  const parties = (dataset: string) => ({
    parties: { [bank]: { dataset: 'loans' }, [platform]: { dataset } },
  });

  test('of rows whose categories the model does not know', async () => {
    variant(platform, 'tents', (row) => ({ ...row, Home: 'tent', Income: 'NA' }));
    const refusal = await refusalOf(scoringSpec(trained, parties('tents')));
    expect(refusal).toMatchObject({ code: 'SCHEMA_DRIFT', parties: [platform] });
    expect(refusal.detail).toMatch(/Home.*Income/);
  });

  test('of rows in which a number became text', async () => {
    variant(platform, 'words', (row) => ({ ...row, Age: 'old' }));
    const refusal = await refusalOf(scoringSpec(trained, parties('words')));
    expect(refusal).toMatchObject({
      code: expect.stringMatching(/^(SCHEMA_DRIFT|DATASET_TYPE)$/),
      parties: [platform],
    });
    expect(refusal.detail).toContain('Age');
  });

  test('by a model that nobody has: refused at its submission', async () => {
    const spec = scoringSpec(`job-${'0'.repeat(32)}`);
    await expect(federation.submit(spec)).rejects.toMatchObject({ code: 'SPEC_INVALID' });
  });

  test('by a model whose part the platform no longer has', async () => {
    const model = join(federation.folder(platform, trained), 'model.json');
    renameSync(model, `${model}.away`);
    const refusal = await refusalOf(scoringSpec(trained)).finally(() => renameSync(`${model}.away`, model));
    expect(refusal).toMatchObject({ code: 'MODEL_UNKNOWN', parties: [platform] });
  });
});
