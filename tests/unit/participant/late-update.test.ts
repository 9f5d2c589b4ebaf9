import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type HorizontalSpec,
  histogramLength,
  type ParticipantName,
  Secret,
  type SumPurpose,
} from '../../../contract/index.js';
import { dealRows, installDataset } from '../../../examples/credit/deal.js';
import { loadBackend } from '../../../learning/index.js';
import { preflight } from '../../../participant/data/index.js';
import { forgetLate, keepsLate, lateKey, lateWork } from '../../../participant/rounds/late-update.js';
import { keepUpdate, lateUpdateOf } from '../../../participant/training/kept-update.js';
import { absorb, partOf } from '../../../participant/training/learner.js';
import type { LearnerState } from '../../../participant/training/learner-state.js';
import type { LocalData } from '../../../participant/training/sum-task.js';
import { specFor } from '../../support/cast.js';
import { nextRound, Stage, temporaryFolder } from '../attacks/stage.js';

const three = ['bank-a', 'bank-b', 'platform-x'];

/** One participant's rows, and its state before the first and the second round when it is alone in every sum. */
async function trained() {
  const folder = temporaryFolder();
  const [dealt] = await dealRows({ parts: three, outFolder: join(folder, 'rows') });
  await installDataset(folder, dealt!.path);
  const spec = specFor(three, {
    dataset: 'credit-loans',
    features: { Age: 'number', Amount: 'number', Income: 'number' },
    training: { rounds: 3, batchRows: 64, learningRate: 0.1, seed: 3 },
    evaluation: { bins: 1000 },
  });
  const data: LocalData = { table: await preflight(spec, join(folder, 'datasets')) };
  const backend = await loadBackend();
  const part = (purpose: SumPurpose, round: number, state: LearnerState, late?: Float64Array) =>
    partOf({ spec, purpose, round, participant: 'bank-a' }, state, data, backend, late);
  const after = (purpose: SumPurpose, round: number, state: LearnerState) =>
    absorb({ spec, purpose, round, participant: 'bank-a' }, state, part(purpose, round, state).values).state;
  const start = { hashKey: '00'.repeat(32), history: [], trainLoss: [] };
  const first = after('moments', 0, after('magnitudes', 0, start));
  return { spec, part, first, second: after('update', 1, first) };
}

test('a late update goes into the next round bit for bit, with the score histogram of the model that round starts from', async () => {
  const { spec, part, first, second } = await trained();
  const late = part('update', 1, first).update!;
  const sent = part('update', 2, second, late);
  const fresh = part('update', 2, second);
  const histogramAt = sent.values.length - histogramLength(spec as HorizontalSpec);
  expect(sent.values.subarray(0, histogramAt)).toEqual(late);
  expect(sent.values.subarray(histogramAt)).toEqual(fresh.values.subarray(histogramAt));
  expect(sent.values.subarray(0, histogramAt)).not.toEqual(fresh.values.subarray(0, histogramAt));
  expect([sent.values.length, sent.maxAbs]).toEqual([fresh.values.length, fresh.maxAbs]);
  expect(part('update', 2, second, late).values).toEqual(sent.values);
});

test('a kept update of another length is refused', async () => {
  const { part, second, first } = await trained();
  const late = part('update', 1, first).update!;
  expect(() => part('update', 2, second, late.subarray(1))).toThrow(
    expect.objectContaining({ code: 'MODEL_INVALID' }),
  );
});

describe('a kept update', () => {
  const update = Float64Array.from({ length: 50 }, (_, at) => at * 1.5 - 7);
  const key = (byte: number) => lateKey(new Secret(new Uint8Array(32).fill(byte)));

  test('stands encrypted on disk and comes back bit for bit', async () => {
    const path = join(temporaryFolder(), 'update-3');
    keepUpdate({ keepUpdate: path, updateKey: key(1) }, update);
    const file = readFileSync(path);
    expect(file.includes(Buffer.from(update.buffer, 0, 64))).toBe(false);
    expect(await lateUpdateOf({ lateUpdate: path, updateKey: key(1) })).toEqual(update);
  });

  test('is not replaced by the same one that is sent late', async () => {
    const [old, path] = ['update-2', 'update-3'].map((name) => join(temporaryFolder(), name)) as [
      string,
      string,
    ];
    keepUpdate({ keepUpdate: path, lateUpdate: old, updateKey: key(1) }, update);
    expect(existsSync(path)).toBe(false);
  });

  test('of another job or round, or changed, is refused', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'update-3');
    keepUpdate({ keepUpdate: path, updateKey: key(1) }, update);
    const damaged = { code: 'MODEL_INVALID' };
    await expect(lateUpdateOf({ lateUpdate: path, updateKey: key(2) })).rejects.toMatchObject(damaged);
    const moved = join(folder, 'update-4');
    writeFileSync(moved, readFileSync(path));
    await expect(lateUpdateOf({ lateUpdate: moved, updateKey: key(1) })).rejects.toMatchObject(damaged);
  });
});

describe('which kept update a round sends', () => {
  const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
  const without = five.slice(0, 4);
  const me = 'platform-x';

  /** Rounds with the members given, one after the other; then the next one begins. */
  async function rounds(...members: (readonly string[])[]) {
    const fields = { warmStart: { job: `job-${'0'.repeat(32)}` }, participation: { late: 'next-round' } };
    const stage = await new Stage(five, fields).joined();
    for (const [at, one] of members.entries()) stage.summed(one, nextRound(at + 2));
    const transcript = stage.started().transcript(me);
    return { transcript, sum: transcript.currentSum!, folder: temporaryFolder() };
  }
  const keep = (folder: string, round: number) => writeFileSync(join(folder, `update-${round}`), '');

  test('none after a round that included us, even when a file is left', async () => {
    const { transcript, sum, folder } = await rounds(five);
    keep(folder, 1);
    expect(lateWork(sum, transcript, folder)).toEqual({ keepUpdate: join(folder, 'update-2') });
  });

  test('that of the round it missed; of several the latest', async () => {
    const { transcript, sum, folder } = await rounds(five, without, without);
    keep(folder, 1);
    expect(lateWork(sum, transcript, folder).lateUpdate).toBeUndefined();
    keep(folder, 2);
    expect(lateWork(sum, transcript, folder).lateUpdate).toBe(join(folder, 'update-2'));
    keep(folder, 3);
    expect(lateWork(sum, transcript, folder).lateUpdate).toBe(join(folder, 'update-3'));
  });

  test('none that is older than a batch without our mask keys: many rounds went on since', async () => {
    const fields = {
      warmStart: { job: `job-${'0'.repeat(32)}` },
      participation: { late: 'next-round', keyBatch: 2 },
    };
    const stage = await new Stage(five, fields).joined();
    stage.keysAsked(0, 2).summed(five, nextRound(2)).summed(without, nextRound(3)).keysAsked(2, 2);
    const begun = stage.bodies.length;
    stage.started();
    const folder = temporaryFolder();
    keep(folder, 2);
    const missed = stage.transcript(me);
    expect(lateWork(missed.currentSum!, missed, folder).lateUpdate).toBe(join(folder, 'update-2'));
    stage.bodies.splice(begun);
    stage.add({ kind: 'keysClosed', firstSum: 2, without: [me] as ParticipantName[] });
    stage.summed(without, nextRound(4)).summed(without, nextRound(5)).keysAsked(4, 2).started();
    const back = stage.transcript(me);
    expect(lateWork(back.currentSum!, back, folder)).toEqual({ keepUpdate: join(folder, 'update-5') });
  });

  test('none in a job that drops late updates', async () => {
    const { transcript, sum } = await rounds(without);
    expect(keepsLate(sum, transcript)).toBe(true);
    const dropping = await new Stage(five, { warmStart: { job: `job-${'0'.repeat(32)}` } }).joined();
    const other = dropping.started().transcript(me);
    expect(keepsLate(other.currentSum!, other)).toBe(false);
  });

  test('all are forgotten once a sum with us is opened, and nothing else', async () => {
    const { folder } = await rounds(five);
    mkdirSync(folder, { recursive: true });
    for (const name of ['update-1', 'update-20', 'state-1.json', 'update-note']) {
      writeFileSync(join(folder, name), '');
    }
    await forgetLate(folder);
    const left = ['update-1', 'update-20', 'state-1.json', 'update-note'];
    expect(left.filter((name) => existsSync(join(folder, name)))).toEqual(['state-1.json', 'update-note']);
  });
});
