import { createHash } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idDigests } from '../../../crypto/psi/index.js';
import { homeLayout } from '../../../participant/config.js';
import { customerKey, keyTable, rowOf } from '../../../participant/online/key-table.js';
import { readScoreTable, type ScoreTable } from '../../../participant/online/score-table.js';
import { TableKeeper } from '../../../participant/online/table-keeper.js';
import { codedAsync } from '../../support/coded.js';
import { modelOf, OnlineStage, quiet } from './stage.js';

/** Of what other threads bring about. */
const patient = { timeout: 30_000 };

describe('rows by customer key', () => {
  const digest = (id: string) => new Uint8Array(createHash('sha256').update(id).digest());

  it('are all found, and no other', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 300 }),
        fc.string({ minLength: 1 }),
        (ids, stranger) => {
          const table = keyTable(idDigests(ids, []));
          ids.forEach((id, row) => {
            expect(rowOf(table, digest(id))).toBe(row);
          });
          if (!ids.includes(stranger)) expect(rowOf(table, digest(stranger))).toBe(-1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are told apart when keys share the slot and all but the last kept byte', () => {
    const keys = [1, 2, 3].map((last) => Uint8Array.from({ length: 32 }, (_, at) => (at === 15 ? last : 7)));
    const digests = Buffer.concat(keys);
    const table = keyTable({ count: 3, digests });
    expect(keys.map((key) => rowOf(table, key))).toEqual([0, 1, 2]);
    expect(
      rowOf(
        table,
        Uint8Array.from({ length: 32 }, () => 7),
      ),
    ).toBe(-1);
  });

  it('an id that normalises to nothing names nobody', () => {
    expect(customerKey('  ', ['trim'])).toBeUndefined();
    expect(customerKey('ab', ['digits-only'])).toBeUndefined();
    expect(customerKey('a1', ['digits-only'])).toEqual(Buffer.from(digest('1')));
  });
});

describe('the table of a source that changes', () => {
  let stage: OnlineStage;
  beforeEach(async () => {
    stage = await OnlineStage.set();
    stage.give('platform-b', [[1, 25]]);
  });
  afterEach(() => stage.close());

  const file = () => join(homeLayout(stage.home('platform-b')).datasets, 'customers.csv');
  const order = () => ({
    datasetFolder: homeLayout(stage.home('platform-b')).datasets,
    dataset: 'customers',
    model: modelOf(stage.jobId, 'platform-b', stage.names),
  });

  function keeper(during: (read: number) => void = () => {}) {
    let reads = 0;
    const made = new TableKeeper({
      ...{ order: order(), environment: {}, clock: stage.clock, log: quiet, lookMs: 1000 },
      read: async (work): Promise<ScoreTable> => {
        const table = await readScoreTable(work.order, {});
        during(++reads);
        return table;
      },
    });
    return { made, reads: () => reads };
  }

  it('is never one that was read while the source was written', async () => {
    const { made, reads } = keeper((read) => {
      if (read === 1)
        stage.give('platform-b', [
          [1, 25],
          [2, 40],
        ]);
    });
    expect((await made.table()).rows).toBe(2);
    expect(reads()).toBe(2);
    const restless = keeper((read) => stage.give('platform-b', [[read, 25]]));
    expect(await codedAsync(restless.made.table())).toBe('DATASET_UNREADABLE');
  });

  it('is looked at once in a while, read again only after a change, and by one reader', async () => {
    const { made, reads } = keeper();
    const both = await Promise.all([made.table(), made.table()]);
    expect(both[0]).toBe(both[1]);
    stage.nowMs += 5000;
    await made.table();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads()).toBe(1);
    stage.give('platform-b', [
      [1, 25],
      [2, 40],
    ]);
    await made.table();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads()).toBe(1);
    stage.nowMs += 5000;
    await made.table();
    await expect.poll(async () => (await made.table()).rows, patient).toBe(2);
    expect(reads()).toBe(2);
  });

  it('counts a replaced file of the same size and time', async () => {
    const { made } = keeper();
    const then = new Date('2026-01-01');
    writeFileSync(file(), 'id,Age\n1,25\n');
    utimesSync(file(), then, then);
    await made.table();
    writeFileSync(file(), 'id,Age\n7,25\n');
    utimesSync(file(), then, then);
    stage.nowMs += 5000;
    await made.table();
    const seven = customerKey('7', [])!;
    await expect.poll(async () => rowOf(await made.table(), seven), patient).toBe(0);
  });

  it('is refused when the rows are nothing like those that trained', async () => {
    stage.give('platform-b', [
      [1, ''],
      [2, ''],
      [3, ''],
    ]);
    expect(await codedAsync(keeper().made.table())).toBe('SCHEMA_DRIFT');
    writeFileSync(file(), 'id,Years\n1,25\n');
    expect(await codedAsync(keeper().made.table())).toBe('DATASET_COLUMN_MISSING');
  });
});
