import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJobs } from '../../cli/client.js';
import { drawNonce, jobSpec, specJson, systemClock } from '../../contract/index.js';
import {
  type Coordinator,
  createInvitation,
  initCoordinator,
  startCoordinator,
} from '../../coordinator/main.js';
import { freePorts } from '../../examples/demo/free-ports.js';
import { homeLayout } from '../../participant/config.js';
import { enroll, homeCredentials, trustPeer } from '../../participant/main.js';
import type { VerticalParty } from '../support/vertical-cast.js';
import { bankFeatures, holdCredit, platformFeatures } from '../support/vertical-credit.js';
import { envelope, runProcess } from '../unit/cli/harness.js';
import { NodeProcess } from './support/node.js';

const cast = [
  { name: 'bank-a', organisation: 'Bank A', role: 'bank' },
  { name: 'shop-x', organisation: 'Shop X', role: 'platform' },
  { name: 'phone-y', organisation: 'Phone Y', role: 'platform' },
  { name: 'ana', organisation: 'Bank A', role: 'scientist' },
] as const;
const parties = cast.slice(0, 3).map(({ name }) => name);
const { Records, Amount, Price, Expenses } = bankFeatures;
const { Seniority, Age, Income } = platformFeatures;
const features = {
  'bank-a': { Records, Amount, Price, Expenses },
  'shop-x': { Seniority, Age },
  'phone-y': { Income },
} as const;
/** Customers 1 to 1200, of which the platforms lack some, and none the same. */
const customers = 1200;
const holds = {
  'bank-a': (id: number) => id <= customers,
  'shop-x': (id: number) => id <= customers && id % 10 !== 3,
  'phone-y': (id: number) => id <= customers + 50 && id % 11 !== 4,
};

const root = mkdtempSync(join(tmpdir(), 'fedrisk-online-'));
const home = (name: string) => join(root, name);
const processes = new Map<string, NodeProcess>();
let coordinator: Coordinator;
let address: string;
let training: string;
let url: string;

async function bringUp(name: string): Promise<void> {
  const node = new NodeProcess(['participant', 'start', '--json'], { FEDRISK_HOME: home(name) });
  processes.set(name, node);
  await node.printed(/"event":"connected"/);
}

async function found(): Promise<void> {
  const [port, enrolmentPort] = (await freePorts(2)) as [number, number];
  address = `127.0.0.1:${port}`;
  const { caFingerprint } = await initCoordinator({
    ...{ home: home('hub'), name: 'test-hub', organisation: 'Test Hub', hosts: ['127.0.0.1'] },
    ...{ address, enrolmentAddress: `127.0.0.1:${enrolmentPort}` },
  });
  const host = '127.0.0.1';
  coordinator = await startCoordinator({ home: home('hub'), host, port, enrolmentPort, logLevel: 'silent' });
  const keys = new Map<string, string>();
  for (const party of cast) {
    const { token } = await createInvitation({ home: home('hub'), ...party, validMs: 600_000 });
    keys.set(party.name, (await enroll({ home: home(party.name), token })).identityKey);
  }
  for (const { name } of cast.slice(0, 3)) {
    for (const { name: peer, organisation } of cast.slice(0, 3)) {
      if (peer === name) continue;
      await trustPeer({ home: home(name), name: peer, key: keys.get(peer)!, organisation });
    }
    const { datasets, policy } = homeLayout(home(name));
    mkdirSync(datasets, { recursive: true });
    const holding = {
      features: features[name as never],
      label: name === 'bank-a',
      has: holds[name as never],
    };
    holdCredit({ datasets } as VerticalParty, holding);
    writeFileSync(policy, policyOf(caFingerprint));
  }
}

function policyOf(caFingerprint: string): string {
  const rule = {
    ...{ name: 'joint', peers: '*', datasets: '*', features: '*', purposes: '*', types: '*', release: '*' },
    labels: { woe: true, fit: true, waiver: 'the rows are public, and few' },
    scores: { batch: 'all', online: true },
    ...{ maximumIterations: 10, approval: 'automatic' },
  };
  return JSON.stringify({ coordinators: [{ name: 'test-hub', caFingerprint }], vertical: [rule] });
}

/** @param work what kind of job trains, and how. */
async function train(work: object): Promise<string> {
  const spec = jobSpec.parse({
    ...{ name: 'joint', mode: 'vertical', purpose: 'credit-risk', labelHolder: 'bank-a' },
    parties: Object.fromEntries(
      Object.entries(features).map(([name, own]) => [name, { dataset: 'loans', features: own }]),
    ),
    ...work,
    nonce: drawNonce(),
  });
  const credentials = await homeCredentials({ home: home('ana') });
  const client = connectJobs({ credentials, address, timeoutMs: 30_000, clock: systemClock });
  try {
    const { jobId } = await client.submit(specJson(spec), '');
    for await (const job of client.watch(jobId, new AbortController().signal)) {
      if (job.state === 'failed') {
        const logs = [...processes].flatMap(([name, { output }]) => output.map((line) => `${name} ${line}`));
        throw new Error(`${job.code}: ${job.detail}\n${logs.join('\n')}`);
      }
      if (job.endedMs > 0) break;
    }
    return jobId;
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  await found();
  await Promise.all(parties.map(bringUp));
  training = await train({ type: 'training', binning: { bins: 5 }, training: { iterations: 3 } });
}, 300_000);

afterAll(async () => {
  const nodes = [...processes.values()].filter(({ running }) => running);
  for (const node of nodes) node.signal('SIGKILL');
  await Promise.all(nodes.map(({ ended }) => ended));
  await coordinator?.close();
  rmSync(root, { recursive: true, force: true });
});

/** Serves a model at the bank until the process is told to end; its address goes into `url`. */
async function serveScores(model: string): Promise<NodeProcess> {
  const words = ['score', 'serve', '--json', '--model', model, '--port', '0', '--timeout', '30s'];
  const node = new NodeProcess(words, { FEDRISK_HOME: home('bank-a') });
  processes.set(`serve ${model}`, node);
  await node.printed(/"event":"listening"/);
  const listening = node.output.find((line) => line.includes('"listening"'))!;
  ({ url } = JSON.parse(listening).data);
  return node;
}

/** Scores all common customers into a file at the bank. */
async function scoreBatch(model: string, out: string) {
  return envelope(
    await runProcess(
      ['score', 'batch', '--json', '--home', home('bank-a'), '--model', model, '--out', out],
      {},
    ),
  );
}

async function score(body: object) {
  const response = await fetch(`${url}/v1/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: expectations check the shape.
  return { status: response.status, body: (await response.json()) as any };
}

describe('scores of a joint model, by the executable', () => {
  const common = Array.from({ length: customers }, (_, at) => at + 1).filter((id) =>
    Object.values(holds).every((has) => has(id)),
  );
  let rows: string[][];
  let serving: NodeProcess;

  it('in a batch: every common customer, into a file at the bank', async () => {
    const out = join(root, 'scores.csv');
    const { data } = await scoreBatch(training, out);
    expect(data).toMatchObject({ out, scored: common.length, withoutPartner: customers - common.length });
    const [header, ...lines] = readFileSync(out, 'utf8').trim().split('\n');
    expect(header).toBe('id,probability,points,own_points,partner_points');
    rows = lines.map((line) => line.split(','));
    expect(rows.map(([id]) => Number(id)).sort((a, b) => a - b)).toEqual(common);
  }, 180_000);

  it('one by one: the same as in the batch', async () => {
    serving = await serveScores(training.slice(0, 16));
    const health = (await (await fetch(`${url}/v1/health`)).json()) as object;
    expect(health).toMatchObject({ ok: true, model: training, rows: customers });
    for (const [id, probability, points, own, partner] of [rows[0]!, rows[99]!, rows.at(-1)!]) {
      const { status, body } = await score({ id });
      expect(status).toBe(200);
      expect(body.probability.toFixed(6)).toBe(probability);
      expect(body.points.toFixed(2)).toBe(points);
      expect(body.contributions.bank.toFixed(2)).toBe(own);
      expect(body.contributions.partners.toFixed(2)).toBe(partner);
      for (const { feature, pointsLost } of body.reasons) {
        expect(Object.keys(features['bank-a'])).toContain(feature);
        expect(pointsLost).toBeGreaterThan(0);
      }
    }
  });

  it('of somebody who is no customer yet, from features in the request', async () => {
    const asked = { Records: 'no_rec', Amount: 1000, Price: null, Expenses: 50 };
    // 1201 to 1250 are customers of one platform only.
    expect(await score({ id: '1', features: asked })).toMatchObject({ status: 200 });
    expect(await score({ id: '1201', features: asked })).toMatchObject({
      status: 404,
      body: { code: 'SCORE_UNKNOWN_CUSTOMER', parties: ['shop-x'] },
    });
  });

  it('of nobody: the bank is told who lacks the customer', async () => {
    expect(await score({ id: '3' })).toMatchObject({
      status: 404,
      body: { code: 'SCORE_UNKNOWN_CUSTOMER', parties: ['shop-x'] },
    });
    expect(await score({ id: '0' })).toMatchObject({ status: 404, body: { parties: ['bank-a'] } });
  });

  it('not while a platform is away, and again once it is back', async () => {
    processes.get('shop-x')!.signal('SIGKILL');
    await processes.get('shop-x')!.ended;
    expect(await score({ id: '1' })).toMatchObject({
      status: 504,
      body: { code: 'SCORE_TIMEOUT', parties: ['shop-x'] },
    });
    await bringUp('shop-x');
    // It reads its rows first.
    await expect.poll(async () => (await score({ id: '1' })).status, { timeout: 50_000 }).toBe(200);
  });

  it('not when a policy withdraws them', async () => {
    const { policy: path } = homeLayout(home('phone-y'));
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"online":true', '"online":false'));
    expect(await score({ id: '1' })).toMatchObject({
      status: 403,
      body: { code: 'SCORE_REFUSED', parties: ['phone-y'] },
    });
    writeFileSync(path, text);
    expect(await score({ id: '1' })).toMatchObject({ status: 200 });
  });

  it('stand nowhere at the coordinator, nor do customer ids in clear', async () => {
    const { createHash } = await import('node:crypto');
    const digest = createHash('sha256').update('1').digest();
    for (const file of ['coordinator.sqlite', 'coordinator.sqlite-wal']) {
      const bytes = readFileSync(join(home('hub'), file));
      expect(bytes.includes(digest)).toBe(false);
      expect(bytes.includes(digest.toString('hex'))).toBe(false);
    }
  });

  it('in a batch by a scientist: the command says where the file lies', async () => {
    const words = ['score', 'batch', '--json', '--home', home('ana'), '--model', training];
    const { data } = envelope(await runProcess(words));
    expect(data).toMatchObject({ labelHolder: 'bank-a', out: null });
    const { jobs } = homeLayout(home('bank-a'));
    const again = readFileSync(join(jobs, data.jobId, 'scores.csv'), 'utf8');
    expect(again.trim().split('\n').length).toBe(common.length + 1);
    const strange = await runProcess([...words, '--dataset', 'bank-z=loans']);
    expect(envelope(strange).error.code).toBe('SPEC_INVALID');
  }, 180_000);

  it('end with the command', async () => {
    serving.signal('SIGTERM');
    expect(await serving.ended).toMatchObject({ code: 0 });
  });

  it('by trees of all three: the same one by one as in a batch, with reasons under codes', async () => {
    const trees = await train({ type: 'boosting', trees: { count: 3, depth: 2, learningRate: 0.5 } });
    const out = join(root, 'tree-scores.csv');
    expect(await scoreBatch(trees, out)).toMatchObject({ data: { scored: common.length } });
    const lines = readFileSync(out, 'utf8').trim().split('\n').slice(1);
    serving = await serveScores(trees);
    for (const line of [lines[0]!, lines[99]!, lines.at(-1)!]) {
      const [id, probability, points] = line.split(',');
      const { status, body } = await score({ id });
      expect(status).toBe(200);
      expect(body.probability.toFixed(6)).toBe(probability);
      expect(body.points.toFixed(2)).toBe(points);
      for (const { feature, partner } of body.reasons) {
        if (partner === undefined) expect(Object.keys(features['bank-a'])).toContain(feature);
        else
          expect([partner, feature]).toEqual([
            expect.stringMatching(/^(shop-x|phone-y)$/),
            expect.stringMatching(/^f\d$/),
          ]);
      }
    }
    expect(await score({ id: '3' })).toMatchObject({ status: 404, body: { parties: ['shop-x'] } });
    serving.signal('SIGTERM');
    expect(await serving.ended).toMatchObject({ code: 0 });
  }, 240_000);
});
