import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawNonce,
  jobSpec,
  type ParticipantName,
  readYamlFile,
  type VerticalSpec,
} from '../../../contract/index.js';
import { bundledLoans } from '../../../examples/credit/deal.js';
import { type DealtPair, dealPair, installSide } from '../../../examples/credit/deal-pair.js';
import {
  checkDataset,
  loadVertical,
  preflightVertical,
  type VerticalRows,
} from '../../../participant/data/index.js';
import { decideVertical, onlineGrant, readPolicy } from '../../../participant/policy/index.js';
import { referenceFolder } from '../../support/reference-data.js';
import { temporaryFolder } from './dataset-home.js';

const folder = temporaryFolder();
const examples = join(import.meta.dirname, '..', '..', '..', 'examples');
const coordinator = { name: 'ring', caFingerprint: 'ab'.repeat(32) };
const sides = { 'bank-a': 'bank', 'platform-x': 'platform' } as const;
const names = Object.keys(sides) as (keyof typeof sides)[];
const home = (name: string) => join(folder, name);
const specOf = async (type: string) =>
  (await readYamlFile(join(examples, 'specs', `vertical-${type}.yaml`), jobSpec, 'SPEC_INVALID', {
    fill: { nonce: drawNonce() },
  })) as VerticalSpec;

/** What a careful person makes of a key: written apart from the product's own normalisation. */
const readKey = (text: string) =>
  [...text]
    .map((letter) => letter.codePointAt(0)!)
    .map((code) => (code > 0xff00 && code < 0xff5f ? code - 0xfee0 : code))
    .filter((code) => code !== 0x20 && code !== 0x3000)
    .map((code) => String.fromCodePoint(code).toUpperCase())
    .join('');

let dealt: DealtPair;
let bank: VerticalRows;
let platform: VerticalRows;
const loads = (name: string, dataset: string, features: object, label: boolean) =>
  loadVertical(join(home(name), 'datasets', `${dataset}.yaml`), features as Record<string, 'number'>, {
    label,
  });

beforeAll(async () => {
  dealt = await dealPair({ outFolder: join(folder, 'rows') });
  for (const name of names) await installSide(home(name), sides[name], dealt[sides[name]], coordinator);
  bank = await loads('bank-a', 'loans', { Amount: 'number', Records: 'category' }, true);
  platform = await loads('platform-x', 'customers', { Age: 'number', Income: 'number' }, false);
});

describe('the bundled loans as a bank and a platform', () => {
  it('share 90 % of the customers of the bank; each has some of its own', () => {
    const keys = new Set(bank.ids.map(readKey));
    const common = platform.ids.filter((id) => keys.has(readKey(id))).length;
    expect([bank.rows, platform.rows, common]).toEqual([4231, 4031, 3808]);
    expect(dealt).toMatchObject({ bank: { rows: 4231 }, platform: { rows: 4031 }, common: 3808 });
    expect(common / bank.rows).toBeCloseTo(0.9, 3);
  });
  it('write most keys differently on the two sides, and no two customers alike', () => {
    const written = new Set(bank.ids);
    const same = platform.ids.filter((id) => written.has(id)).length;
    expect(same / platform.rows).toBeLessThan(0.25);
    expect(new Set(platform.ids.map(readKey)).size).toBe(platform.rows);
    for (const sample of [/[Ａ-Ｚ]/, /[ａ-ｚ]/, /[a-z]/, /^ {2}C/, /\u3000$/]) {
      expect(platform.ids.some((id) => sample.test(id))).toBe(true);
    }
  });
  it('lay side by side give the loans again: label, split and features of each customer', async () => {
    const number = (text: string | undefined) => (text === '' ? Number.NaN : Number(text));
    const loans = new Set(
      (await bundledLoans()).map(({ y, Amount, Age, Income }) => [y, Amount, Age, Income].map(number).join()),
    );
    const atBank = new Map(bank.ids.map((id, row) => [readKey(id), row]));
    let joined = 0;
    for (const [row, id] of platform.ids.entries()) {
      const other = atBank.get(readKey(id));
      if (other === undefined) continue;
      const loan = [
        bank.label![other],
        bank.numbers.get('Amount')![other],
        platform.numbers.get('Age')![row],
        platform.numbers.get('Income')![row],
      ];
      expect(loans.has(loan.join())).toBe(true);
      joined++;
    }
    expect(joined).toBe(3808);
    expect(bank.label!.reduce((sum, each) => sum + each, 0) / bank.rows).toBeCloseTo(0.28, 1);
    expect(bank.test!.reduce((sum, each) => sum + each, 0) / bank.rows).toBeCloseTo(0.2, 1);
  });
  const path = `${referenceFolder}/oracles/credit_data.baseline.json`;
  it.skipIf(!existsSync(path))('have the features of the reference results', async () => {
    const { guest_features, host_features } = JSON.parse(readFileSync(path, 'utf8'));
    const spec = await specOf('training');
    if (spec.type === 'scoring') throw new Error('no training');
    const named = (name: string) => Object.keys(spec.parties[name as ParticipantName]!.features).sort();
    expect(named('bank-a')).toEqual([...guest_features].sort());
    expect(named('platform-x')).toEqual([...host_features].sort());
  });
  it.each(names)('fit their contract at %s', async (name) => {
    const dataset = name === 'bank-a' ? 'loans' : 'customers';
    const report = await checkDataset(join(home(name), 'datasets', `${dataset}.yaml`));
    expect(report).toMatchObject({
      fits: true,
      problems: [],
      id: { normalise: ['nfkc', 'trim', 'uppercase'] },
    });
  });
});

describe.each(['binning', 'training', 'scoring'])('specs/vertical-%s.yaml', (type) => {
  it.each(names)('parses, fits the data of %s and is allowed by its policy', async (name) => {
    const spec = await specOf(type);
    expect(spec).toMatchObject({ mode: 'vertical', type, labelHolder: 'bank-a' });
    const ready = await preflightVertical(spec, name as ParticipantName, join(home(name), 'datasets'));
    expect(ready.labelled !== undefined).toBe(name === 'bank-a' && type !== 'scoring');
    const peer = names.find((other) => other !== name)!;
    const decision = decideVertical(await readPolicy(join(home(name), 'policy.yaml')), {
      spec,
      coordinator,
      me: { name, organisation: name },
      pinned: new Map([[peer, { organisation: peer }]]),
      rows: ready.rows,
      sessionsUsed: new Map(),
      nowMs: 0,
    });
    expect(decision).toMatchObject({ kind: 'approve' });
  });
});

describe('the policy of the platform', () => {
  it('lets the bank ask for single scores', async () => {
    const grant = onlineGrant(await readPolicy(join(home('platform-x'), 'policy.yaml')), {
      coordinator,
      me: { name: 'platform-x', organisation: 'Platform X' },
      pinned: new Map([['bank-a', { organisation: 'Bank A' }]]),
      nowMs: 0,
      labelHolder: 'bank-a',
      tells: 'sides',
      purpose: 'credit-risk',
      dataset: 'customers',
      features: ['Age'],
    });
    expect(grant).toMatchObject({ kind: 'grant', onlinePerDay: 10_000 });
  });
});
