import { afterAll, describe, expect, test } from 'vitest';
import { clearRun, designOf } from '../../../learning/index.js';
import { runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdTable, jobOf, seeded } from '../../support/vertical-credit.js';

/** What a feature holder that keeps to the protocol reads of single labels. */
const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
afterAll(() => {
  bank.remove();
  shop.remove();
});

const random = seeded(11);
const customers = Array.from({ length: 400 }, (_, id) => ({
  id: id + 1,
  y: Number(random() < 0.4),
  x: random(),
}));

/** A binning job over one category of the platform; its WOE by level. */
async function woeByLevel(levels: readonly (readonly string[])[], binning: object) {
  const names = levels.map((_, at) => `f${at}`);
  const kinds = Object.fromEntries(names.map((name) => [name, 'category' as const]));
  holdTable(bank, {
    features: { x: 'number' },
    label: true,
    columns: ['id', 'y', 'x'],
    cells: customers.map(({ id, y, x }) => [id, y, x]),
  });
  holdTable(shop, {
    features: kinds,
    label: false,
    columns: ['id', ...names],
    cells: customers.map(({ id }, row) => [id, ...levels.map((of) => of[row]!)]),
  });
  const spec = verticalSpecOf({
    ...jobOf('binning', { 'bank-a': { x: 'number' }, 'shop-x': kinds }),
    binning,
  });
  // Training rows are what the bank's split leaves of all customers; the attacker knows which (step select).
  let train = new Set<number>();
  const run = await runVertical(spec, [bank, shop], {
    before: async (work) => {
      if (work.me !== 'shop-x' || work.step.name !== 'counts') return;
      const { trainingRows } = await import('../../../participant/vertical/training-rows.js');
      train = new Set(await trainingRows(work));
    },
  });
  const features = run.resultOf('shop-x').features.map(({ bins, woe, rows }) => {
    if (bins?.kind !== 'category') throw new Error('no category');
    return bins.groups.map((group, at) => ({ group, woe: woe![at]!, rows: rows![at]! }));
  });
  const charged = run.releases.reduce((sum, { functionals }) => sum + functionals, 0);
  return { features, train, charged };
}

describe('a bin of one customer', () => {
  const singles = 40;
  const own = customers.map((_, row) => (row < singles ? `one-${row}` : 'all'));
  const read = async (classFloor: number) => {
    const { features, train, charged } = await woeByLevel([own], {
      minimumShare: 0,
      levels: 60,
      classFloor,
      allowSeparating: true,
    });
    const woes = features[0]!.filter(({ group }) => group[0] !== 'all');
    return { woes, train, charged };
  };

  test('tells its label when the job sets the class floor to 0, which no policy forbids', async () => {
    const { woes, train, charged } = await read(0);
    expect(woes.length).toBe([...train].filter((row) => row < singles).length);
    for (const { group, woe } of woes) {
      const row = Number(group[0]!.slice(4));
      expect(Number(woe > 0)).toBe(customers[row]!.y);
    }
    // One functional a label, and the budget of this label set holds eight: only the ledger bounds it.
    expect(charged).toBe(woes.length + 1);
  });

  test('shares a pooled WOE at the usual floor', async () => {
    const { woes } = await read(5);
    expect(new Set(woes.map(({ woe }) => woe)).size).toBe(1);
  });
});

describe('two large bins that differ in one customer', () => {
  test('tell its label at any class floor: WOE is exact, and the ledger counts two functionals a pair', async () => {
    const target = 3;
    const without = customers.map((_, row) => (row < 150 && row !== target ? 'in' : 'out'));
    const along = customers.map((_, row) => (row < 150 ? 'in' : 'out'));
    const { features, train, charged } = await woeByLevel([without, along], {
      minimumShare: 0.05,
      classFloor: 5,
    });
    expect(train.has(target)).toBe(true);
    const bad = [...train].reduce((sum, row) => sum + customers[row]!.y, 0);
    const good = train.size - bad;
    // The peer does not know `bad`; the two bins of one feature give it, here it is taken as known.
    const badIn = (bins: (typeof features)[number]) => {
      const { woe, rows } = bins.find(({ group }) => group[0] === 'in')!;
      const odds = (Math.exp(woe) * bad) / good;
      return Math.round((rows * odds) / (1 + odds));
    };
    expect(badIn(features[1]!) - badIn(features[0]!)).toBe(customers[target]!.y);
    expect(charged).toBe(4);
  });
});

describe("a feature holder's gradients", () => {
  const rows = 60;
  const column = (of: (row: number) => number) => Float64Array.from({ length: rows }, (_, row) => of(row));
  const bankX = [column(() => random()), column(() => random())];
  // Rows 0 and 1 are alike at the platform, rows 2 and 3 at both.
  for (const x of bankX) x[3] = x[2]!;
  const shopX = [column((row) => Math.floor(row / 2) % 5), column((row) => Math.floor(row / 2) % 7)];
  const designs = [
    designOf({ names: ['a', 'b'], values: bankX }, { intercept: true }),
    designOf({ names: ['c', 'd'], values: shopX }, { intercept: false }),
  ] as const;
  const base = Array.from({ length: rows }, (_, row) => Number(row % 3 === 0));
  const swapped = (one: number, two: number, labels: readonly number[]) =>
    labels.map((y, row) => (row === one ? 1 - y : row === two ? 1 - y : y));
  const gradients = (labels: readonly number[]) => {
    const run = clearRun(designs, labels, { l2: 0 });
    return Array.from({ length: 6 }, () => [...run.next().value.products[1]!]);
  };

  test('depend on labels through its own columns only in the first iteration; later through those of the others too', () => {
    expect(base[0]).not.toBe(base[1]);
    const [one, two] = [gradients(base), gradients(swapped(0, 1, base))];
    // The two label vectors have one X_B^T y.
    expect(one[0]).toEqual(two[0]);
    for (const round of [1, 2, 3, 4, 5]) expect(one[round]).not.toEqual(two[round]);
  });

  test('say nothing that the columns of all parties together do not say', () => {
    const labels = base.map((y, row) => (row === 2 ? 1 : row === 3 ? 0 : y));
    expect(gradients(labels)).toEqual(gradients(swapped(2, 3, labels)));
  });
});
