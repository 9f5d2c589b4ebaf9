import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawNonce, type JobId, specJson } from '../../contract/index.js';
import { JobsFederation, specOf, trio } from './support/jobs-federation.js';

const hangMs = 120_000;
const hex = /^[0-9a-f]{64}$/;

let federation: JobsFederation;
/** A finished job that releases two metrics. */
let finished: JobId;
beforeAll(async () => {
  federation = await JobsFederation.start();
  finished = await federation.finished({ release: ['auc', 'trainLoss'] });
}, hangMs);
afterAll(() => federation?.close());

describe('the rounds of a finished job', () => {
  test('show what was encrypted, by whom, who holds keys, and what was checked', async () => {
    const rounds = await federation.client('ana').rounds(finished);
    expect(rounds.map(({ sum, purpose, round }) => `${sum} ${purpose} ${round}`)).toEqual([
      '0 magnitudes 0',
      '1 moments 0',
      '2 update 1',
      '3 update 2',
      '4 evaluation 0',
    ]);
    for (const round of rounds) {
      expect(round).toMatchObject({
        phase: 'agreed',
        keyHolders: trio,
        survivors: trio,
        survivorSignatures: 3,
        verification: 'verified',
        sumDigest: expect.stringMatching(hex),
        fingerprint: expect.stringMatching(hex),
        waitingFor: [],
      });
      expect(round.parameters).toMatch(/BFV.*\d+.*\d+/);
      expect(round.agreedMs).toBeGreaterThanOrEqual(round.startedMs);
      for (const figure of [round.valueCount, round.sumBytes, round.addMs]) expect(figure).toBeGreaterThan(0);
      expect(round.participants.map(({ name }) => name)).toEqual(trio);
      expect(new Set(round.participants.map(({ digest }) => digest)).size).toBe(3);
      for (const part of round.participants) {
        expect(part).toMatchObject({ state: 'applied', digest: expect.stringMatching(hex) });
        expect(part.fingerprint).toBe(round.fingerprint);
        expect(part.bytesUp).toBeGreaterThan(0);
        const steps = part.timings.map(({ step }) => step);
        expect(steps).toEqual(['queue', 'train', 'encrypt', 'upload', 'download', 'decrypt', 'apply']);
      }
    }
    const fingerprints = rounds.map(({ fingerprint }) => fingerprint);
    expect(new Set(fingerprints).size).toBe(rounds.length);
    expect(await federation.shown(finished)).toMatchObject({
      fingerprint: fingerprints.at(-1),
      bestRound: 2,
    });
    expect(await federation.client('ana').round(finished, { round: 2 })).toEqual(rounds[3]);
    expect(await federation.client('ana').round(finished, { sum: 0 })).toEqual(rounds[0]);
    await expect(federation.client('ana').round(finished, { round: 3 })).rejects.toMatchObject({
      code: 'ROUND_UNKNOWN',
    });
  });

  test('have the metrics that the spec releases and no others', async () => {
    const { history, trainLoss } = federation.result('bank-a', finished);
    const near = (value: number | undefined) => expect.closeTo(value ?? Number.NaN, 5);
    const rounds = await federation.client('ana').rounds(finished);
    const shown = rounds.filter(({ purpose }) => purpose === 'update').map(({ metrics }) => metrics);
    const expected = [1, 2].map((round) => [
      { name: 'auc', round, value: near(history[round]!.metrics!.auc) },
      { name: 'trainLoss', round, value: near(trainLoss[round - 1]) },
    ]);
    const sorted = shown.map((metrics) => metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    expect(sorted).toEqual(expected);
  });

  test(
    'tell the coordinator no metric when the spec releases none',
    async () => {
      const jobId = await federation.finished({ release: [], training: { rounds: 1 } });
      expect((await federation.shown(jobId)).metrics).toEqual([]);
      const rounds = await federation.client('operator').rounds(jobId);
      expect(rounds.flatMap(({ metrics }) => metrics)).toEqual([]);
      const told = (await federation.events(jobId)).flatMap(({ body }) => {
        if (body.kind === 'sumAgreed') return body.metrics;
        return body.kind === 'posted' && body.post.body.kind === 'applied' ? body.post.body.metrics : [];
      });
      expect(told).toEqual([]);
      for (const name of trio) {
        const { history, trainLoss } = federation.result(name, jobId);
        expect(history.map(({ metrics }) => metrics!.auc > 0.5)).toEqual([false, true]);
        expect(trainLoss).toEqual([expect.any(Number)]);
      }
    },
    hangMs,
  );
});

describe('a job that is cancelled', () => {
  test.each(['ana', 'operator'] as const)(
    'by %s stops at every participant',
    async (person) => {
      const jobId = await federation.submit({ training: { rounds: 50 } });
      await federation.seen(jobId, ({ state, round }) => state === 'running' && round >= 2);
      await federation.client(person).cancel(jobId, 'no longer needed');
      const job = await federation.ended(jobId);
      expect(job).toMatchObject({ state: 'cancelled', code: 'JOB_CANCELLED', waitingFor: [] });
      expect(job.detail).toBe(`${person}: no longer needed`);
      for (const name of trio) {
        expect(federation.kept(name, jobId)).toMatchObject({ state: 'cancelled', code: 'JOB_CANCELLED' });
        expect(federation.files(name, jobId)).toEqual([]);
        expect(federation.journal(name).secret(jobId, 'seal-key')).toBeUndefined();
      }
      await expect(federation.client(person).cancel(jobId, '')).rejects.toMatchObject({ code: 'JOB_ENDED' });
    },
    hangMs,
  );

  test(
    'leaves its participants free for the next',
    async () => {
      await federation.finished({ training: { rounds: 1 } });
    },
    hangMs,
  );
});

describe('who may do what', () => {
  const forbidden = { code: 'ROLE_FORBIDDEN' };

  test(
    'only the submitter and operators stop a job',
    async () => {
      const jobId = await federation.submit({ training: { rounds: 50 } });
      for (const person of ['ben', 'sue', 'ivo', 'bank-b'] as const) {
        await expect(federation.client(person).cancel(jobId, '')).rejects.toMatchObject(forbidden);
      }
      expect(await federation.shown(jobId)).toMatchObject({ code: '', endedMs: 0 });
      await federation.client('ana').cancel(jobId, '');
      expect(await federation.ended(jobId)).toMatchObject({ state: 'cancelled' });
    },
    hangMs,
  );

  test('strangers read nothing of a job; organisations in it do', async () => {
    await expect(federation.client('sue').get(finished)).rejects.toMatchObject(forbidden);
    await expect(federation.client('sue').rounds(finished)).rejects.toMatchObject(forbidden);
    expect(await federation.client('sue').list('', 0)).toEqual([]);
    await expect(federation.client('platform-y').get(finished)).rejects.toMatchObject(forbidden);
    for (const person of ['ben', 'platform-x'] as const) {
      expect((await federation.client(person).get(finished)).job.jobId).toBe(finished);
    }
  });

  test('an auditor reads every job and submits none', async () => {
    const client = federation.client('ivo');
    expect((await client.get(finished)).job.state).toBe('finished');
    expect((await client.rounds(finished)).length).toBe(5);
    expect((await client.list('finished', 0)).map(({ jobId }) => jobId)).toContain(finished);
    await expect(federation.submit({}, 'ivo')).rejects.toMatchObject(forbidden);
    await expect(client.estimate(specJson(specOf()))).rejects.toMatchObject(forbidden);
    await expect(federation.submit({}, 'operator')).rejects.toMatchObject(forbidden);
  });
});

describe('an idempotency key', () => {
  test(
    'gives the same job for the same spec, and a conflict for another',
    async () => {
      const spec = specOf({ training: { rounds: 1 } });
      const key = `key-${drawNonce()}`;
      const jobId = await federation.submitSpec(spec, 'ana', key);
      expect(await federation.client('ana').submit(specJson(spec), key)).toEqual({
        jobId,
        repeatedKey: true,
      });
      await expect(federation.submitSpec(specOf(), 'ana', key)).rejects.toMatchObject({
        code: 'IDEMPOTENCY_CONFLICT',
      });
      // Another person's key of the same name is another key; the spec itself is still accepted only once.
      await expect(federation.submitSpec(spec, 'ben', key)).rejects.toMatchObject({ code: 'JOB_REPLAYED' });
      expect(await federation.ended(jobId)).toMatchObject({ state: 'finished' });
      const submissions = (await federation.events(jobId)).filter(({ body }) => body.kind === 'submitted');
      expect(submissions).toHaveLength(1);
    },
    hangMs,
  );
});
