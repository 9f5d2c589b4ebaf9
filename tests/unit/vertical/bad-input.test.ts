import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CodedError, type StepName } from '../../../contract/index.js';
import { forgetJob } from '../../../participant/vertical/index.js';
import { openGrant, runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import {
  csvOf,
  editRows,
  type FeatureKinds,
  holdTable,
  invented,
  jobOf,
  scoringOf,
} from '../../support/vertical-credit.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const cast = [bank, shop];
const rows = invented(240, 6);
const features = { number: 'number', kind: 'category', plain: 'number' } as const;
const holdings: Record<string, FeatureKinds> = { 'bank-a': features, 'shop-x': features };

/** Both parties with 240 common customers and sound columns; every test spoils something. */
function holdSound(): void {
  cast.forEach((party, side) => {
    const label = party === bank;
    holdTable(party, {
      ...{ features, label },
      columns: ['id', ...(label ? ['y'] : []), 'number', 'kind', 'plain'],
      cells: rows.map(({ id, y, values }) => {
        const kind = ['red', 'green', 'blue'][Math.floor((Number(values[side]) + 2) * 7) % 3]!;
        return [id, ...(label ? [y] : []), values[2 * side]!, kind, values[2 * side + 1]!];
      }),
    });
    party.grant = openGrant;
  });
}

const training = () => verticalSpecOf({ ...jobOf('training', holdings), training: { iterations: 1 } });
/** All that is wrong with customers, labels and columns shows by the end of the binning. */
const binning = (more: object = {}) => verticalSpecOf({ ...jobOf('binning', holdings), ...more });

/** The error that a run ends with. */
async function endOf(run: Promise<unknown>): Promise<{ code: string; parties: readonly string[] }> {
  try {
    await run;
  } catch (thrown) {
    if (thrown instanceof CodedError) return { code: thrown.code, parties: thrown.parties };
    throw thrown;
  }
  return { code: 'no error', parties: [] };
}

const binned = (more: object = {}) => endOf(runVertical(binning(more), cast));

beforeEach(holdSound);

afterAll(() => {
  for (const party of cast) party.remove();
});

const parties = { 'bank-a': bank, 'shop-x': shop };
const sides = ['bank-a', 'shop-x'] as const;

describe('customers', () => {
  it('none in common', async () => {
    editRows(shop, (row) => {
      row.id = String(Number(row.id) + 1000);
    });
    expect(await binned()).toEqual({ code: 'ALIGNMENT_EMPTY', parties: ['bank-a', 'shop-x'] });
  });

  const overlapping = (count: number) =>
    editRows(shop, (row) => {
      if (Number(row.id) > count) row.id = String(Number(row.id) + 1000);
    });

  it('fewer in common than the job asks for', async () => {
    overlapping(99);
    expect(await binned()).toEqual({ code: 'ALIGNMENT_TOO_SMALL', parties: ['bank-a', 'shop-x'] });
  });

  it.each(sides)('fewer in common than the policy of %s asks for', async (name) => {
    parties[name].grant = { ...openGrant, minimumCommonRows: 241 };
    expect(await binned()).toEqual({ code: 'ALIGNMENT_TOO_SMALL', parties: [name] });
  });

  it('more at a peer than a policy allows', async () => {
    shop.grant = { ...openGrant, maximumPeerRows: 239 };
    expect(await binned()).toEqual({ code: 'PSI_SIZE_LIMIT', parties: ['shop-x', 'bank-a'] });
  });

  it.each(sides)('fewer at %s than its own policy asks for', async (name) => {
    parties[name].grant = { ...openGrant, minimumOwnRows: 241 };
    expect(await binned()).toEqual({ code: 'PSI_SIZE_LIMIT', parties: [name] });
  });

  it('one twice', async () => {
    editRows(shop, (row) => {
      if (row.id === '7') row.id = ' 8 ';
    });
    expect(await binned()).toEqual({ code: 'DATASET_DUPLICATE_ID', parties: ['shop-x'] });
  });
});

describe('labels', () => {
  it('at the wrong side only', async () => {
    const spec = binning({ labelHolder: 'shop-x' });
    expect(await endOf(runVertical(spec, cast))).toEqual({
      code: 'DATASET_LABEL_MISSING',
      parties: ['shop-x'],
    });
  });

  it('of one class among common customers', async () => {
    const good = new Set(rows.filter(({ y }) => y === 0).map(({ id }) => String(id)));
    editRows(shop, (row) => {
      if (!good.has(row.id!)) row.id = String(Number(row.id) + 1000);
    });
    expect(await binned()).toEqual({ code: 'DATASET_ONE_CLASS', parties: ['bank-a'] });
  });
});

describe.each(sides)('a column of %s', (name) => {
  const spoil = (change: (row: Record<string, string>, at: number) => void) =>
    editRows(parties[name], change);

  it.each(['number', 'kind'])('%s with one value', async (column) => {
    spoil((row) => {
      row[column] = '1';
    });
    expect(await binned()).toEqual({ code: 'FEATURE_CONSTANT', parties: [name] });
  });

  it.each(['number', 'kind'])('%s without any value', async (column) => {
    spoil((row, at) => {
      row[column] = at % 2 === 0 ? 'NA' : '';
    });
    expect(await binned()).toEqual({ code: 'FEATURE_MISSING_ALL', parties: [name] });
  });

  it.each(['number', 'kind'])(
    '%s that tells bad from good, with nothing else known of it',
    async (column) => {
      spoil((row, at) => {
        const { y } = rows[at]!;
        row[column] = column === 'number' ? String(y + at / 1e4) : ['paid', 'owed'][y]!;
      });
      expect(await binned()).toEqual({ code: 'FEATURE_SEPARATES', parties: [name] });
      expect((await binned({ binning: { allowSeparating: true } })).code).toBe('no error');
    },
  );

  it('that is text where the job wants numbers', async () => {
    spoil((row, at) => {
      if (at === 3) row.number = 'many';
    });
    expect(await binned()).toEqual({ code: 'DATASET_TYPE', parties: [name] });
  });
});

/** Changes a party's source before one of its steps, with nothing of it in memory, as when it was restarted there. */
const changing = (name: string, at: StepName, change: (row: Record<string, string>) => void) =>
  endOf(
    runVertical(binning(), cast, {
      before: ({ me, step, jobId }) => {
        if (me !== name || step.name !== at) return;
        editRows(parties[name as keyof typeof parties], change);
        forgetJob(jobId);
      },
    }),
  );

describe('a source that changes while the job runs', () => {
  const changes: [string, (row: Record<string, string>) => void][] = [
    [
      'a customer',
      (row) => {
        if (row.id === '17') row.id = '9917';
      },
    ],
    [
      'a number',
      (row) => {
        if (row.id === '17') row.plain = '0.123';
      },
    ],
    [
      'a level',
      (row) => {
        if (row.id === '17') row.kind = row.kind === 'red' ? 'blue' : 'red';
      },
    ],
  ];

  it.each(changes)('by %s of the platform', async (_, change) => {
    expect(await changing('shop-x', 'counts', () => {})).toEqual({ code: 'no error', parties: [] });
    expect(await changing('shop-x', 'close', change)).toEqual({
      code: 'PSI_SET_CHANGED',
      parties: ['shop-x'],
    });
  });

  it('by a label', async () => {
    const end = await changing('bank-a', 'woe', (row) => {
      if (row.id === '17') row.y = String(1 - Number(row.y));
    });
    expect(end).toEqual({ code: 'PSI_SET_CHANGED', parties: ['bank-a'] });
  });

  it("before the alignment is none of anybody's business", async () => {
    const end = await changing('shop-x', 'blind', (row) => {
      if (row.id === '17') row.id = '9917';
    });
    expect(end.code).toBe('no error');
  });
});

describe('rows to score that the model does not know', () => {
  let job = '';
  beforeAll(async () => {
    holdSound();
    job = (await runVertical(training(), cast)).jobId;
  });

  const scored = () => endOf(runVertical(verticalSpecOf(scoringOf(job, 'bank-a', sides)), cast));

  it('sound ones are scored', async () => {
    expect((await scored()).code).toBe('no error');
  });

  describe.each(sides)('at %s', (name) => {
    it('other categories', async () => {
      editRows(parties[name], (row) => {
        row.kind = `new-${row.kind}`;
      });
      expect(await scored()).toEqual({ code: 'SCHEMA_DRIFT', parties: [name] });
    });

    it('a column without values', async () => {
      editRows(parties[name], (row) => {
        row.plain = 'NA';
      });
      expect(await scored()).toEqual({ code: 'SCHEMA_DRIFT', parties: [name] });
    });

    it('a column of another type', async () => {
      const path = join(parties[name].datasets, 'loans.yaml');
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace('column: plain, type: number', 'column: plain, type: category'),
      );
      expect(await scored()).toEqual({ code: 'SCHEMA_DRIFT', parties: [name] });
    });

    it('a column that is gone', async () => {
      const path = join(parties[name].datasets, 'loans.yaml');
      writeFileSync(path, readFileSync(path, 'utf8').replace(/ {2}plain: .*\n/, ''));
      expect(await scored()).toEqual({ code: 'SCHEMA_DRIFT', parties: [name] });
    });
  });

  it('no model at one side', async () => {
    const other = verticalSpecOf(scoringOf(`job-${'0'.repeat(32)}`, 'bank-a', sides));
    expect((await endOf(runVertical(other, cast))).code).toBe('MODEL_UNKNOWN');
    expect(csvOf(bank)).toContain('loans');
  });
});
