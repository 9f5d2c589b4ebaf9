import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { type HexDigest, jobIdOfSpec, type ParticipantName } from '../../../contract/index.js';
import { sealed } from '../../../participant/privacy/index.js';
import { createTasks, type Task } from '../../../participant/training/index.js';
import { endOfReads, readGate } from '../../../participant/training/read-gate.js';
import type { performStep } from '../../../participant/vertical/index.js';
import { verticalSpecFor } from '../../support/cast.js';
import { allow } from './vertical-stage.js';

/** A step of platform-b without parcels, as a worker would get it. */
function aStep(work: typeof performStep) {
  const jobsFolder = mkdtempSync(join(tmpdir(), 'fedrisk-task-'));
  onTestFinished(() => rmSync(jobsFolder, { recursive: true, force: true }));
  const spec = verticalSpecFor(['bank-a', 'platform-b']);
  const gate = readGate();
  const said: unknown[] = [];
  const task: Task = {
    kind: 'takeStep',
    spec,
    participant: 'platform-b' as ParticipantName,
    datasetFolder: '',
    jobsFolder,
    jobId: jobIdOfSpec(spec),
    gate,
    step: 0,
    rosterDigest: 'a'.repeat(64) as HexDigest,
    inbox: [],
    outbox: [],
    sealPrivateKey: new Uint8Array(32),
    grant: (allow as Extract<typeof allow, { kind: 'approve' | 'ask' }>).grant,
    jobSecret: new Uint8Array(32),
    ownSalt: new Uint8Array(32),
    secrets: new Map([['w', new Uint8Array([5])]]),
    progress: { postMessage: (message: unknown) => said.push(message) } as unknown as MessagePort,
  };
  return { gate, said, run: () => createTasks(sealed, () => undefined, work)(task) };
}

test('work that is no longer wanted hears of it, and its thread is ended only after it stopped', async () => {
  let stopped = false;
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { gate, run } = aStep(
    ({ signal }) =>
      new Promise((_, reject) => {
        begin();
        signal.addEventListener('abort', () => {
          setTimeout(() => {
            stopped = true;
            reject(signal.reason);
          }, 30);
        });
      }),
  );
  const outcome = run();
  await begun;
  await endOfReads(gate);
  expect(stopped).toBe(true);
  expect(await outcome).toMatchObject({ ok: false, code: 'JOB_ENDED' });
});

test('work that was unwanted before it began does not begin', async () => {
  let began = false;
  const { gate, run } = aStep(async () => {
    began = true;
    return { timings: [] };
  });
  await endOfReads(gate);
  expect(await run()).toMatchObject({ ok: false, code: 'JOB_ENDED' });
  expect(began).toBe(false);
});

test('progress is heard, and secrets that were kept come back as secrets', async () => {
  const { said, run } = aStep(async ({ progress, secrets }) => {
    progress('multiply', 0.5);
    expect(JSON.stringify([...secrets])).not.toContain('5');
    expect(secrets.get('w')!.reveal()).toEqual(new Uint8Array([5]));
    return { timings: [] };
  });
  expect(await run()).toMatchObject({ ok: true });
  expect(said).toEqual([{ step: 'multiply', fraction: 0.5 }]);
});

test('a step never fills more than its share of the timings of a post', async () => {
  const { run } = aStep(async () => ({ timings: Array.from({ length: 30 }, () => ({ step: 'x', ms: 1 })) }));
  const outcome = await run();
  expect(outcome).toMatchObject({ ok: true, value: { timings: { length: 8 } } });
});
