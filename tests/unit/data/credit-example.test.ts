import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawNonce, type HorizontalSpec, horizontalSpec, readYamlFile } from '../../../contract/index.js';
import {
  type DealtRows,
  dealRows,
  installDataset,
  installPolicy,
  specPath,
} from '../../../examples/credit/deal.js';
import { countParameters } from '../../../learning/index.js';
import { checkDataset, preflight } from '../../../participant/data/index.js';
import { decide, readPolicy } from '../../../participant/policy/index.js';
import { temporaryFolder } from './dataset-home.js';

const folder = temporaryFolder();
const examples = join(import.meta.dirname, '..', '..', '..', 'examples');
const parts = ['bank-a', 'bank-b', 'platform-x'];
const numbers = ['Age', 'Amount', 'Assets', 'Debt', 'Expenses', 'Income', 'Price', 'Seniority', 'Time'];
const specs = [
  specPath('logistic'),
  specPath('mlp'),
  ...readdirSync(join(examples, 'specs'))
    .filter((name) => !name.startsWith('vertical-'))
    .map((name) => join(examples, 'specs', name)),
];
const readSpec = (path: string): Promise<HorizontalSpec> =>
  readYamlFile(path, horizontalSpec, 'SPEC_INVALID', { fill: { nonce: drawNonce() } });

/** The bundled file read by a second hand: it has neither quotes nor commas in cells. */
function bundledRows(): Record<string, string>[] {
  const text = gunzipSync(readFileSync(join(examples, 'credit', 'credit.csv.gz'))).toString();
  expect(text).not.toContain('"');
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

let dealt: DealtRows[];
const home = (name: string) => join(folder, name);

beforeAll(async () => {
  dealt = await dealRows({ parts, outFolder: join(folder, 'rows') });
  for (const { name, path } of dealt) {
    await installDataset(home(name), path);
    await installPolicy(home(name), { name: 'ring', caFingerprint: 'ab'.repeat(32) });
  }
});

describe('the bundled loans', () => {
  it('are 4,454 with 28.2 % bad', () => {
    const rows = bundledRows();
    expect(rows).toHaveLength(4454);
    expect(rows.filter(({ y }) => y === '1')).toHaveLength(1254);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(4454);
  });
  it('are dealt out by id % 3, none twice, none left over', async () => {
    expect(dealt.map(({ name, rows }) => [name, rows])).toEqual([
      ['bank-a', 1484],
      ['bank-b', 1485],
      ['platform-x', 1485],
    ]);
    for (const [part, { path }] of dealt.entries()) {
      const ids = (await readFile(path, 'utf8'))
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0]));
      expect(ids.every((id) => id % 3 === part)).toBe(true);
    }
  });
  it.each(parts)('fit their contract at %s', async (name) => {
    const report = await checkDataset(join(home(name), 'datasets', 'credit-loans.yaml'));
    expect(report).toMatchObject({ fits: true, problems: [], splitRule: 'id % 5 == 0' });
  });
  it.each([0, 1, 2])('arrive in the table of part %i as they stand in the file', async (part) => {
    const spec = await readSpec(specPath('logistic'));
    const table = await preflight(spec, join(home(parts[part]!), 'datasets'));
    const rows = bundledRows()
      .filter(({ id }) => Number(id) % 3 === part)
      .sort((a, b) => Number(a.id) - Number(b.id));
    expect(table.rows).toBe(rows.length);
    expect([...table.label]).toEqual(rows.map(({ y }) => Number(y)));
    expect([...table.test]).toEqual(rows.map(({ id }) => (Number(id) % 5 === 0 ? 1 : 0)));
    for (const name of numbers) {
      const expected = rows.map((row) => (row[name] === '' ? Number.NaN : Number(row[name])));
      expect([...table.numbers.get(name)!], name).toEqual(expected);
    }
    const agreed: Record<string, string> = { priv: 'private', partime: 'part-time' };
    for (const name of ['Home', 'Job', 'Marital', 'Records']) {
      const { codes, levels } = table.categories.get(name)!;
      const expected = rows.map((row) => (row[name] === '' ? undefined : (agreed[row[name]!] ?? row[name])));
      expect(
        [...codes].map((code) => levels[code]),
        name,
      ).toEqual(expected);
    }
    expect(table.numbers.size + table.categories.size).toBe(13);
  });
});

describe.each(specs)('%s', (path) => {
  it('is a job spec over the 13 features', async () => {
    const { features } = await readSpec(path);
    expect(Object.keys(features)).toHaveLength(13);
  });
  it('has a model that this package runs', async () => {
    const { model } = await readSpec(path);
    if (model.kind === 'trees') expect(model.depth).toBeGreaterThan(1);
    else expect(countParameters(model, 30)).toBeGreaterThan(30);
  });
  it('is allowed by the policy of the example at every participant', async () => {
    const spec = await readSpec(path);
    for (const name of parts) {
      const decision = decide(await readPolicy(join(home(name), 'policy.yaml')), {
        spec,
        coordinator: { name: 'ring', caFingerprint: 'ab'.repeat(32) },
        me: { name, organisation: name },
        pinned: new Map(parts.filter((peer) => peer !== name).map((peer) => [peer, { organisation: peer }])),
        rows: 1188,
        nowMs: 0,
      });
      expect(decision).toEqual({ kind: 'approve', rule: 'credit risk with the ring' });
    }
  });
});
