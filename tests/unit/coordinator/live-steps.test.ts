import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type JobId,
  type ParticipantName,
  type Post,
  type PostBody,
  postDigest,
  specDigest,
  specJson,
} from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import { type Blobs, folderBlobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import { LiveJob } from '../../../coordinator/jobs/live-job.js';
import {
  isExchanging,
  isUnfinished,
  type JobState,
  open,
  stepsDoneWith,
} from '../../../coordinator/rounds/index.js';
import { openSqliteStore, type Store } from '../../../coordinator/store/index.js';
import { generateIdentity, signerOf } from '../../../crypto/identity/index.js';
import { codedAsync } from '../../support/coded.js';
import { honestPost, party, rosterDigestFor } from './support/honest.js';
import { bank, opens, parcelBytes, parcelPost, platform, verticalSpec } from './support/vertical.js';

const four = ['bank-a', 'bank-b', 'platform-x', 'platform-y'] as ParticipantName[];
const signers = new Map(four.map((name) => [name, signerOf(generateIdentity().privateKey)]));
const log = { info: () => {}, warn: () => {}, error: () => {} };
const nothingToAdd = { digest: '' as never, bytes: 1, valueCount: 1 };

let folder: string;
let store: Store;
let blobs: Blobs;
let nowMs: number;
let jobId: JobId;
let job: LiveJob;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-live-'));
  store = openSqliteStore(join(folder, 'coordinator.sqlite'));
  blobs = folderBlobs(join(folder, 'blobs'));
  nowMs = 1_700_000_000_000;
});
afterEach(async () => {
  await job.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

/** The job as a process finds it that starts now. */
async function load(): Promise<void> {
  const clock = { now: () => nowMs };
  job = await LiveJob.load(
    { store, blobs, adder: {} as Adder, clock, log, changed: () => {}, leads: () => true },
    jobId,
  );
}

async function submit(spec: ReturnType<typeof verticalSpec>): Promise<void> {
  const submitted = {
    kind: 'submitted',
    specJson: specJson(spec),
    specDigest: specDigest(spec),
    submitter: 'ana',
    organisation: 'Bank A',
    deadlineMs: nowMs + 3_600_000,
  } as const;
  const { events, state } = open(submitted, nowMs);
  jobId = state.charter.jobId;
  const key = { submitter: 'ana', idempotencyKey: '' };
  await store.createJob({ jobId, specDigest: submitted.specDigest, ...key, first: events[0]! });
  await load();
}

function sender(name: ParticipantName) {
  return { ...party(name), identityKey: signers.get(name)!.publicKey };
}

function signed(name: ParticipantName, body: PostBody): Post {
  const unsigned = { sender: name, rosterDigest: rosterDigestFor(job.state, body), body };
  return { ...unsigned, signature: signers.get(name)!.sign(postDigest(jobId, unsigned)) };
}

async function upload(step: number, from: ParticipantName, to: ParticipantName): Promise<void> {
  const bytes = parcelBytes(step, from, to);
  const { digest } = parcelPost(step, from, to);
  const header = { digest, bytes: bytes.length, offset: 0 };
  await blobs.receiveUpload({ jobId, sum: step, sender: from, to }, header, Readable.from([bytes]));
}

/** The next honest post of a participant, its bytes uploaded first. */
async function act(name: ParticipantName): Promise<Post | undefined> {
  const body = honestPost(job.state, sender(name), nothingToAdd);
  if (!body) return undefined;
  if (body.kind === 'parcel') await upload(body.step, name, body.to);
  const post = signed(name, body);
  await job.post(post, sender(name));
  return post;
}

async function play(until: (state: JobState) => boolean = () => false): Promise<void> {
  while (isUnfinished(job.state) && !until(job.state)) {
    for (const name of job.state.charter.roster) {
      if (await act(name)) break;
    }
  }
}

/** Numbers of the steps that have files. */
function stored(): number[] {
  const root = join(folder, 'blobs', jobId.slice('job-'.length));
  return existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .sort((a, b) => a - b)
    : [];
}

describe('a live vertical job', () => {
  it('goes on after a restart in the middle of a step, with what was posted and uploaded before', async () => {
    await submit(verticalSpec());
    await play(opens('labels'));
    const post = await act(bank);
    const before = job.state;
    expect(isExchanging(before) && before.openStep.parcels.size).toBe(1);
    await job.close();
    await load();
    expect(job.state).toEqual(before);
    // A sender that never got its answer says the same again, and gets the answer of the first time.
    const index = before.kind === 'binning' ? before.nextIndex - 1 : -1;
    expect(await job.post(post!, sender(bank))).toBe(index);
    expect(job.state).toEqual(before);
    await play();
    expect(job.state.kind).toBe('finished');
    expect((await store.findJob(jobId))?.state).toBe('finished');
  });

  it('comes back in every step of its course', async () => {
    await submit(verticalSpec({ training: { iterations: 1 } }));
    const seen = new Set<number>();
    while (isUnfinished(job.state)) {
      await play((state) => isExchanging(state) && !seen.has(state.openStep.step.number));
      if (!isExchanging(job.state)) continue;
      seen.add(job.state.openStep.step.number);
      const before = job.state;
      await job.close();
      await load();
      expect(job.state).toEqual(before);
    }
    expect(job.state.kind).toBe('finished');
    expect(seen.size).toBe(14);
  });

  it('takes a parcel only with all of its bytes', async () => {
    await submit(verticalSpec());
    await play(opens('keys'));
    const body = parcelPost(0, bank, platform);
    expect(await codedAsync(job.post(signed(bank, body), sender(bank)))).toBe('UPLOAD_MISSING');
    await upload(0, bank, platform);
    const shorter = signed(bank, { ...body, bytes: body.bytes - 1 });
    expect(await codedAsync(job.post(shorter, sender(bank)))).toBe('UPLOAD_MISSING');
    await job.post(signed(bank, body), sender(bank));
    const other = signed(bank, { ...body, timings: [] });
    expect(await codedAsync(job.post(other, sender(bank)))).toBe('MESSAGE_CONFLICT');
    const forged = { ...signed(platform, body), sender: bank };
    expect(await codedAsync(job.post(forged, sender(bank)))).toBe('SIGNATURE_INVALID');
  });

  it('keeps the parcels that somebody may still need, and none after it finished', async () => {
    await submit(verticalSpec({}, four));
    let steps = 0;
    while (isUnfinished(job.state)) {
      await play((state) => isExchanging(state) && state.openStep.step.number >= steps);
      if (!isExchanging(job.state)) break;
      steps = job.state.openStep.step.number + 1;
      const done = stepsDoneWith(job.state);
      const open = job.state.openStep.step.number;
      expect(stored()).toEqual(Array.from({ length: open - done }, (_, at) => done + at));
      if (steps === 9) {
        await job.close();
        await load();
      }
    }
    expect(job.state.kind).toBe('finished');
    expect(stored()).toEqual([]);
  });

  it('keeps no parcel when it failed or was cancelled', async () => {
    await submit(verticalSpec());
    await play(opens('double'));
    expect(stored()).not.toEqual([]);
    await job.cancel('ana', 'enough');
    expect(stored()).toEqual([]);
  });

  it('leaves no parcel behind when a crash came between its end and their deletion', async () => {
    await submit(verticalSpec({ type: 'binning' }));
    await play();
    await upload(3, bank, platform);
    expect(stored()).toEqual([3]);
    const book = new JobBook({ store, blobs, adder: {} as Adder, clock: { now: () => nowMs }, log });
    await book.restore();
    await book.close();
    expect(stored()).toEqual([]);
  });

  it('misses a deadline that passed while it was away only when it is told the time', async () => {
    await submit(verticalSpec());
    await play(opens('select'));
    await job.close();
    nowMs += 3_600_000;
    await load();
    expect(job.state.kind).toBe('aligning');
    await job.tick();
    expect(job.state).toMatchObject({ kind: 'aligning', openStep: { stalled: true } });
    nowMs += 3_600_000;
    await job.tick();
    expect(job.state).toMatchObject({
      kind: 'failed',
      detail: 'bank-a did not send the choice of common rows to platform-x in time',
    });
  });
});
