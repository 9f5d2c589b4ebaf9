import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { listModels, showModel } from '../../../participant/models.js';
import type { VerticalModel, VerticalResult } from '../../../participant/vertical/index.js';
import { envelope, longLines, runHere } from './harness.js';
import { serveJobs } from './jobs-server.js';
import { bankPart, fittingRound } from './sample-vertical.js';

const ids = {
  training: `job-${'1'.repeat(32)}`,
  scoring: `job-${'2'.repeat(32)}`,
  horizontal: `job-${'3'.repeat(32)}`,
};
let home: string;

const training: VerticalResult = {
  format: 'fedrisk/vertical-result/1',
  ...{ jobId: ids.training, name: 'pair', type: 'training', me: 'bank-a', labelHolder: 'bank-a' },
  parties: ['bank-a', 'shop-x'],
  rows: { own: 400, common: 300, train: 240, heldOut: 60, calibrate: 50 },
  features: [
    {
      ...{ party: 'bank-a', feature: 'Price', iv: 0.12, band: 'medium', count: 4 },
      bins: { kind: 'number', cuts: [99.80000000000018, 250], special: [-1.5], unseen: [], missing: false },
      ...{ rows: [100, 80, 50, 10], woe: [-0.5, 0.1, 0.4, 0.2] },
    },
    {
      ...{ party: 'bank-a', feature: 'Code', iv: 0.01, band: 'useless', count: 1 },
      bins: { kind: 'category', groups: [['1.23456789012345']], other: null, missing: false },
      ...{ rows: [240], woe: [0] },
    },
    { party: 'shop-x', feature: 'Visits', iv: 0.3, band: 'strong', count: 5 },
  ],
  coefficients: bankPart.coefficients!.map((row) => ({ ...row, name: 'Price' })),
  labelFunctionals: 9,
  scoresReleased: 110,
};

const feature = { kind: 'number', bins: training.features[0]!.bins!, woe: [], rows: [], iv: 0 } as const;
const column = { name: 'Price', coefficient: 1, mean: 0 };
const model = JSON.stringify({
  format: 'fedrisk/vertical-model/1',
  features: { Price: feature, Code: feature },
  fit: { columns: [column] },
} as unknown as VerticalModel);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'fedrisk-models-'));
  const write = (jobId: string, name: string, text: string) => {
    mkdirSync(join(home, 'jobs', jobId), { recursive: true });
    writeFileSync(join(home, 'jobs', jobId, name), text);
  };
  write(ids.training, 'result.json', JSON.stringify(training));
  write(ids.training, 'model.json', model);
  const { coefficients: _, ...rest } = training;
  const scored = { ...rest, jobId: ids.scoring, type: 'scoring', features: [], labelFunctionals: 0 };
  write(ids.scoring, 'result.json', JSON.stringify(scored));
  write(ids.scoring, 'scores.csv', 'id,probability,points,own_points,partner_points\n');
  const metrics = { auc: 0.8, ks: 0.5, gini: 0.6, brier: 0.1, logLoss: 0.4 };
  const joint = {
    name: 'ring',
    model: 'mlp',
    round: 4,
    parameters: 99,
    fingerprint: 'a',
    agreedFingerprint: 'b',
  };
  write(ids.horizontal, 'result.json', JSON.stringify({ ...joint, history: [{ round: 4, metrics }] }));
});
afterAll(() => rmSync(home, { recursive: true }));

const models = (...words: string[]) =>
  runHere(['participant', 'models', ...words, '--home', home], { participant: { listModels, showModel } });

describe('participant models, where vertical and horizontal jobs finished', () => {
  it('lists what each left', async () => {
    const { stdout } = await models('list');
    expect(stdout).toMatch(/job-111111111111 +pair +scorecard +- +1 /);
    expect(stdout).toMatch(/job-222222222222 +pair +scores +- +- +-/);
    expect(stdout).toMatch(/job-333333333333 +ring +mlp +4 +99 /);
    expect(envelope(await models('list', '--json')).data.models).toHaveLength(3);
  });

  it('shows the own part with readable bins, what stands outside the fit, and the digest of the model file', async () => {
    const shown = envelope(await models('show', 'job-1111', '--json')).data.model;
    expect(shown).toMatchObject({
      mode: 'vertical',
      type: 'training',
      leftOut: ['Code'],
      fingerprint: createHash('sha256').update(model).digest('hex'),
    });
    // Rounding noise is for machines; a category's name is left as it is.
    expect(shown.features[0].labels).toEqual(['<= 99.8', '(99.8, 250]', '> 250', '= -1.5']);
    expect(shown.features[0].bins.cuts).toEqual([99.80000000000018, 250]);
    expect(shown.features[1].labels).toEqual(['1.23456789012345']);
    expect(shown.features[2].labels).toBeUndefined();
    const page = (await models('show', ids.training)).stdout;
    expect(page).toMatch(/\(99\.8, 250\] +80 +33\.3 % +\+0\.1000/);
    expect(page).toMatch(/Visits +shop-x +5 +0\.3000 +strong/);
    expect(longLines(page)).toEqual([]);
  });

  it('says where the scores of a batch are', async () => {
    const { data } = envelope(await models('show', ids.scoring, '--json'));
    expect(data.model.scoresFile).toBe(join(home, 'jobs', ids.scoring, 'scores.csv'));
    expect((await models('show', ids.scoring)).stdout).toContain(`HOME/jobs/${ids.scoring}/scores.csv`);
  });
});

describe('rounds show of a vertical job', () => {
  it('takes the name of a phase, of the fit the latest iteration; refuses one not reached', async () => {
    const rounds = [0, 1, 2].map((sum) => ({
      ...fittingRound,
      ...{ sum, round: sum, purpose: sum === 0 ? 'aligning' : 'fitting' },
    }));
    const { address, stop } = await serveJobs({ ListRounds: (_, answer) => answer(null, { rounds }) });
    const show = (phase: string) => runHere(['rounds', 'show', ids.training, phase, '--json'], { address });
    try {
      expect(envelope(await show('aligning')).data.round).toMatchObject({ sum: 0, purpose: 'aligning' });
      expect(envelope(await show('fitting')).data.round).toMatchObject({ sum: 2, round: 2 });
      expect(envelope(await show('fitting')).data.round.steps).toHaveLength(2);
      const early = await show('scoring');
      expect([early.exit, envelope(early).error.code]).toEqual([exitCodes.missing, 'ROUND_UNKNOWN']);
    } finally {
      stop();
    }
  });
});
