import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JobView } from '../../cli/client.js';
import { type JobId, stepsOf, type VerticalSpec, verticalModelDigest } from '../../contract/index.js';
import { dealRows, installDataset } from '../../examples/credit/deal.js';
import { pairDatasets } from '../../examples/credit/deal-pair.js';
import { homeLayout } from '../../participant/config.js';
import { approve, listApprovals, listLabels } from '../../participant/main.js';
import { specOf } from './support/jobs-federation.js';
import { VerticalFederation } from './support/vertical-federation.js';
import { bank, editPolicy, otherPlatform, platform, players } from './support/vertical-homes.js';
import {
  binningSpec,
  platformFeatures,
  scoringSpec,
  trainingSpec,
  trioParts,
} from './support/vertical-specs.js';

const hangMs = 120_000;
const pair = [bank, platform];

let federation: VerticalFederation;
/** The bundled pair: its features binned, a model of the same bins, scores by that model. */
let binned: JobId;
let trained: JobId;
let scored: JobId;
const training: VerticalSpec = trainingSpec();

beforeAll(async () => {
  federation = await VerticalFederation.start({ names: players, prepare: dealLoans });
  binned = await federation.finished(binningSpec());
  trained = await federation.finished(training);
  scored = await federation.finished(scoringSpec(trained));
}, hangMs);
afterAll(() => federation?.close());

/** Rows and rule for horizontal jobs of all three. */
async function dealLoans(homeOf: (name: string) => string, root: string): Promise<void> {
  const { rules } = parse(readFileSync(join('examples', 'credit', 'policy.yaml'), 'utf8'));
  for (const { name, path } of await dealRows({ parts: players, outFolder: join(root, 'thirds') })) {
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, 400).join('\n')}\n`);
    await installDataset(homeOf(name), path);
    editPolicy(homeOf(name), (policy) => policy.setIn(['rules'], [{ ...rules[0], peers: players }]));
  }
}

function metricsOf({ metrics }: JobView): Record<string, number> {
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function ledger() {
  const [set] = await listLabels({ home: federation.home(bank), dataset: pairDatasets.bank });
  return set!;
}

async function reportsOf(jobId: JobId) {
  const posts = (await federation.of(jobId, 'posted')).map(({ post }) => post);
  return new Map(posts.flatMap(({ sender, body }) => (body.kind === 'report' ? [[sender, body]] : [])));
}

describe('a binning job', () => {
  test('gives the submitter information values as both sides have them, and no metric but the rows', async () => {
    const view = await federation.shown(binned);
    const { rows, features } = federation.result(bank, binned);
    expect(view).toMatchObject({ state: 'finished', code: '', mode: 'vertical', type: 'binning', rounds: 0 });
    expect(metricsOf(view)).toEqual({ rows: rows.common });
    const told = Object.fromEntries(view.features.map(({ feature, iv, bins }) => [feature, [iv, bins]]));
    expect(Object.keys(told).sort()).toEqual(features.map(({ feature }) => feature).sort());
    for (const { feature, iv, count } of features)
      expect(told[feature]).toEqual([iv.toFixed(4), count].map(Number));
    for (const { feature, iv, count } of federation.result(platform, binned).features) {
      expect(told[feature]).toEqual([expect.closeTo(iv, 3), count]);
    }
  });

  test('leaves no model, and shows the bank no bins of the platform', () => {
    for (const name of pair) expect(federation.files(name, binned)).toEqual(['result.json', 'spec.json']);
    for (const { party, bins, woe } of federation.result(bank, binned).features) {
      expect([bins, woe].map((held) => held !== undefined)).toEqual([party === bank, party === bank]);
    }
  });
});

describe('a training job on the same bins', () => {
  test('has its question answered from the ledger, and pays for its columns only', async () => {
    const bins = federation.result(platform, binned).features.reduce((sum, { count }) => sum + count, 0);
    const columns = Object.keys(platformFeatures).length;
    const charged = async (jobId: JobId) =>
      (await ledger()).releases.filter((entry) => entry.jobId === jobId);
    const sum = (entries: Awaited<ReturnType<typeof charged>>) =>
      entries.reduce((total, { functionals }) => total + functionals, 0);
    expect(await charged(binned)).toMatchObject([{ kind: 'binning', holder: platform, functionals: bins }]);
    const paid = await charged(trained);
    expect(paid.map(({ kind }) => kind)).not.toContain('binning');
    expect(sum(paid.filter(({ holder }) => holder === platform))).toBe(columns);
    for (const jobId of [binned, trained]) {
      expect((await federation.shown(jobId)).labelFunctionals).toBe(sum(await charged(jobId)));
    }
    const woe = (jobId: JobId) => federation.result(platform, jobId).features.map(({ woe }) => woe);
    expect(woe(trained)).toEqual(woe(binned));
  });

  test('releases the metrics that its spec names, as the bank has them, and to the platform none', async () => {
    const view = await federation.shown(trained);
    const { evaluation, rows, scoresReleased } = federation.result(bank, trained);
    const { auc, ks } = evaluation!.joint.metrics;
    const near = (value: number) => expect.closeTo(value, 5);
    expect(metricsOf(view)).toEqual({ rows: rows.common, auc: near(auc), ks: near(ks) });
    expect(view.features).toEqual([]);
    expect(auc).toBeGreaterThan(evaluation!.solo.metrics.auc);
    expect(scoresReleased).toBe(rows.heldOut + rows.calibrate);
    expect(view.scoresReleased).toBe(scoresReleased);
    expect(federation.result(platform, trained).evaluation).toBeUndefined();
    const reports = await reportsOf(trained);
    expect(reports.get(platform as never)).toMatchObject({ metrics: [], features: [], labelFunctionals: 0 });
    expect(reports.get(bank as never)?.metrics.map(({ name }) => name)).toEqual(['rows', 'auc', 'ks']);
  });

  test('ends with one fingerprint at everybody, over the parts that each kept', async () => {
    const reports = await reportsOf(trained);
    const joint = verticalModelDigest(pair as never, (name) => reports.get(name)!.fingerprint);
    expect((await federation.shown(trained)).fingerprint).toBe(joint);
    for (const name of pair) {
      const heard = federation.journal(name).events(trained).at(-1)!.body;
      expect(heard).toMatchObject({ kind: 'finished', fingerprint: joint, rounds: 3, bestRound: 3 });
      expect(federation.kept(name, trained)).toMatchObject({ state: 'finished', code: '', concluded: true });
      expect(federation.files(name, trained)).toEqual(['model.json', 'result.json', 'spec.json']);
    }
    expect(federation.blobs(trained)).toEqual([]);
  });

  test('shows its rounds as they stand in the transcript', async () => {
    const rounds = await (await federation.client()).rounds(trained);
    expect(rounds.map(({ purpose, round }) => `${purpose} ${round}`)).toEqual([
      ...['aligning 0', 'binning 0', 'fitting 1', 'fitting 2', 'fitting 3', 'scoring 0'],
    ]);
    const steps = rounds.flatMap((round) => round.steps);
    expect(steps.map(({ step, name }) => `${step} ${name}`)).toEqual(
      stepsOf(training).map(({ number, name }) => `${number} ${name}`),
    );
    const opened = await federation.of(trained, 'stepOpened');
    expect(opened.map(({ step, name }) => `${step} ${name}`)).toEqual(
      steps.map(({ step, name }) => `${step} ${name}`),
    );
    const posts = (await federation.of(trained, 'posted')).map(({ post }) => post);
    const sent = posts.flatMap(({ sender, body }) =>
      body.kind === 'parcel' ? [`${body.step} ${sender} ${body.to} ${body.bytes} ${body.digest}`] : [],
    );
    const shown = steps.flatMap(({ step, parcels }) =>
      parcels.map(({ from, to, bytes, digest }) => `${step} ${from} ${to} ${bytes} ${digest}`),
    );
    expect(shown.sort()).toEqual(sent.sort());
    for (const round of rounds) {
      expect(round).toMatchObject({ phase: 'agreed', verification: 'verified', waitingFor: [] });
      for (const { name, bytesUp } of round.participants) {
        const own = round.steps.flatMap(({ parcels }) => parcels.filter(({ from }) => from === name));
        expect(bytesUp).toBe(own.reduce((sum, { bytes }) => sum + bytes, 0));
      }
    }
  });
});

describe('a scoring job by that model', () => {
  test('leaves a score of every common customer at the bank, and none at the platform', async () => {
    expect(federation.files(bank, scored)).toEqual(['result.json', 'scores.csv', 'spec.json']);
    expect(federation.files(platform, scored)).toEqual(['result.json', 'spec.json']);
    const [, ...lines] = readFileSync(join(federation.folder(bank, scored), 'scores.csv'), 'utf8')
      .trim()
      .split('\n');
    const { common } = federation.result(bank, trained).rows;
    expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(common);
    const view = await federation.shown(scored);
    expect(view).toMatchObject({ type: 'scoring', scoresReleased: common, labelFunctionals: 0 });
    expect(metricsOf(view)).toEqual({ rows: common });
  });

  test('costs the label budget nothing', async () => {
    expect((await ledger()).releases.map(({ jobId }) => jobId)).not.toContain(scored);
  });
});

test(
  'three parties: one job, a part of the model at each, and the platforms tell each other nothing',
  async () => {
    const jobId = await federation.finished(
      trainingSpec({ parties: trioParts, training: { iterations: 2 } }),
    );
    const view = await federation.shown(jobId);
    expect(metricsOf(view).auc).toBeGreaterThan(0.7);
    const { features, rows } = federation.result(bank, jobId);
    expect(new Set(features.map(({ party }) => party))).toEqual(new Set(players));
    for (const name of [platform, otherPlatform]) {
      const own = federation.result(name, jobId);
      expect(own.features.map(({ party }) => party)).toEqual([name, name]);
      expect(own.rows.common).toBe(rows.common);
      expect(own.coefficients).toHaveLength(2);
    }
    const reports = await reportsOf(jobId);
    const roster = view.participants.map(({ name }) => name);
    expect(view.fingerprint).toBe(
      verticalModelDigest(roster as never, (name) => reports.get(name)!.fingerprint),
    );
    for (const name of players) {
      expect(federation.files(name, jobId)).toEqual(['model.json', 'result.json', 'spec.json']);
    }
  },
  hangMs,
);

test(
  'two vertical jobs and a horizontal one at once: each ends as it does alone',
  async () => {
    const horizontal = specOf({ participants: players as never, minimumRows: 100 });
    const ids = await Promise.all([
      federation.submit(trainingSpec()),
      federation.submit(trainingSpec()),
      federation.submit(horizontal),
    ]);
    const views = await Promise.all(ids.map((jobId) => federation.ended(jobId)));
    expect(views.map(({ state, code, detail }) => `${state} ${code} ${detail}`.trim())).toEqual([
      ...['finished', 'finished', 'finished'],
    ]);
    const alone = metricsOf(await federation.shown(trained));
    for (const view of views.slice(0, 2)) {
      const { rows, auc, ks } = metricsOf(view);
      expect(rows).toBe(alone.rows);
      expect(auc).toBeCloseTo(alone.auc!, 4);
      expect(ks).toBeCloseTo(alone.ks!, 4);
    }
  },
  hangMs,
);

test(
  'a job that a person decides waits for that person',
  async () => {
    const manual = (policy: { setIn(path: unknown[], value: unknown): void }) =>
      policy.setIn(['vertical', 0, 'approval'], 'manual');
    await federation.withPolicy(platform, manual, async () => {
      const home = federation.home(platform);
      const jobId = await federation.submit(binningSpec());
      const asked = async () => (await listApprovals({ home })).find((asking) => asking.jobId === jobId);
      await expect.poll(asked, { timeout: hangMs }).toMatchObject({
        answer: 'asked',
        algorithm: 'vertical binning',
        peers: pair,
        dataset: `${bank}: ${pairDatasets.bank}, ${platform}: ${pairDatasets.platform}`,
      });
      expect(federation.kept(platform, jobId)?.state).toBe('awaiting-approval');
      expect((await federation.shown(jobId)).waitingFor.join()).toContain(platform);
      await approve({ home, jobId });
      expect(await federation.ended(jobId)).toMatchObject({ state: 'finished' });
    });
  },
  hangMs,
);

test(
  'a job that is cancelled in the middle of its fit stops everybody and leaves nothing but the charge',
  async () => {
    const before = (await ledger()).spent;
    const jobId = await federation.submit(trainingSpec({ training: { iterations: 20 } }));
    await federation.seen(jobId, ({ round }) => round >= 2);
    await (await federation.client()).cancel(jobId, 'no longer needed');
    const view = await federation.ended(jobId);
    expect(view).toMatchObject({ state: 'cancelled', code: 'JOB_CANCELLED', waitingFor: [] });
    expect(view.detail).toBe('ana: no longer needed');
    for (const name of pair) {
      expect(federation.kept(name, jobId)).toMatchObject({ state: 'cancelled', code: 'JOB_CANCELLED' });
      for (const secret of ['seal-key', 'job-secret']) {
        expect(federation.journal(name).secret(jobId, secret)).toBeUndefined();
      }
      expect(federation.journal(name).stepSecrets(jobId).size).toBe(0);
    }
    expect(federation.blobs(jobId)).toEqual([]);
    // What was told before cannot be taken back.
    expect((await ledger()).spent).toBe(before + Object.keys(platformFeatures).length);
    // Both are free at once; a thread of the cancelled job that still wrote would have written by then.
    await federation.finished(binningSpec());
    for (const name of pair) expect(federation.files(name, jobId)).toEqual([]);
  },
  hangMs,
);

test('no log line at level info names a customer', () => {
  const keys = readFileSync(join(homeLayout(federation.home(bank)).datasets, 'loans.csv'), 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[0]!)
    .filter((key) => key !== '');
  const digests = keys.slice(0, 50).map((key) => createHash('sha256').update(key).digest('hex'));
  const text = federation.logged.join('').toUpperCase();
  expect(text).toContain('JOB ENDED');
  expect([...keys, ...digests].filter((name) => text.includes(name.toUpperCase()))).toEqual([]);
});
