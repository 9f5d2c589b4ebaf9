import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { TellingFailure } from '../../../participant/vertical/index.js';
import { codedAsync } from '../../support/coded.js';
import { runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdTable, jobOf, seeded } from '../../support/vertical-credit.js';

/**
 * A platform that lies about the rows of one bin: it says that nobody lacks a value, and puts one customer there all the same.
 * Opened counts must not exceed rows, so the label holder refuses exactly when that customer is bad: whoever sees the
 * job end knows the label. The ledger is charged for the refusal as for any functional, and that bounds it.
 */
const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
afterAll(() => {
  bank.remove();
  shop.remove();
});

const random = seeded(5);
const customers = Array.from({ length: 200 }, (_, at) => ({
  id: at + 1,
  y: Number(random() < 0.4),
  x: random(),
}));
const number = (name: string) => ({ [name]: 'number' as const });

async function endWith(target: number): Promise<{ end: string; charged: number }> {
  const cells = customers.map(({ id, y, x }) => [id, y, x]);
  holdTable(bank, { features: number('x'), label: true, columns: ['id', 'y', 'x'], cells });
  holdTable(shop, {
    features: number('f'),
    label: false,
    columns: ['id', 'f'],
    cells: customers.map(({ id }, row) => [id, row === target ? 'NA' : random()]),
  });
  let charged = 0;
  const spec = verticalSpecOf({ ...jobOf('binning', { 'bank-a': number('x'), 'shop-x': number('f') }) });
  const running = runVertical(spec, [bank, shop], {
    after: (_, { releases }) => {
      charged += (releases ?? []).reduce((sum, { functionals }) => sum + functionals, 0);
    },
    tamper: ({ name, from, path }) => {
      if (name !== 'labels' || from !== 'shop-x') return;
      const bytes = readFileSync(path);
      const header = JSON.parse(bytes.toString('utf8', 4, 4 + bytes.readUInt32LE()));
      const { rows } = header.features[0];
      if (rows.at(-1) !== 1) throw new Error('the target does not train');
      rows[0] += rows.pop();
      rows.push(0);
      const json = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(json.length);
      writeFileSync(path, Buffer.concat([length, json]));
    },
  });
  const end = await codedAsync(
    running.catch((thrown) => {
      if (thrown instanceof TellingFailure) {
        charged += thrown.releases.reduce((sum, { functionals }) => sum + functionals, 0);
      }
      throw thrown;
    }),
  );
  return { end, charged };
}

describe('the refusal of bin counts that cannot be', () => {
  // Ids that are multiples of five are held out.
  const training = [...customers.keys()].filter((row) => customers[row]!.id % 5 !== 0);

  test.each([0, 1])('tells a label of %i, and is charged for it', async (y) => {
    const target = training.find((row) => customers[row]!.y === y)!;
    const { end, charged } = await endWith(target);
    expect(end).toBe(y === 1 ? 'PARCEL_MALFORMED' : 'no error');
    expect(charged).toBeGreaterThanOrEqual(1);
  });
});
