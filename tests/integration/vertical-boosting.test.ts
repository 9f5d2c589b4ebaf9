import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  drawNonce,
  type JobId,
  jobSpec,
  type ParticipantName,
  systemClock,
  type VerticalSpec,
} from '../../contract/index.js';
import { readPins } from '../../participant/identity/index.js';
import { exportModel, homeCredentials, showTrees, writeReport } from '../../participant/main.js';
import { ScoreAnswering, ScoreAsking } from '../../participant/online/index.js';
import { onlineJob } from '../../participant/online/online-job.js';
import { readScoreTable } from '../../participant/online/score-table.js';
import type { TreeModel } from '../../participant/vertical/boosting/tree-model.js';
import { codedAsync } from '../support/coded.js';
import { VerticalFederation } from './support/vertical-federation.js';
import { bank, platform } from './support/vertical-homes.js';
import { scoringSpec } from './support/vertical-specs.js';

const hangMs = 120_000;
const example = parse(readFileSync(join('examples', 'specs', 'vertical-boosting.yaml'), 'utf8'));

let federation: VerticalFederation;
let grown: JobId;

beforeAll(async () => {
  federation = await VerticalFederation.start({ names: [bank, platform] });
  grown = await federation.finished(specOf({ count: 6, depth: 2, learningRate: 0.3, patience: 5 }));
}, hangMs);
afterAll(() => federation?.close());

function specOf(trees: object): VerticalSpec {
  return jobSpec.parse({
    ...example,
    trees: { ...example.trees, ...trees },
    nonce: drawNonce(),
  }) as VerticalSpec;
}

const inTheClear = (trees: object) => ({ ...specOf(trees), plaintext: true }) as VerticalSpec;

/** What a party keeps of the model. */
function partOf(name: string): TreeModel {
  return JSON.parse(readFileSync(join(federation.folder(name, grown), 'model.json'), 'utf8'));
}

test('trees of bank and platform tell more than those of the bank alone, and each keeps its part', async () => {
  const { evaluation, trees, importance } = federation.result(bank, grown);
  expect(evaluation!.joint.metrics.auc).toBeGreaterThan(evaluation!.solo.metrics.auc);
  expect(new Set(importance!.map(({ party }) => party))).toEqual(new Set([bank, platform]));
  const [ofBank, ofPlatform] = [partOf(bank), partOf(platform)];
  expect(ofBank.forest!.used).toBe(trees);
  expect(ofPlatform.forest).toBeUndefined();
  // Thresholds of the platform stand nowhere at the bank, nor its names; every split of it has its own at the platform.
  const foreign = ofBank.forest!.trees.flatMap(({ branches }, tree) =>
    branches.filter(({ party }) => party === platform).map(({ node }) => `${tree + 1}/${node}`),
  );
  expect(ofPlatform.splits.map(({ id }) => id).sort()).toEqual(foreign.sort());
  for (const feature of Object.keys(example.parties[platform].features)) {
    expect(JSON.stringify(ofBank)).not.toContain(feature);
  }
});

test('people see trees for rounds, and how many there were', async () => {
  const view = await federation.shown(grown);
  expect(view).toMatchObject({ type: 'boosting', state: 'finished', labelFunctionals: 0 });
  const rounds = await (await federation.client()).rounds(grown);
  const trees = rounds.filter(({ purpose }) => purpose === 'fitting').map(({ round }) => round);
  expect(trees).toEqual(trees.map((_, at) => at + 1));
  expect(trees.length).toBe(view.bestRound);
  expect(trees.length).toBeLessThanOrEqual(6);
  const second = rounds.find(({ round }) => round === 2)!;
  expect(second.steps.map(({ name }) => name)).toEqual([
    ...['gradients', 'histograms', 'splits', 'sides', 'gradients', 'histograms', 'splits', 'sides', 'tree'],
  ]);
});

test(
  'a batch is scored by them',
  async () => {
    const scored = await federation.finished(scoringSpec(grown));
    const { rows } = federation.result(bank, scored);
    const lines = readFileSync(join(federation.folder(bank, scored), 'scores.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(lines[0]).toBe('id,probability,points');
    expect(lines).toHaveLength(rows.common + 1);
    const scores = lines.slice(1).map((line) => Number(line.split(',')[1]));
    expect(new Set(scores).size).toBeGreaterThan(4);
    expect(scores.every((p) => p > 0 && p < 1)).toBe(true);
    // One by one, with the keys that the journals kept of the job, the same customers get the same scores.
    const [from, answering] = await singleScores();
    for (const line of lines.slice(1, 40)) {
      const [id, probability, points] = line.split(',') as [string, string, string];
      const score = await from.score({ id });
      expect(score.probability).toBeCloseTo(Number(probability), 5);
      expect(score.points).toBeCloseTo(Number(points), 1);
    }
    await answering.close();
  },
  hangMs,
);

/** Both sides of questions at the homes of the federation; the relay over the wire has tests of its own. */
async function singleScores(): Promise<[ScoreAsking, ScoreAnswering]> {
  const partsAt = async (name: string) => {
    const home = federation.home(name);
    const { config, participant } = await homeCredentials({ home });
    return { home, config, signer: participant!.signer, journal: federation.journal(name) };
  };
  const [ofBank, ofPlatform] = [await partsAt(bank), await partsAt(platform)];
  const { organisation, coordinator } = ofPlatform.config;
  const log = pino({ level: 'silent' });
  const answering = new ScoreAnswering({
    ...{ home: ofPlatform.home, name: platform as ParticipantName, organisation, coordinator, log },
    ...{ signer: ofPlatform.signer, journal: ofPlatform.journal, clock: systemClock, environment: {} },
    read: ({ order }) => readScoreTable(order, {}),
  });
  const pins = () => readPins(ofBank.home);
  const own = { organisation: ofBank.config.organisation, identityKey: ofBank.signer.publicKey };
  const job = onlineJob(ofBank.journal, grown, bank as ParticipantName, (name) =>
    name === bank ? own : pins().get(name),
  );
  const model = partOf(bank);
  const table = readScoreTable({ datasetFolder: federation.datasets(bank), dataset: 'loans', model }, {});
  const from = new ScoreAsking({
    ...{ job, model, signer: ofBank.signer, clock: systemClock, deadlineMs: 30_000, pins },
    table: () => table,
    ask: async ({ jobId, requestId, sealed }) => {
      const answer = await answering.answer({ jobId, from: bank as ParticipantName, requestId, sealed });
      if ('code' in answer) throw new Error(answer.code);
      return answer.sealed;
    },
  });
  return [from, answering];
}

test('a party looks at its trees, takes its part along and, at the bank, has a report', async () => {
  const used = federation.result(bank, grown).trees!;
  const [ofBank, ofPlatform] = [bank, platform].map((name) =>
    showTrees({ home: federation.home(name), jobId: grown }),
  );
  const { trees } = await ofBank!;
  expect(await ofBank).toMatchObject({ finished: true, used });
  expect(trees[0]).toMatchObject({ partnerSplits: 0 });
  // What the bank counts as its partner's is what the platform counts as its own.
  const foreign = trees.map((tree) => ('partnerSplits' in tree ? tree.partnerSplits : -1));
  const own = (await ofPlatform!).trees.map((tree) => ('ownSplits' in tree ? tree.ownSplits : -1));
  expect(foreign).toEqual([...own, ...foreign.slice(own.length).fill(0)]);
  const losses = trees.map((tree) => ('trainingLoss' in tree ? tree.trainingLoss : 0));
  expect(losses).toEqual([...losses].sort((a, b) => b - a));
  const out = join(federation.root, 'trees.html');
  await writeReport({ home: federation.home(bank), jobId: grown, out });
  const page = readFileSync(out, 'utf8');
  expect(page).toContain(`${used} trees score`);
  for (const feature of Object.keys(example.parties[platform].features))
    expect(page).not.toContain(`>${feature}<`);
  const refused = writeReport({ home: federation.home(platform), jobId: grown, out });
  expect(await codedAsync(refused)).toBe('MODEL_UNKNOWN');
  const part = join(federation.root, 'part.json');
  await exportModel({ home: federation.home(platform), jobId: grown, out: part });
  expect(JSON.parse(readFileSync(part, 'utf8'))).toMatchObject({ kind: 'trees', party: platform });
});

test('a job without encryption is refused by nodes that were not started for it', async () => {
  const job = await federation.run(inTheClear({ count: 1 }));
  expect(job).toMatchObject({ state: 'failed', code: 'PLAINTEXT_REFUSED' });
  expect(federation.files(bank, job.jobId as JobId)).not.toContain('model.json');
});

test(
  'and grows trees between nodes that were',
  async () => {
    const open = await VerticalFederation.start({ plaintext: true });
    try {
      const clear = await open.finished(inTheClear({ count: 3, depth: 2, first: 'everybody' }));
      const { evaluation, importance } = open.result(bank, clear);
      expect(evaluation!.joint.metrics.auc).toBeGreaterThan(evaluation!.solo.metrics.auc);
      expect(new Set(importance!.map(({ party }) => party))).toEqual(new Set([bank, platform]));
    } finally {
      await open.close();
    }
  },
  hangMs,
);
