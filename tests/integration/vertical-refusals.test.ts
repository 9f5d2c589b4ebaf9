import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type JobId,
  type ParticipantName,
  type PostBody,
  postDigest,
  postToWire,
  specJson,
  type VerticalSpec,
} from '../../contract/index.js';
import { homeLayout } from '../../participant/config.js';
import { checkDatasets, homeCredentials, listLabels } from '../../participant/main.js';
import { everyTest } from '../support/every-test.js';
import { RudeClient } from '../support/hostile-client.js';
import { VerticalFederation } from './support/vertical-federation.js';
import { bank, copyDataset, editPolicy, editRows, platform } from './support/vertical-homes.js';
import { Liar, type Misbehaviour } from './support/vertical-liar.js';
import { binningSpec, pairParts, scoringSpec, trainingSpec } from './support/vertical-specs.js';

const hangMs = 120_000;
const pair = [bank, platform];
/** By default one of two: what happens at the other is the same code. */
const oneOf = (name: string) => (everyTest ? pair : [name]);
type Row = Record<string, string>;

let federation: VerticalFederation;
let trained: JobId;
const liars = new Map<string, Liar>();

beforeAll(async () => {
  federation = await VerticalFederation.start({
    workOf: (name, journalOf) => {
      const liar = new Liar(journalOf);
      liars.set(name, liar);
      return liar.pool;
    },
  });
  trained = await federation.finished(trainingSpec({ training: { iterations: 1 } }));
}, hangMs);
afterAll(() => federation?.close());

/** A copy of a side's rows with other values under a name of its own. */
function variant(name: string, dataset: string, change?: (row: Row, at: number) => Row | undefined) {
  copyDataset(federation.home(name), dataset, change);
  return { parties: { ...pairParts, [name]: { ...pairParts[name], dataset } } };
}

/**
 * How a job ended for the submitter, who must act. The text says nothing that is not in the spec or in a policy: no
 * number of rows, of customers, of outcomes. And nobody keeps a file, or waits.
 */
async function refusalOf(spec: VerticalSpec) {
  const policies = pair.map((name) => readFileSync(homeLayout(federation.home(name)).policy, 'utf8'));
  const job = await federation.run(spec);
  const { state, code, detail, parties } = job;
  const known = new Set([...policies, specJson(spec)].join(' ').match(/\d+(\.\d+)?/g));
  const told =
    detail
      .replaceAll(/job-[0-9a-f]+(\/step\/\d+)?|step \d+|30 days|blinded id \d+/g, '')
      .match(/\d+(\.\d+)?/g) ?? [];
  expect(
    told.filter((number) => !known.has(number)),
    detail,
  ).toEqual([]);
  expect(state, detail).toBe('failed');
  const jobId = job.jobId as JobId;
  const left = () => [...pair.flatMap((name) => federation.files(name, jobId)), ...federation.blobs(jobId)];
  await expect.poll(left, { timeout: 20_000 }).toEqual([]);
  return { code, parties: [...parties].sort(), detail };
}

describe('customers', () => {
  test('none in common', async () => {
    const strangers = variant(platform, 'strangers', (row) => ({ ...row, member: `Z${row.member!.trim()}` }));
    const refusal = await refusalOf(binningSpec(strangers));
    expect(refusal).toMatchObject({ code: 'ALIGNMENT_EMPTY' });
  });

  test('fewer in common than the job asks for', async () => {
    const refusal = await refusalOf(binningSpec({ alignment: { minimumRows: 1700 } }));
    expect(refusal).toMatchObject({ code: 'ALIGNMENT_TOO_SMALL' });
    expect(refusal.detail).toMatch(/the job asks for/);
  });

  test.each(oneOf(platform))('fewer in common than the policy of %s asks for', async (name) => {
    const refusal = await underPolicy(name, ['alignment', 'minimumCommonRows'], 1700, binningSpec());
    expect(refusal).toMatchObject({ code: 'ALIGNMENT_TOO_SMALL', parties: [name] });
    expect(refusal.detail).toContain(`policy of ${name}`);
  });

  test('more at the platform than the policy of the bank allows', async () => {
    const refusal = await underPolicy(bank, ['alignment', 'maximumPeerRows'], 1500, binningSpec());
    expect(refusal.code).toBe('PSI_SIZE_LIMIT');
    expect(refusal.parties).toContain(bank);
  });

  test('one twice after normalisation: row numbers are for the owner', async () => {
    let first = '';
    const twice = variant(platform, 'twice', (row, at) => {
      if (at === 0) first = row.member!;
      return at === 7 ? { ...row, member: ` ${first.trim().toLowerCase()}` } : row;
    });
    const refusal = await refusalOf(binningSpec(twice));
    expect(refusal).toMatchObject({ code: 'DATASET_DUPLICATE_ID', parties: [platform] });
    const [report] = await checkDatasets({ home: federation.home(platform), dataset: 'twice' });
    expect(JSON.stringify(report)).toContain('DATASET_DUPLICATE_ID');
    expect(report!.problems.flatMap(({ rows }) => rows)).toEqual(expect.arrayContaining([1, 8]));
  });

  test('aligned more often than a policy allows in a month', async () => {
    const seldom = variant(platform, 'seldom');
    const limited = async (changes: object) =>
      underPolicy(platform, ['alignment', 'sessionsPerMonth'], 1, binningSpec({ ...seldom, ...changes }));
    expect((await limited({ alignment: { minimumRows: 1700 } })).code).toBe('ALIGNMENT_TOO_SMALL');
    const refusal = await limited({});
    expect(refusal).toMatchObject({ code: 'POLICY_ALIGNMENT', parties: [platform] });
  });
});

/** How a job ends while one rule of a participant's policy says something else. */
function underPolicy(name: string, field: readonly string[], value: unknown, spec: VerticalSpec) {
  return federation.withPolicy(
    name,
    (policy) =>
      value === undefined
        ? policy.deleteIn(['vertical', 0, ...field])
        : policy.setIn(['vertical', 0, ...field], value),
    () => refusalOf(spec),
  );
}

describe('policies', () => {
  test.each<[string, string, readonly string[], unknown, () => VerticalSpec, string]>([
    [
      'no alignment of so few rows',
      platform,
      ['alignment', 'minimumOwnRows'],
      2000,
      binningSpec,
      'POLICY_ALIGNMENT',
    ],
    ['no score part', platform, ['scores', 'batch'], 'none', trainingSpec, 'POLICY_SCORES'],
    [
      'held-out score parts only',
      platform,
      ['scores', 'batch'],
      'holdout',
      () => scoringSpec(trained),
      'POLICY_SCORES',
    ],
    ['no WOE', bank, ['labels', 'woe'], false, trainingSpec, 'POLICY_LABELS'],
    ['no fit', bank, ['labels', 'fit'], false, trainingSpec, 'POLICY_LABELS'],
    ['no release', platform, ['release'], ['rows'], binningSpec, 'POLICY_RELEASE'],
    ['no such type', bank, ['types'], ['training'], binningSpec, 'POLICY_ALGORITHM'],
  ])('%s at %s', async (_, name, field, value, spec, code) => {
    expect(await underPolicy(name, field, value, spec())).toMatchObject({ code, parties: [name] });
  });

  test('that change while the job runs hold from the next step on', async () => {
    liars.get(platform)!.misbehaviour = {
      step: 'blind',
      before: () =>
        void editPolicy(federation.home(platform), (policy) =>
          policy.setIn(['vertical', 0, 'types'], ['training']),
        ),
    };
    const { policy } = homeLayout(federation.home(platform));
    const text = readFileSync(policy, 'utf8');
    const refusal = await refusalOf(binningSpec()).finally(() => writeFileSync(policy, text));
    expect(refusal).toMatchObject({ code: 'POLICY_ALGORITHM', parties: [platform] });
  });
});

describe('labels', () => {
  test('at the other side only', async () => {
    const refusal = await refusalOf(binningSpec({ labelHolder: platform }));
    expect(refusal).toMatchObject({ code: 'DATASET_LABEL_MISSING', parties: [platform] });
  });

  test('beyond their budget: the bank must act, and how much is left or how many are bad is not said', async () => {
    const much = variant(bank, 'much');
    const refusal = await underPolicy(
      bank,
      ['labels', 'waiver'],
      undefined,
      binningSpec({ ...much, binning: { bins: 20, minimumShare: 0.01 } }),
    );
    expect(refusal).toMatchObject({ code: 'LABEL_BUDGET_EXCEEDED', parties: [bank] });
    const [set] = await listLabels({ home: federation.home(bank), dataset: 'much' });
    expect(set).toMatchObject({ releases: [], spent: 0 });
    expect(federation.logged.join('')).toMatch(
      /"participant":"bank-a".*LABEL_BUDGET_EXCEEDED.*the budget is \d+/,
    );
  });
});

describe('features', () => {
  test.each<[string, string, string, string, string]>([
    ['constant', platform, 'Age', '40', 'FEATURE_CONSTANT'],
    ['without any value', bank, 'Price', 'NA', 'FEATURE_MISSING_ALL'],
  ])('%s at %s', async (_, name, feature, value, code) => {
    const flat = variant(name, `flat-${name}-${code.toLowerCase().replaceAll('_', '-')}`, (row) => ({
      ...row,
      [feature]: value,
    }));
    const refusal = await refusalOf(binningSpec(flat));
    expect(refusal).toMatchObject({ code, parties: [name] });
    expect(refusal.detail).toContain(feature);
  });

  test.each(oneOf(platform))('with the answer in it at %s', async (name) => {
    const outcomes = new Map<string, string>();
    const key = (text: string) => text.normalize('NFKC').trim().toUpperCase();
    copyDataset(federation.home(bank), 'outcomes', (row) => {
      outcomes.set(key(row.customer!), row.y!);
      return row;
    });
    const feature = name === bank ? 'Time' : 'Age';
    const telling = variant(name, `telling-${name}`, (row) => {
      const bad = outcomes.get(key(row.customer ?? row.member!)) === '1';
      return { ...row, [feature]: bad ? '50' : '30' };
    });
    const refusal = await refusalOf(binningSpec(telling));
    expect(refusal).toMatchObject({ code: 'FEATURE_SEPARATES', parties: [name] });
    expect(refusal.detail).toContain(feature);
  });
});

describe('a dataset that changes while the job runs', () => {
  const member = (name: string) => join(homeLayout(federation.home(name)).datasets, 'moving.csv');

  test('other customers at a restarted platform', async () => {
    const moving = variant(platform, 'moving');
    misbehave({
      step: 'labels',
      before: async (liar) => {
        editRows(member(platform), (row, at) => (at === 3 ? undefined : row));
        await liar.renew();
      },
    });
    expect(await refusalOf(binningSpec(moving))).toMatchObject({
      code: 'PSI_SET_CHANGED',
      parties: [platform],
    });
  });

  test('values that do not fit any more: rows, columns and counts of the source are for the owner', async () => {
    const moving = variant(platform, 'moving');
    misbehave({
      step: 'blind',
      before: () => editRows(member(platform), (row, at) => (at < 3 ? { ...row, Age: 'old' } : row)),
    });
    const refusal = await refusalOf(binningSpec(moving));
    expect(refusal).toMatchObject({ code: 'DATASET_TYPE', parties: [platform] });
    expect(refusal.detail).not.toMatch(/column|row/);
    expect(refusal.detail).toContain('Age');
    const [report] = await checkDatasets({ home: federation.home(platform), dataset: 'moving' });
    expect(report!.problems).toMatchObject([{ code: 'DATASET_TYPE', feature: 'Age', rows: [1, 2, 3] }]);
  });
});

function misbehave(how: Misbehaviour): void {
  liars.get(platform)!.misbehaviour = how;
}

describe('scores', () => {
  const parties = (dataset: string) => ({
    parties: { [bank]: { dataset: 'loans' }, [platform]: { dataset } },
  });

  test('of rows whose categories the model does not know', async () => {
    variant(platform, 'tents', (row) => ({ ...row, Home: 'tent', Income: 'NA' }));
    const refusal = await refusalOf(scoringSpec(trained, parties('tents')));
    expect(refusal).toMatchObject({ code: 'SCHEMA_DRIFT', parties: [platform] });
    expect(refusal.detail).toMatch(/Home.*Income/);
  });

  test('of rows in which a number became text', async () => {
    variant(platform, 'words', (row) => ({ ...row, Age: 'old' }));
    const refusal = await refusalOf(scoringSpec(trained, parties('words')));
    expect(refusal).toMatchObject({
      code: expect.stringMatching(/^(SCHEMA_DRIFT|DATASET_TYPE)$/),
      parties: [platform],
    });
    expect(refusal.detail).toContain('Age');
  });

  test('by a model that nobody has: refused at its submission', async () => {
    const spec = scoringSpec(`job-${'0'.repeat(32)}`);
    await expect(federation.submit(spec)).rejects.toMatchObject({ code: 'SPEC_INVALID' });
  });

  test('by a model whose part the platform no longer has', async () => {
    const model = join(federation.folder(platform, trained), 'model.json');
    renameSync(model, `${model}.away`);
    const refusal = await refusalOf(scoringSpec(trained)).finally(() => renameSync(`${model}.away`, model));
    expect(refusal).toMatchObject({ code: 'MODEL_UNKNOWN', parties: [platform] });
  });
});

describe('a platform that sends what it should not', () => {
  const flipped = (bytes: Buffer) => {
    bytes[bytes.length >> 1]! ^= 1;
    return bytes;
  };
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 1);
  const longer = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(32)]);

  const bent: readonly [string, Misbehaviour, string][] = [
    ['a sealed parcel with one bit flipped', { step: 'blind', sealed: flipped }, 'PARCEL_MALFORMED'],
    [
      'blinded ids of no point',
      { step: 'blind', inside: (bytes) => Buffer.alloc(bytes.length) },
      'PSI_POINT_INVALID',
    ],
    ['other ids than it pledged', { step: 'double', inside: flipped }, 'PARCEL_MALFORMED'],
    ['counts cut off', { step: 'counts', inside: cut }, 'PARCEL_MALFORMED'],
  ];
  // Without a federation around them: tests/unit/sealing and tests/unit/vertical/hostile-parcels.
  const furtherBent: readonly [string, Misbehaviour, string][] = [
    ['a sealed parcel without its end', { step: 'blind', sealed: cut }, 'PARCEL_MALFORMED'],
    ['blinded ids cut within one', { step: 'blind', inside: cut }, 'PARCEL_MALFORMED'],
  ];
  test.each(everyTest ? [...bent, ...furtherBent] : bent)('%s', async (_, how, code) => {
    // Counts to a question that was answered before are not opened.
    const fresh = how.step === 'counts' ? variant(bank, 'fresh') : {};
    misbehave(how);
    expect(await refusalOf(binningSpec(fresh))).toMatchObject({ code, parties: [platform] });
  });

  test.each<[string, Misbehaviour]>([
    ['gradients that go on behind their end', { step: 'products', inside: longer }],
    [
      'score parts of another number',
      { step: 'parts', inside: (bytes) => bytes.subarray(0, bytes.length - 4) },
    ],
  ])('%s', async (_, how) => {
    misbehave(how);
    const refusal = await refusalOf(trainingSpec({ training: { iterations: 1 } }));
    expect(refusal.code).toMatch(/^(PARCEL|CIPHERTEXT)_MALFORMED$/);
    expect(refusal.parties).toEqual([platform]);
  });

  test(
    'parcels on routes and in steps that are not its own: refused, and the job goes on',
    async () => {
      const credentials = await homeCredentials({ home: federation.home(platform) });
      const rude = new RudeClient(credentials.address, credentials.channel);
      const refusals: string[] = [];
      const spec = binningSpec();
      misbehave({
        step: 'pledge',
        before: async () => {
          const [job] = federation.journal(platform).jobs().slice(-1);
          const { jobId } = job!;
          const events = federation.journal(platform).events(jobId);
          const fixed = events.map(({ body }) => body).find((body) => body.kind === 'rosterFixed');
          const said = async (body: Partial<PostBody>) => {
            const whole = {
              kind: 'parcel',
              digest: 'a'.repeat(64),
              bytes: 100,
              timings: [],
              ...body,
            } as PostBody;
            const rosterDigest = fixed!.kind === 'rosterFixed' ? fixed!.rosterDigest : ('' as never);
            const unsigned = { sender: platform as ParticipantName, rosterDigest, body: whole };
            const signature = credentials.participant!.signer.sign(postDigest(jobId, unsigned));
            const refused = await rude.post({ jobId, post: postToWire({ ...unsigned, signature }) });
            refusals.push(refused?.code ?? 'accepted');
          };
          const to = bank as ParticipantName;
          // To itself; in a step that is over; in one that is not open; without having uploaded it; a report here.
          await said({ kind: 'parcel', step: 2, to: platform as ParticipantName });
          await said({ kind: 'parcel', step: 0, to });
          await said({ kind: 'parcel', step: 6, to });
          await said({ kind: 'parcel', step: 2, to });
          await said({ kind: 'parcel', step: 2, to: 'platform-y' as ParticipantName });
          const place = { jobId, sum: 2, digest: 'a'.repeat(64), bytes: 3, offset: 0 };
          for (const receiver of [platform, 'platform-y', '']) {
            const header = { ...place, to: receiver };
            const refused = await rude.upload([
              { body: 'header', header },
              { body: 'chunk', chunk: Buffer.from('abc') },
            ]);
            refusals.push(refused?.code ?? 'accepted');
          }
        },
      });
      const jobId = await federation.finished(spec).finally(() => rude.close());
      expect(refusals).toEqual([
        'MESSAGE_UNEXPECTED',
        'MESSAGE_CONFLICT',
        'MESSAGE_UNEXPECTED',
        'UPLOAD_MISSING',
        ...Array.from({ length: 4 }, () => 'MESSAGE_UNEXPECTED'),
      ]);
      expect(await federation.shown(jobId)).toMatchObject({ state: 'finished' });
    },
    hangMs,
  );
});
