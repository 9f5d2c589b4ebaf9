import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quantileCuts } from '../../../learning/binning/number-bins.js';
import { risingValues } from '../../../learning/binning/rising-values.js';
import {
  assignBins,
  binCount,
  binLabels,
  type Column,
  categoryBins,
  countBins,
  type FeatureBins,
  labelled,
  numberBins,
  shapeOf,
  weightOfEvidence,
} from '../../../learning/index.js';
import { referenceFolder } from '../../support/reference-data.js';
import { columnOf, joined, readColumns, trainingRows } from './credit-columns.js';

interface Oracle {
  readonly features: Record<
    string,
    {
      readonly cuts: number[] | null;
      readonly bins: { bin: string; n: number; bad: number; woe: number; iv: number }[];
      readonly iv: number;
    }
  >;
}

const shared = referenceFolder;
const readOracle = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Oracle;

/** Every figure of every feature, with ten quantile bins, a bin per level, no smallest share and no class floor. */
function expectOracle(oracle: Oracle, columns: Map<string, string[]>): void {
  const label = Uint8Array.from(columns.get('y')!, Number);
  expect(Object.keys(oracle.features).length).toBeGreaterThan(5);
  for (const [feature, expected] of Object.entries(oracle.features)) {
    const column = columnOf(columns.get(feature)!, expected.cuts === null);
    const bins = binsOf(column);
    if (column instanceof Float64Array) {
      const present = column.filter((value) => !Number.isNaN(value));
      expect(quantileCuts(risingValues(present), 10), feature).toEqual(expected.cuts);
    }
    const counts = countBins(assignBins(column, bins), label, binCount(bins));
    const table = labelled(weightOfEvidence(counts, shapeOf(bins), 0), bins);
    const oracleName = (index: number) => {
      const text = binLabels(bins)[index]!;
      if (text === 'missing') return '__missing__';
      return bins.kind === 'number' ? String(index) : text;
    };
    const found = table.bins.map((bin, index) => ({ ...bin, name: oracleName(index) }));
    expect(found.map(({ name }) => name).sort(), feature).toEqual(expected.bins.map(({ bin }) => bin).sort());
    for (const { bin, n, bad, woe, iv } of expected.bins) {
      const own = found.find(({ name }) => name === bin)!;
      expect([own.rows, own.bad], `${feature} ${bin}`).toEqual([n, bad]);
      expect(Math.abs(own.woe - woe), `${feature} ${bin}`).toBeLessThan(1e-9);
      expect(Math.abs(own.iv - iv), `${feature} ${bin}`).toBeLessThan(1e-9);
    }
    expect(Math.abs(table.iv - expected.iv), feature).toBeLessThan(1e-9);
  }
}

function binsOf(column: Column): FeatureBins {
  return column instanceof Float64Array
    ? numberBins(column, { method: 'quantile', bins: 10 }, { minimumShare: 0 })
    : categoryBins(column, { minimumShare: 0 });
}

describe('WOE and IV equal the tables made with numpy', () => {
  it('on the bundled credit data', () => {
    const columns = trainingRows(readColumns('examples/credit/credit.csv.gz'));
    expectOracle(readOracle('tests/unit/binning/credit-data.woe.json'), columns);
  });

  for (const name of ['credit_data', 'default_credit', 'lendingclub', 'german_credit']) {
    const folder = join(shared, 'data', name);
    const oracle = join(shared, 'oracles', `${name}.woe.json`);
    const absent = !existsSync(folder) || !existsSync(oracle);
    it.skipIf(absent)(`on ${name}${absent ? `: skipped, no ${folder} or ${oracle}` : ''}`, () => {
      const columns = joined(
        readColumns(join(folder, 'bank.csv.gz')),
        readColumns(join(folder, 'platform.csv.gz')),
      );
      expectOracle(readOracle(oracle), trainingRows(columns));
    });
  }
});
