import { describe, expect, it } from 'vitest';
import { drawNonce, jobSpec, type ParticipantName, type VerticalSpec } from '../../../contract/index.js';
import { preflightVertical } from '../../../participant/data/index.js';
import { codedAsync } from '../../support/coded.js';
import { bothFeatures, fittingCsv, temporaryFolder, writeDataset } from './dataset-home.js';

const folder = temporaryFolder();
const bank = 'bank-a' as ParticipantName;
const shop = 'shop' as ParticipantName;

function spec(dataset: string, changes: object = {}): VerticalSpec {
  const training = {
    name: 'job',
    mode: 'vertical',
    type: 'training',
    purpose: 'credit-risk',
    labelHolder: bank,
    parties: {
      [bank]: { dataset, features: bothFeatures },
      [shop]: { dataset, features: { Amount: 'number' } },
    },
    nonce: drawNonce(),
  };
  return jobSpec.parse({ ...training, ...changes }) as VerticalSpec;
}

const scoring = (dataset: string) => ({
  type: 'scoring',
  parties: { [bank]: { dataset }, [shop]: { dataset } },
  model: { job: `job-${'0'.repeat(32)}` },
});

async function dataset(text: string, changes: object = {}): Promise<string> {
  const path = await writeDataset(folder, text, changes);
  return path.slice(folder.length + 1, -'.yaml'.length);
}
const unlabelled = { label: undefined, test: undefined };

describe('before consent to a vertical job', () => {
  it('the label holder counts rows and labels, a feature holder rows', async () => {
    const job = spec(await dataset(`${fittingCsv}5,1,40,rent\n`));
    expect(await preflightVertical(job, bank, folder)).toEqual({ rows: 5, labelled: { rows: 5, bad: 3 } });
    expect(await preflightVertical(job, shop, folder)).toEqual({ rows: 5 });
  });

  it('a job that scores needs no label, and the features of its model', async () => {
    const name = await dataset('id,amount\n1,10\n2,20\n', unlabelled);
    const job = spec(name, scoring(name));
    expect(await codedAsync(preflightVertical(job, bank, folder, { modelFeatures: bothFeatures }))).toBe(
      'DATASET_COLUMN_MISSING',
    );
    expect(await preflightVertical(job, bank, folder, { modelFeatures: {} })).toEqual({ rows: 2 });
    expect(await preflightVertical(job, shop, folder)).toEqual({ rows: 2 });
  });

  it('held-out rows of one class stop a job that measures on them, and no other', async () => {
    const name = await dataset(fittingCsv.replace('4,0,', '4,1,'));
    expect(await codedAsync(preflightVertical(spec(name), bank, folder))).toBe('DATASET_ONE_CLASS');
    const unmeasured = spec(name, { scores: { release: 'none' } });
    expect(await preflightVertical(unmeasured, bank, folder)).toMatchObject({ rows: 4 });
    expect(await preflightVertical(spec(name, { type: 'binning' }), bank, folder)).toMatchObject({ rows: 4 });
  });

  it.each([
    ['DATASET_LABEL_MISSING', 'has no label', () => dataset(fittingCsv, unlabelled)],
    ['DATASET_UNKNOWN', 'there is no dataset elsewhere here', async () => 'elsewhere'],
    [
      'DATASET_TYPE',
      'does not fit the features of the job: Amount',
      () => dataset(fittingCsv.replace('10', 'ten')),
    ],
    ['DATASET_ONE_CLASS', 'cannot be used', () => dataset(fittingCsv.replace('1,0,', '1,1,'))],
    ['DATASET_DUPLICATE_ID', 'has a customer id twice', () => dataset(`${fittingCsv}１,1,1,a\n`)],
    ['DATASET_ID_EMPTY', 'has rows without a customer id', () => dataset(`${fittingCsv},1,1,a\n`)],
  ])('the label holder refuses with %s', async (code, message, make) => {
    await expect(preflightVertical(spec(await make()), bank, folder)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('tells the submitter nothing of the source: no column, no path, no row number', async () => {
    const renamed = fittingCsv.replace('id,', 'ident,');
    for (const text of [
      `${renamed}１,1,1,a\n`,
      `${renamed},1,1,a\n`,
      renamed.replace('10', 'ten'),
      'ident\n',
    ]) {
      const job = spec(
        await dataset(text, {
          id: 'ident',
          features: {
            Amount: { column: 'amount', type: 'number' },
            Home: { column: 'home', type: 'category' },
          },
        }),
      );
      const { message, cause } = (await preflightVertical(job, shop, folder).catch(
        (thrown) => thrown,
      )) as Error;
      expect(message).not.toMatch(/ident|amount|home|row \d|rows \d|[１]|\//);
      expect(String(cause)).toMatch(/ident|amount/);
    }
  });

  it('who is no party has nothing to check', async () => {
    const job = spec(await dataset(fittingCsv));
    expect(await codedAsync(preflightVertical(job, 'toString' as ParticipantName, folder))).toBe(
      'SPEC_INVALID',
    );
  });
});
