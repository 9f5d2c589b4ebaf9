import { type HorizontalSpec, Secret } from '../../../contract/index.js';
import { type Table, treeOf } from '../../../learning/index.js';
import { seededRandom } from '../../../learning/random.js';
import type { Forest } from '../../../learning/trees/joint-forest.js';
import { specFor } from '../../support/cast.js';

export const hashKey = new Secret(new Uint8Array(32).fill(9));
export const banks = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'bank-e'];

/** A job of trees on an amount, an age in years, a balance that may be negative, and a category. */
export function treeSpec(model: object = {}, fields: object = {}): HorizontalSpec {
  return specFor(banks, {
    features: { age: 'number', amount: 'number', balance: 'number', home: 'category' },
    model: { kind: 'trees', depth: 3, ...model },
    training: { rounds: 4, seed: 5 },
    update: { rowsCap: 10_000 },
    evaluation: { bins: 1000 },
    ...fields,
  });
}

/** Rows that something can be learnt from, a tenth of the balances missing, a quarter held out. */
export function loans(rows: number, seed: number): Table {
  const random = seededRandom('loans', seed);
  const column = () => new Float64Array(rows);
  const [age, amount, balance] = [column(), column(), column()];
  const levels = ['own', 'parents', 'rent'];
  const codes = new Int32Array(rows);
  const [label, test] = [new Uint8Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    age[row] = 18 + random.below(50);
    amount[row] = Math.round(10 ** (2 + 2 * random.unit()));
    balance[row] = random.unit() < 0.1 ? Number.NaN : Math.round(4000 * random.unit() - 1000);
    codes[row] = random.below(3);
    const risk = 0.1 + 0.3 * Number(age[row]! < 30) + 0.3 * Number(amount[row]! > 2000) + 0.1 * codes[row]!;
    label[row] = Number(random.unit() < risk);
    test[row] = Number(random.below(4) === 0);
  }
  return {
    rows,
    numbers: new Map(Object.entries({ age, amount, balance })),
    categories: new Map([['home', { codes, levels }]]),
    label,
    test,
  };
}

/** Rows of several tables, one after the other. */
export function pooled(tables: readonly Table[]): Table {
  const numbers = [...tables[0]!.numbers.keys()].map((name): [string, Float64Array] => [
    name,
    Float64Array.from(tables.flatMap((table) => [...table.numbers.get(name)!])),
  ]);
  const home = tables.flatMap((table) => [...table.categories.get('home')!.codes]);
  const { levels } = tables[0]!.categories.get('home')!;
  return {
    rows: home.length,
    numbers: new Map(numbers),
    categories: new Map([['home', { codes: Int32Array.from(home), levels }]]),
    label: Uint8Array.from(tables.flatMap((table) => [...table.label])),
    test: Uint8Array.from(tables.flatMap((table) => [...table.test])),
  };
}

export function added(vectors: readonly Float64Array[]): Float64Array {
  return vectors.reduce((sum, vector) => sum.map((value, at) => value + vector[at]!));
}

/** Trees in a form that says what differs. */
export function asTrees({ trees }: Forest) {
  return trees.map(treeOf);
}
