import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Post } from '../../contract/index.js';
import { everyTest } from '../support/every-test.js';
import { FaultProxy } from './support/fault-proxy.js';
import { Federation } from './support/federation.js';
import { expectOneKind, fingerprintOf, finished } from './support/outcome.js';
import { moment, type Sight } from './support/sight.js';

const hangMs = 240_000;
const victim = 'platform-x';
const helper = 'bank-b';
/** With the victim's signature three of five are there while these two stand still; a sum takes four. */
const unsigned = ['bank-c', 'bank-d'];
/** Sums 0 and 1 are statistics, 2 to 4 the rounds of training, 5 the evaluation. */
const [round1, round2] = [2, 3];
/** A line on which what is said arrives late enough for its sender to be gone, and hearts still beat. */
const slowMs = 400;

let federation: Federation;
let line: FaultProxy;
/** Fingerprint of the model of an undisturbed run. */
let reference: string;

beforeAll(async () => {
  federation = await Federation.found(5);
  line = await FaultProxy.open(0, Number(federation.address.split(':')[1]));
  federation.options.set(helper, ['--coordinator', `127.0.0.1:${line.port}`]);
  await federation.bringUp(...federation.names);
  reference = fingerprintOf(await finished(federation, await submit()));
}, hangMs);
beforeEach(() => {
  line.delayMs = 0;
});
afterAll(async () => {
  await federation?.close();
  line?.close();
});

/** Rounds wait for whoever comes back, so that everybody contributes to all of them. */
function submit(): Promise<Sight> {
  const deadlines = { graceSeconds: 60, roundSeconds: 120, openingSeconds: 120, rejoinSeconds: 120 };
  return federation.submit({ deadlines });
}

function others(): string[] {
  return federation.names.filter((name) => name !== victim);
}

function sendersOf(job: Sight, ...which: Parameters<Sight['posted']>): string[] {
  return job.posted(...which).map(({ sender }) => sender);
}

/** Runs a job to where everybody has contributed to round 2, the victim signed its survivors and is gone. */
async function untilVictimSigned(): Promise<Sight> {
  const job = await submit();
  await moment(job, () => job.said(victim, `applied/${round1}`));
  federation.freeze(victim);
  await moment(job, () => sendersOf(job, 'contribution', round2).length === others().length);
  for (const name of unsigned) federation.freeze(name);
  federation.thaw(victim);
  await moment(job, () => sendersOf(job, 'survivorSignature', round2).includes(victim));
  await federation.kill(victim);
  for (const name of unsigned) federation.thaw(name);
  return job;
}

/** The victim is back once the others did without it; all that it put in counts, and it has the model of all. */
async function finishedWithAll(job: Sight): Promise<void> {
  await moment(job, () => job.of('sumAgreed').length > round2);
  expect(sendersOf(job, 'applied', round2)).not.toContain(victim);
  federation.start(victim);
  expect(fingerprintOf(await finished(federation, job))).toBe(reference);
  expectOneKind(job);
  for (const { members } of job.of('survivorsProposed')) {
    expect([...members].sort()).toEqual([...federation.names].sort());
  }
  expect(job.of('recoveryAsked').filter(({ sum }) => sum === round2)).toMatchObject([{ missing: [victim] }]);
  expect(sendersOf(job, 'reveal', round2).sort()).toEqual(others().sort());
  const recoveries = job.posted('recovery', round2);
  expect(recoveries.map(({ sender }) => sender).sort()).toEqual(others().sort());
  for (const { body } of recoveries) expect(body).toMatchObject({ cause: 'missing', members: [victim] });
  expect(job.of('stalled')).toEqual([]);
}

test(
  'who is killed after it signed and before it reveals is in the sum: the others recover its seed, and it catches up',
  async () => finishedWithAll(await untilVictimSigned()),
  hangMs,
);

test.runIf(everyTest)(
  'who is killed between writing down its shares of that seed and sending them sends the same bytes later',
  async () => {
    const job = await untilVictimSigned();
    await moment(job, () => sendersOf(job, 'reveal', round2).includes(helper));
    line.delayMs = slowMs;
    const place = `recovery/${round2}/missing`;
    await moment(job, () => job.said(helper, place));
    await federation.kill(helper);
    // The others have answered, and four of five are needed.
    await moment(job, () => sendersOf(job, 'recovery', round2).length === 3);
    expect(sendersOf(job, 'recovery', round2)).not.toContain(helper);
    expect(job.of('sumAgreed')).toHaveLength(round2);
    const sql = 'select json from said where job_id = ? and place = ?';
    const [{ json }] = job.rows<{ json: string }>(helper, sql, job.jobId, place) as [{ json: string }];
    line.delayMs = 0;
    federation.start(helper);
    await finishedWithAll(job);
    const sent = job.posted('recovery', round2).find(({ sender }) => sender === helper);
    expect(textsOf(JSON.parse(json))).toContain(ciphertextOf(sent!));
    expect(textsOf(JSON.parse(json))).toContain(sent!.signature);
  },
  hangMs,
);

/** Every text in a stored message. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
}

function ciphertextOf({ body }: Post): string {
  if (body.kind !== 'recovery') throw new Error('not a recovery');
  return `base64:${Buffer.from(body.ciphertext).toString('base64')}`;
}
