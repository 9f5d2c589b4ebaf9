import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { drawNonce, type JobId, jobSpec, type VerticalSpec } from '../../contract/index.js';
import type { TreeModel } from '../../participant/vertical/boosting/tree-model.js';
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
  },
  hangMs,
);
