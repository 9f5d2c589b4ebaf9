import { describe, expect, it } from 'vitest';
import { drawNonce, type HorizontalSpec, horizontalSpec } from '../../../contract/index.js';
import { preflight } from '../../../participant/data/index.js';
import { bothFeatures, fittingCsv, temporaryFolder, writeDataset } from './dataset-home.js';

const folder = temporaryFolder();

function spec(dataset: string, changes: object = {}): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'job',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants: ['bank-a', 'bank-b', 'platform-x'],
    dataset,
    features: bothFeatures,
    model: { kind: 'logistic' },
    minimumRows: 2,
    nonce: drawNonce(),
    ...changes,
  });
}

async function dataset(text: string, changes: object = {}): Promise<string> {
  const path = await writeDataset(folder, text, changes);
  return path.slice(folder.length + 1, -'.yaml'.length);
}

describe('before consent', () => {
  it('gives the table of a job that fits', async () => {
    expect((await preflight(spec(await dataset(fittingCsv)), folder)).rows).toBe(4);
  });

  it.each([
    ['DATASET_UNKNOWN', 'there is no dataset elsewhere here', () => spec('elsewhere')],
    [
      'DATASET_COLUMN_MISSING',
      'does not fit the features of the job: Job',
      async () => spec(await dataset(fittingCsv), { features: { Job: 'category', Amount: 'number' } }),
    ],
    [
      'DATASET_TYPE',
      'does not fit the features of the job: Amount',
      async () => spec(await dataset(fittingCsv.replace('10', 'ten'))),
    ],
    [
      'DATASET_ONE_CLASS',
      'cannot be used',
      async () => spec(await dataset(fittingCsv.replace('1,0,', '1,1,'))),
    ],
    ['DATASET_EMPTY', 'cannot be used', async () => spec(await dataset('id,y,amount,home\n'))],
    [
      'DATASET_UNREADABLE',
      'cannot be used',
      async () => spec(await dataset(fittingCsv, { source: { csv: 'gone.csv' } })),
    ],
    [
      'POLICY_COHORT',
      'fewer than 3 training rows',
      async () => spec(await dataset(fittingCsv), { minimumRows: 3 }),
    ],
  ])('refuses with %s', async (code, message, make) => {
    await expect(preflight(await make(), folder)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('tells the submitter nothing of the source: no column, no path, no row', async () => {
    for (const changes of [{ source: { csv: 'gone.csv' } }, { id: 'ident' }, { where: 'nonsense(' }]) {
      const error = await preflight(spec(await dataset(fittingCsv, changes)), folder).catch(
        (thrown: Error) => thrown,
      );
      const { message, cause } = error as Error;
      expect(message).not.toMatch(/gone|ident|nonsense|row|\//);
      expect(String(cause)).toMatch(/gone|ident|nonsense|syntax/);
    }
  });
});
