import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainPalette } from '../../cli/text/palette.js';
import { jointTreePage } from '../../cli/views/joint-tree.js';
import { horizontalSpec, type JobId } from '../../contract/index.js';
import { scoreRows } from '../../participant/main.js';
import { exampleSpec, JobsFederation, trio } from './support/jobs-federation.js';
import { plainQuality, type Scored } from './support/plain-quality.js';

const hangMs = 240_000;
const trees = 8;
/** Of 13 features by logistic regression on the same rows and split the AUC is near 0.82. */
const worthwhile = 0.78;

let federation: JobsFederation;
beforeAll(async () => {
  federation = await JobsFederation.start();
}, hangMs);
afterAll(() => federation?.close());

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

/** What bank-a keeps of sums while the job runs. */
function statesOf(jobId: JobId): string[] {
  try {
    return federation.files('bank-a', jobId).filter((name) => name.startsWith('state-'));
  } catch {
    // The job has no folder yet.
    return [];
  }
}

describe('a job of trees', () => {
  let jobId: JobId;
  let mostStates = 0;
  beforeAll(async () => {
    const { training } = await exampleSpec('specs/trees.yaml');
    const fewer = { training: { ...training, rounds: trees } };
    jobId = await federation.submitSpec(await exampleSpec('specs/trees.yaml', fewer));
    const ended = federation.ended(jobId);
    const looking = setInterval(() => {
      const states = statesOf(jobId);
      mostStates = Math.max(mostStates, states.length);
    }, 20);
    const job = await ended.finally(() => clearInterval(looking));
    expect(job).toMatchObject({ state: 'finished', detail: '', model: 'trees', algorithm: 'boosting' });
    expect(job).toMatchObject({ round: trees, bestRound: trees });
  }, hangMs);

  test('ends with the same trees at every participant, which rank as well as was told', async () => {
    const results = trio.map((name) => federation.result(name, jobId));
    for (const { fingerprint, history, trainLoss, parameters } of results.slice(1)) {
      expect({ fingerprint, history, trainLoss, parameters }).toEqual({
        fingerprint: results[0]!.fingerprint,
        history: results[0]!.history,
        trainLoss: results[0]!.trainLoss,
        parameters: results[0]!.parameters,
      });
    }
    const [model, other] = await Promise.all(trio.slice(0, 2).map((name) => federation.model(name, jobId)));
    expect(model!.forest).toEqual(other!.forest);
    expect(model!.forest!.trees.length).toBe(trees);
    expect(model!.forest!.trees.every(({ branches }) => branches.length >= 3)).toBe(true);
    const told = results[0]!.history.at(-1)!;
    const pooled = plainQuality(await pooledScores(jobId));
    expect(told.round).toBe(trees);
    expect(told.metrics!.auc).toBeCloseTo(pooled.auc, 6);
    expect(told.metrics!.ks).toBeCloseTo(pooled.ks, 6);
    expect(pooled.auc).toBeGreaterThan(worthwhile);
    const { importance } = results[0]!;
    expect(importance!.length).toBeGreaterThan(4);
    expect(importance!.reduce((sum, { splits }) => sum + splits, 0)).toBe(
      model!.forest!.trees.reduce((sum, { branches }) => sum + branches.length, 0),
    );
    const { trainLoss } = results[0]!;
    expect(trainLoss.length).toBe(trees);
    expect(trainLoss.at(-1)).toBeLessThan(0.9 * trainLoss[0]!);
  });

  test('is a sum for each level of each tree, over everybody', async () => {
    const rounds = await federation.client('ana').rounds(jobId);
    const purposes = rounds.map(({ purpose }) => purpose);
    expect(purposes.slice(0, 2)).toEqual(['magnitudes', 'quantiles']);
    expect(purposes.at(-1)).toBe('evaluation');
    const levels = rounds.slice(2, -1);
    expect(levels.every(({ purpose, survivors }) => purpose === 'update' && survivors.length === 3)).toBe(
      true,
    );
    expect(levels.length).toBeGreaterThan(2 * trees);
    expect(levels.length).toBeLessThanOrEqual(3 * trees);
  });

  test('shows a tree with all its levels', async () => {
    const client = federation.client('ana');
    const first = await client.round(jobId, { round: 2 });
    const sums = await Promise.all([1, 2].map((more) => client.round(jobId, { sum: first.sum + more })));
    const { specJson } = await client.get(jobId);
    const spec = horizontalSpec.parse(JSON.parse(specJson));
    const page = jointTreePage([first, ...sums], spec, plainPalette);
    const { course } = federation.result('bank-a', jobId);
    const split = course![1]!.nodes;
    const shown = [...page.matchAll(/^ {4}\d +\d+ +verified +(\d+)/gm)].map(([, nodes]) => Number(nodes));
    // Of the nodes of a level those that could be parted were asked about.
    expect(shown[0]).toBe(1);
    expect(shown.length).toBe(3);
    for (const [level, nodes] of shown.entries()) expect(nodes).toBeLessThanOrEqual(split[level]!);
  });

  test('is nothing that another model can start from', async () => {
    const job = await federation.run({ warmStart: { job: jobId } });
    expect(job).toMatchObject({ state: 'failed', code: 'MODEL_INVALID' });
  });

  test('keeps the states of few sums while it runs, and nothing of the sums afterwards', () => {
    // The one that the next sum starts from, the one before, and for a moment what a sum led to.
    expect(mostStates).toBeGreaterThan(1);
    expect(mostStates).toBeLessThanOrEqual(4);
    for (const name of trio) {
      expect(federation.files(name, jobId)).toEqual(['model.json', 'result.json', 'spec.json']);
    }
  });
});

test(
  'trees end by the loss of validation rows, and those up to the least are kept',
  async () => {
    const written = await exampleSpec('specs/trees.yaml');
    const patience = 2;
    const spec = await exampleSpec('specs/trees.yaml', {
      training: { ...written.training, rounds: 50 },
      model: { ...written.model, learningRate: 0.8, patience, validationRows: 600 } as never,
    });
    const jobId = await federation.submitSpec(spec);
    const job = await federation.ended(jobId);
    expect(job).toMatchObject({ state: 'finished', detail: '' });
    expect(job.bestRound).toBeLessThan(45);
    const { history, validationLoss, round } = federation.result('bank-a', jobId);
    expect(history.length - 1).toBe(job.bestRound + patience);
    const losses = validationLoss!.slice(1).map((loss) => loss!);
    expect(1 + losses.indexOf(Math.min(...losses))).toBe(job.bestRound);
    expect(round).toBe(job.bestRound);
    expect((await federation.model('bank-b', jobId)).forest!.trees.length).toBe(job.bestRound);
  },
  hangMs,
);
