import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type HexDigest,
  type ParticipantName,
  type PostBody,
  postDigest,
  specDigest,
  specJson,
} from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import { type Blobs, folderBlobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import { LiveJob } from '../../../coordinator/jobs/live-job.js';
import { isUnfinished, type JobState, open, workOf } from '../../../coordinator/rounds/index.js';
import { openSqliteStore, type Store } from '../../../coordinator/store/index.js';
import { generateIdentity, signerOf } from '../../../crypto/identity/index.js';
import { codedAsync } from '../../support/coded.js';
import { five, without } from './support/five.js';
import { honestPost, party, rosterDigestFor, spec } from './support/honest.js';
import { reaches } from './support/table-job.js';

const away = five[3]!;
const signers = new Map(five.map((name) => [name, signerOf(generateIdentity().privateKey)]));
const log = { info: () => {}, warn: () => {}, error: () => {} };
const bytes = new Uint8Array(32).fill(7);
const digest = createHash('sha256').update(bytes).digest('hex') as HexDigest;
const uploaded = { digest, bytes: bytes.length, valueCount: 100 };
const day = 24 * 3600 * 1000;

/** Adds nothing: what a sum holds is of no matter here, only how long it stays. */
const adder = {
  uploadBytes: () => bytes.length,
  prescribedSet: () => undefined,
  checkForm: async () => {},
  add: async ({ output }: { output: string }) => {
    writeFileSync(output, bytes);
    return { digest, bytes: bytes.length };
  },
} as never as Adder;

let folder: string;
let store: Store;
let blobs: Blobs;
let nowMs: number;
let job: LiveJob;
const clock = { now: () => nowMs };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-sums-'));
  store = openSqliteStore(join(folder, 'coordinator.sqlite'));
  blobs = folderBlobs(join(folder, 'blobs'));
  nowMs = 1_700_000_000_000;
  const jobSpec = spec({ participants: five });
  const submitted = {
    kind: 'submitted',
    specJson: specJson(jobSpec),
    specDigest: specDigest(jobSpec),
    submitter: 'ana',
    organisation: 'Bank A',
    deadlineMs: nowMs + 3_600_000,
  } as const;
  const { events, state } = open(submitted, nowMs);
  const { jobId } = state.charter;
  const first = events[0]!;
  await store.createJob({
    jobId,
    specDigest: submitted.specDigest,
    submitter: 'ana',
    idempotencyKey: '',
    first,
  });
  await load(jobId);
});
afterEach(async () => {
  await job.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function load(jobId: LiveJob['jobId']): Promise<void> {
  job = await LiveJob.load({ store, blobs, adder, clock, log, changed: () => {}, leads: () => true }, jobId);
}

function sender(name: ParticipantName) {
  return { ...party(name), identityKey: signers.get(name)!.publicKey };
}

async function say(name: ParticipantName, body: PostBody): Promise<void> {
  if (body.kind === 'contribution') {
    const place = { jobId: job.jobId, sum: body.sum, sender: name };
    await blobs.receiveUpload(place, { digest, bytes: bytes.length, offset: 0 }, Readable.from([bytes]));
  }
  const unsigned = { sender: name, rosterDigest: rosterDigestFor(job.state, body), body };
  const signature = signers.get(name)!.sign(postDigest(job.jobId, unsigned));
  await job.post({ ...unsigned, signature }, sender(name));
}

/** Lets the named participants act until nobody has anything to say. */
async function play(names: readonly ParticipantName[], until: (state: JobState) => boolean): Promise<void> {
  while (isUnfinished(job.state) && !until(job.state)) {
    if (workOf(job.state)) {
      await setImmediate();
      continue;
    }
    const speaker = names.find((name) => honestPost(job.state, sender(name), uploaded));
    if (!speaker) return;
    await say(speaker, honestPost(job.state, sender(speaker), uploaded)!);
  }
}

/** Numbers of the sums that have files. */
function stored(): number[] {
  const root = join(folder, 'blobs', job.jobId.slice('job-'.length));
  return existsSync(root) ? readdirSync(root).map(Number).sort() : [];
}

async function tick(ms: number): Promise<void> {
  nowMs += ms;
  await job.tick();
}

/** The end of round 1, which left one out and which it has not opened. */
async function withoutOne(): Promise<void> {
  await play(five, reaches('update', 'collecting', 1));
  await play(without(away), () => false);
  await tick(60_000);
  await play(without(away), reaches('update', 'collecting', 2));
}

describe('the files of sums', () => {
  it('are the sum alone once it is added up, while one who is away may still ask for it', async () => {
    await withoutOne();
    const folder2 = join(folder, 'blobs', job.jobId.slice('job-'.length), '2');
    expect(readdirSync(folder2)).toEqual(['added']);
    const pieces = [];
    for await (const piece of blobs.readSum(job.jobId, 2, 0, digest)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('go once everybody has opened a sum, and stay while one is away', async () => {
    await play(five, reaches('update', 'collecting', 1));
    await play([away], () => honestPost(job.state, sender(away), uploaded)?.kind !== 'applied');
    await play(without(away), () => false);
    expect(stored()).toEqual([2]);
    await tick(60_000);
    await play(without(away), () => false);
    expect(stored()).toEqual([2, 3]);
    await play([away], (state) => {
      const missed = 'current' in state ? state.past[2] : undefined;
      return missed?.phase === 'agreed' && missed.reports.has(away);
    });
    expect(stored()).toEqual([3]);
    await play(five, () => false);
    expect(job.state.kind).toBe('finished');
  });

  it('do not wait for somebody who left', async () => {
    await withoutOne();
    expect(stored()).toEqual([2]);
    await say(away, { kind: 'abort', code: 'TRAINING_FAILED', detail: '', sum: 3, party: '' });
    expect(stored()).toEqual([]);
  });

  it('stay for a day after the job finished, for those who come back', async () => {
    await withoutOne();
    for (let round = 2; isUnfinished(job.state) && round < 5; round++) {
      await play(without(away), () => false);
      if (isUnfinished(job.state)) await tick(60_000);
    }
    expect(job.state.kind).toBe('finished');
    const look = async () => {
      const book = new JobBook({ store, blobs, adder, clock, log });
      await book.restore();
      await book.close();
      return stored();
    };
    nowMs += day - 1;
    expect(await look()).toEqual([2, 3, 4]);
    nowMs += 2;
    expect(await look()).toEqual([]);
  });
});

describe('a live job with dropouts', () => {
  it('closes a round by itself when grace is over', async () => {
    await play(five, reaches('update', 'collecting', 1));
    await play(without(away), () => false);
    const { jobId } = job;
    await job.close();
    nowMs += 60_000;
    // As a replica does that takes the job over: it sets its own timer, which is due at once.
    await load(jobId);
    await job.arrange();
    while ('current' in job.state && job.state.current.phase === 'collecting') await setImmediate();
    expect(job.state).toMatchObject({ current: { members: without(away) } });
  });

  it('gives everybody time to come back after a restart, before a round closes without them', async () => {
    await play(five, reaches('update', 'collecting', 1));
    await play(without(away), () => false);
    const { jobId } = job;
    await job.close();
    nowMs += 3_600_000;
    await load(jobId);
    await job.resume();
    await setImmediate();
    expect(job.state).toMatchObject({ current: { phase: 'collecting' } });
    await say(away, honestPost(job.state, sender(away), uploaded)!);
    expect(job.state).toMatchObject({ current: { phase: 'unmasking', members: five } });
  });

  it('refuses a late contribution as late, before and after its bytes are there', async () => {
    await play(five, reaches('update', 'collecting', 1));
    const late = honestPost(job.state, sender(away), uploaded)!;
    await withoutOne();
    const unsigned = { sender: away, rosterDigest: rosterDigestFor(job.state, late), body: late };
    const signature = signers.get(away)!.sign(postDigest(job.jobId, unsigned));
    expect(await codedAsync(job.post({ ...unsigned, signature }, sender(away)))).toBe('ROUND_CLOSED');
    expect(await codedAsync(say(away, late))).toBe('ROUND_CLOSED');
  });
});
