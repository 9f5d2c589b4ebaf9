import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HorizontalSpec, HorizontalSpecInput, JobId } from '../../contract/index.js';
import { scoreRows } from '../../participant/main.js';
import type { JobResult } from '../../participant/training/index.js';
import { exampleSpec, JobsFederation, trio } from './support/jobs-federation.js';
import { plainQuality, plainScores, type Quality, type Scored } from './support/plain-quality.js';

const hangMs = 120_000;
/** Issue 2, point 7: federated metrics against those of pooled predictions. */
const tolerance = 1e-3;
/** The default of the job spec. */
const bins = 8192;

let federation: JobsFederation;
beforeAll(async () => {
  federation = await JobsFederation.start();
}, hangMs);
afterAll(() => federation?.close());

/** What all participants hold of a finished job; fails unless it is the same. */
function jointResult(jobId: JobId): JobResult {
  const results = trio.map((name) => federation.result(name, jobId));
  const shared = results.map(({ jobId, round, fingerprint, parameters, history, trainLoss }) => {
    return { jobId, round, fingerprint, parameters, history, trainLoss };
  });
  expect(shared[1]).toEqual(shared[0]);
  expect(shared[2]).toEqual(shared[0]);
  return results[0]!;
}

function qualityAt({ history }: JobResult, round: number): Quality {
  const { auc, ks, gini, brier, logLoss } = history.find((entry) => entry.round === round)!.metrics!;
  return { auc, ks, gini, brier, logLoss };
}

/** Held-out rows of all participants under the kept model, as the participants score them. */
async function pooledScores(jobId: JobId): Promise<Scored[]> {
  const pooled: Scored[] = [];
  for (const name of trio) {
    const order = { home: federation.home(name), jobId, which: 'joint' } as const;
    const { scores, labels } = await scoreRows({ ...order, datasetFile: federation.datasetFile(name) });
    scores.forEach((score, row) => {
      pooled.push({ score, bad: labels[row] === 1 });
    });
  }
  return pooled;
}

function furthest<K extends keyof Quality>(one: Pick<Quality, K>, other: Pick<Quality, K>): number {
  return Math.max(...(Object.keys(one) as K[]).map((name) => Math.abs(one[name] - other[name])));
}

/** The most that one bin of the score grid holds of the bad rows, or of the good ones. */
function largestShareOfABin(rows: readonly Scored[]): number {
  const shares = [true, false].map((bad) => {
    const own = rows
      .filter((row) => row.bad === bad)
      .map(({ score }) => Math.floor((score / (0.8 * (4 + Math.abs(score))) + 1) * (bins / 2)));
    return Math.max(...own.map((bin) => own.filter((other) => other === bin).length)) / own.length;
  });
  return Math.max(...shares);
}

const shortTraining = (spec: HorizontalSpec) => ({ training: { ...spec.training, rounds: 2, epochs: 1 } });

describe('every algorithm and model kind ends with one model at all participants', () => {
  test.each([
    ['credit/logistic.yaml', 'logistic', 'fedavg'],
    ['specs/fedprox.yaml', 'mlp', 'fedprox'],
    ['specs/fedadam.yaml', 'logistic', 'fedadam'],
    ['specs/layers.yaml', 'layers', 'fedavg'],
  ])(
    '%s',
    async (path, model, algorithm) => {
      const written = await exampleSpec(path);
      const jobId = await federation.submitSpec(await exampleSpec(path, shortTraining(written)));
      const job = await federation.ended(jobId);
      expect(job).toMatchObject({ state: 'finished', detail: '', model, algorithm, round: 2, bestRound: 2 });
      for (const name of trio) expect(federation.kept(name, jobId)).toMatchObject({ state: 'finished' });
      const result = jointResult(jobId);
      expect(result).toMatchObject({ model, round: 2 });
      expect(result.history.map(({ round }) => round)).toEqual([0, 1, 2]);
      const pooled = plainQuality(await pooledScores(jobId));
      expect(furthest(qualityAt(result, 2), pooled)).toBeLessThan(tolerance);
      const released = job.metrics.find(({ name }) => name === 'auc');
      expect(released).toMatchObject({ round: 2, value: expect.closeTo(pooled.auc, 3) });
    },
    hangMs,
  );
});

/** Numbers only: what the plain scorer reads. Same rows and spec give the same model. */
const numbers = {
  Age: 'number',
  Amount: 'number',
  Assets: 'number',
  Income: 'number',
  Seniority: 'number',
} as const;

describe('a job on numbers', () => {
  let first: JobId;
  beforeAll(async () => {
    first = await federation.finished({ features: numbers, evaluation: { bins } });
  }, hangMs);

  test('has metrics within 1e-3 of those of raw predictions, and a KS lower by no more than a bin holds', async () => {
    const kept = await Promise.all(trio.map((name) => federation.model(name, first)));
    const raw = kept.flatMap((state, at) => plainScores(state, federation.datasetFile(trio[at]!)));
    const { ks, ...others } = qualityAt(jointResult(first), 2);
    const { ks: rawKs, ...rawOthers } = plainQuality(raw);
    expect(furthest(others, rawOthers)).toBeLessThan(tolerance);
    // The scores of a job are centres of bins. The KS of few rows has steps of 1 / rows: where a bin holds several,
    // the thresholds between them are gone.
    expect(ks).toBeLessThan(rawKs + 1e-9);
    expect(ks).toBeGreaterThan(rawKs - largestShareOfABin(raw));
  });

  test(
    'passes its model and its preprocessing on to a warm start',
    async () => {
      const before = await federation.model('bank-a', first);
      // Steps too small to matter: the model stays where it was.
      const training = { rounds: 1, optimizer: 'sgd', learningRate: 1e-6, seed: 5 } as const;
      const warm = { features: numbers, evaluation: { bins }, warmStart: { job: first } };
      const jobId = await federation.finished({ ...warm, training });
      const rounds = await federation.client('ana').rounds(jobId);
      expect(rounds.map(({ purpose }) => purpose)).toEqual(['update', 'evaluation']);
      const result = jointResult(jobId);
      expect(qualityAt(result, 0)).toEqual(qualityAt(jointResult(first), 2));
      const after = await federation.model('bank-a', jobId);
      expect(after.encoding).toEqual(before.encoding);
      const moved = after.model!.weights.map((weight, at) => Math.abs(weight - before.model!.weights[at]!));
      expect(Math.max(...before.model!.weights.map(Math.abs))).toBeGreaterThan(0.1);
      expect(Math.max(...moved)).toBeLessThan(1e-4);
    },
    hangMs,
  );

  test.each<[string, () => Partial<HorizontalSpecInput>, string]>([
    ['other features', () => ({ warmStart: { job: first } }), 'MODEL_INVALID'],
    [
      'another model kind',
      () => ({ warmStart: { job: first }, features: numbers, model: { kind: 'mlp' } }),
      'MODEL_INVALID',
    ],
    [
      'a job that nobody ran',
      () => ({ warmStart: { job: `job-${'0'.repeat(32)}` }, features: numbers }),
      'MODEL_UNKNOWN',
    ],
  ])(
    'does not fit a warm start with %s',
    async (_, changes, code) => {
      const job = await federation.run(changes());
      expect(job).toMatchObject({
        state: 'failed',
        code,
        parties: [expect.stringMatching(/^(bank|platform)/)],
      });
      expect(job.detail).toContain(job.parties[0]);
    },
    hangMs,
  );
});

test(
  'early stopping ends before the last round and keeps the best model',
  async () => {
    const rule = { metric: 'auc', patience: 1, minDelta: 0.01 } as const;
    const training = { rounds: 12, learningRate: 0.2, seed: 3 };
    const jobId = await federation.finished({ features: numbers, training, earlyStopping: rule });
    const { history, round: kept } = jointResult(jobId);
    const ran = history.length;
    expect(ran).toBeLessThan(training.rounds);
    expect(await federation.shown(jobId)).toMatchObject({ round: ran, rounds: 12, bestRound: kept });
    expect((await federation.events(jobId)).at(-1)?.body).toMatchObject({
      kind: 'finished',
      rounds: ran,
      bestRound: kept,
    });

    // Every model up to the kept one beat the best before it by minDelta; the one that was measured last did not.
    const auc = history.map(({ metrics }) => metrics!.auc);
    expect(kept).toBe(ran - 1 - rule.patience);
    expect(auc.slice(1, kept + 1).every((value, at) => value > auc[at]! + rule.minDelta)).toBe(true);
    expect(auc[kept + 1]).toBeLessThanOrEqual(auc[kept]! + rule.minDelta);

    expect((await federation.model('bank-b', jobId)).model!.round).toBe(kept);
    const pooled = plainQuality(await pooledScores(jobId));
    expect(furthest(qualityAt(jointResult(jobId), kept), pooled)).toBeLessThan(1e-9);
    expect(furthest(qualityAt(jointResult(jobId), kept + 1), pooled)).toBeGreaterThan(1e-4);
  },
  hangMs,
);
