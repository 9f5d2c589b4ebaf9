import { expect, onTestFinished, test } from 'vitest';
import {
  CodedError,
  type HexDigest,
  type JobId,
  type ParticipantName,
  postDigest,
} from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import type { Blobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import type { LiveJob } from '../../../coordinator/jobs/live-job.js';
import { workOf } from '../../../coordinator/rounds/index.js';
import type { Store } from '../../../coordinator/store/index.js';
import { generateIdentity, signerOf } from '../../../crypto/identity/index.js';
import { Exchange, memoryReplicas } from '../../simulation/memory-replicas.js';
import { memoryStore, StoreDisk } from '../../simulation/memory-store.js';
import { settled, VirtualTime } from '../../simulation/virtual-time.js';
import { specFor } from '../../support/cast.js';
import { honestPost, party, roster, rosterDigestFor, spec } from './support/honest.js';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const ana = { name: 'ana', organisation: 'Bank A' };
const signers = new Map(roster.map((name) => [name, signerOf(generateIdentity().privateKey)]));
const uploaded = { digest: 'ab'.repeat(32) as HexDigest, bytes: 32, valueCount: 100 };
const blobs = {
  uploadStatus: async () => ({ receivedBytes: uploaded.bytes, complete: true }),
  uploadPath: async () => 'upload',
  sumPath: async () => 'sum',
  keepSum: async () => {},
  removeUploads: async () => {},
  removeSum: async () => {},
  removeJob: async () => {},
  jobs: async () => [],
} as never as Blobs;
const leaseMs = 15_000;

/** Replicas on one store, on virtual time. */
function stage() {
  const time = new VirtualTime();
  onTestFinished(time.install());
  const disk = new StoreDisk();
  const exchange = new Exchange(time);
  const open = async (
    self: string,
    {
      store: change = {},
      ...parts
    }: { store?: Partial<Store>; blobs?: Blobs; add?: () => Promise<void>; unshared?: true },
  ) => {
    const shared = memoryReplicas(
      exchange,
      self,
      async (work) => work(),
      () => true,
    );
    const replicas = parts.unshared ? {} : { replicas: shared };
    const adder = {
      uploadBytes: () => uploaded.bytes,
      prescribedSet: () => undefined,
      checkForm: async () => {},
      add: async () => {
        await parts.add?.();
        return { digest: uploaded.digest, bytes: uploaded.bytes };
      },
    } as never as Adder;
    const store = { ...memoryStore(disk), ...change, ...replicas };
    const clock = { now: () => 1_700_000_000_000 + time.now };
    const book = new JobBook({ store, blobs: parts.blobs ?? blobs, adder, clock, log });
    onTestFinished(() => book.close());
    return book;
  };
  const pass = async (ms: number) => {
    const until = time.now + ms;
    time.after(ms, () => {});
    while (await time.advance(until)) {}
  };
  const leader = (jobId: JobId) => {
    const lease = exchange.leases.get(jobId);
    return lease && lease.untilMs > time.now ? lease.replica : undefined;
  };
  return { time, disk, open, pass, leader };
}

/** Lets everybody act until there is a sum to add. */
async function untilAdding(book: JobBook, jobId: JobId): Promise<void> {
  const job = await book.find(jobId);
  const sender = (name: ParticipantName) => ({ ...party(name), identityKey: signers.get(name)!.publicKey });
  for (;;) {
    const { state } = job;
    if (workOf(state)) return settled();
    const name = roster.find((each) => honestPost(state, sender(each), uploaded))!;
    const body = honestPost(state, sender(name), uploaded)!;
    const unsigned = { sender: name, rosterDigest: rosterDigestFor(state, body), body };
    await job.post(
      { ...unsigned, signature: signers.get(name)!.sign(postDigest(jobId, unsigned)) },
      sender(name),
    );
  }
}

const noRoom = new CodedError('STORAGE_FULL', 'nothing can be stored: the disk is full (ENOSPC)');

/** Fails at some tries, counted from 1, and notes when it was tried; a full disk unless something else is named. */
function failing(time: VirtualTime, fails: (attempt: number) => boolean, error: Error = noRoom) {
  const tries: number[] = [];
  const add = async () => {
    tries.push(time.now);
    if (fails(tries.length)) throw error;
  };
  return { tries, add };
}

/** What adding throws when the machine, not an upload, is at fault and no code says so. */
const breakdowns: readonly [string, Error][] = [
  ['out of memory', Object.assign(new Error('heap out of memory'), { code: 'ERR_WORKER_OUT_OF_MEMORY' })],
  ['gone', new Error('worker exited with code: 1')],
  ['without a file', new CodedError('INTERNAL', 'unexpected: ENOENT: no such file or directory')],
];

const isAdded = async (book: JobBook, jobId: JobId) =>
  (await book.find(jobId)).state.kind === 'preparing' && !workOf((await book.find(jobId)).state);

test('a replica that cannot add a sum leaves the job to one that can', async () => {
  const { time, open, pass, leader } = stage();
  const full = failing(time, () => true);
  const first = await open('first', { add: full.add });
  await first.restore();
  const { jobId } = await first.submit(spec(), ana, '');
  await untilAdding(first, jobId);
  const second = await open('second', {});
  await second.restore();
  await pass(2 * leaseMs);
  expect(full.tries).toHaveLength(3);
  expect(leader(jobId)).toBe('second');
  expect(await isAdded(second, jobId)).toBe(true);
  await pass(10 * leaseMs);
  expect(leader(jobId)).toBe('second');
});

test('a replica that is alone tries a sum again that it had given up, two lease times later', async () => {
  const { time, open, pass, leader } = stage();
  const full = failing(time, (attempt) => attempt <= 3);
  const book = await open('lone', { add: full.add });
  await book.restore();
  const { jobId } = await book.submit(spec(), ana, '');
  await untilAdding(book, jobId);
  while (full.tries.length < 3) await pass(1_000);
  const givenUpMs = full.tries[2]!;
  expect(leader(jobId)).toBeUndefined();
  await pass(4 * leaseMs);
  expect(full.tries).toHaveLength(4);
  expect(full.tries[3]! - givenUpMs).toBeGreaterThanOrEqual(2 * leaseMs);
  expect(leader(jobId)).toBe('lone');
  expect(await isAdded(book, jobId)).toBe(true);
});

test('a replica that fails to add for a moment, again and again, keeps its turn, however often it is looked at', async () => {
  const { time, open, pass, leader } = stage();
  const full = failing(time, (attempt) => attempt % 3 !== 0);
  const first = await open('first', { add: full.add });
  await first.restore();
  const { jobId } = await first.submit(spec(), ana, '');
  await untilAdding(first, jobId);
  const second = await open('second', {});
  await second.restore();
  const job = await first.find(jobId);
  for (let look = 0; look < 10; look++) await job.arrange();
  expect(full.tries).toHaveLength(1);
  await pass(2 * leaseMs);
  expect(full.tries).toHaveLength(3);
  expect(await isAdded(first, jobId)).toBe(true);
  await untilAdding(first, jobId);
  await pass(2 * leaseMs);
  expect(full.tries).toHaveLength(6);
  expect(leader(jobId)).toBe('first');
  expect(job.state).toMatchObject({ past: [{}], current: { phase: 'applying' } });
});

test.each(breakdowns)(
  'a replica whose adding thread is %s leaves the sum to another replica, and the job goes on',
  async (_, error) => {
    const { time, open, pass, leader } = stage();
    const broken = failing(time, () => true, error);
    const first = await open('first', { add: broken.add });
    await first.restore();
    const { jobId } = await first.submit(spec(), ana, '');
    await untilAdding(first, jobId);
    const second = await open('second', {});
    await second.restore();
    await pass(2 * leaseMs);
    expect(broken.tries).toHaveLength(3);
    expect(leader(jobId)).toBe('second');
    expect(await isAdded(second, jobId)).toBe(true);
  },
);

test('a sum over which the threads of every replica break down ends the job, after each had a turn', async () => {
  const { time, open, pass } = stage();
  const [, error] = breakdowns[0]!;
  const broken = [failing(time, () => true, error), failing(time, () => true, error)] as const;
  const first = await open('first', { add: broken[0].add });
  await first.restore();
  const { jobId } = await first.submit(spec(), ana, '');
  await untilAdding(first, jobId);
  const second = await open('second', { add: broken[1].add });
  await second.restore();
  await pass(20 * leaseMs);
  expect((await first.find(jobId)).state).toMatchObject({ kind: 'failed', code: 'INTERNAL' });
  expect(broken.map(({ tries }) => tries.length).sort()).toEqual([3, 6]);
});

test('a replica that is alone tries again what its thread broke down over, and adds it', async () => {
  const { time, open, pass } = stage();
  const broken = failing(time, (attempt) => attempt <= 4, breakdowns[1]![1]);
  const book = await open('lone', { add: broken.add });
  await book.restore();
  const { jobId } = await book.submit(spec(), ana, '');
  await untilAdding(book, jobId);
  await pass(10 * leaseMs);
  expect(broken.tries).toHaveLength(5);
  expect(await isAdded(book, jobId)).toBe(true);
});

test('a coordinator without replicas tries three times before breakdowns end a job', async () => {
  const { time, open, pass } = stage();
  const broken = failing(time, (attempt) => attempt !== 3, breakdowns[0]![1]);
  const book = await open('only', { add: broken.add, unshared: true });
  await book.restore();
  const { jobId } = await book.submit(spec(), ana, '');
  await untilAdding(book, jobId);
  await pass(leaseMs);
  expect(await isAdded(book, jobId)).toBe(true);
  await untilAdding(book, jobId);
  await pass(2 * leaseMs);
  expect(broken.tries).toHaveLength(6);
  expect((await book.find(jobId)).state).toMatchObject({ kind: 'failed', code: 'INTERNAL' });
});

const short = { participants: roster, deadlines: { consentSeconds: 40 } };
const submit = async (book: JobBook, name: string) =>
  (await book.submit(specFor(roster, { ...short, name }), ana, '')).jobId;

/** Calls that do not return until the test is over, of one job. */
function hanging(disk: StoreDisk) {
  let stuck: JobId | undefined;
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const reached = async (jobId: JobId) => {
    if (jobId === stuck) await over;
  };
  const { append, readEvents } = memoryStore(disk);
  const store: Partial<Store> = {
    append: async (...call) => {
      await reached(call[0]);
      return append(...call);
    },
    readEvents: async (...call) => {
      await reached(call[0]);
      return readEvents(...call);
    },
  };
  const hang = (jobId: JobId) => {
    stuck = jobId;
    onTestFinished(end);
  };
  return { store, hang };
}

test.each<[string, (job: LiveJob) => Promise<void>]>([
  ['a slow append', (job) => job.cancel('ana', 'enough')],
  ['a slow read', (job) => job.catchUp()],
])('%s of one job costs a replica no lease and holds up no other job', async (_, act) => {
  const { disk, open, pass, leader } = stage();
  const { store, hang } = hanging(disk);
  const first = await open('first', { store });
  const second = await open('second', {});
  for (const book of [first, second]) await book.restore();
  const [slow, told, due] = [
    await submit(first, 'slow'),
    await submit(first, 'told'),
    await submit(first, 'due'),
  ];
  await pass(leaseMs);
  hang(slow);
  void act(await first.find(slow));
  await (await second.find(told)).cancel('ana', 'enough');
  await pass(leaseMs);
  // Nobody notified it: it looked.
  expect(first.live().map(({ jobId }) => jobId)).not.toContain(told);
  expect([leader(slow), leader(due)]).toEqual(['first', 'first']);
  await pass(leaseMs);
  expect((await first.find(due)).state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED' });
  expect(disk.jobs.get(due)?.row.state).toBe('failed');
  expect(leader(slow)).toBe('first');
});

test('a job that a replica gets while it is slow costs it no lease', async () => {
  const { disk, open, pass, leader } = stage();
  const { store, hang } = hanging(disk);
  const first = await open('first', {});
  await first.restore();
  const [slow, other] = [await submit(first, 'slow'), await submit(first, 'other')];
  const second = await open('second', { store });
  await second.restore();
  hang(slow);
  void (await second.find(slow)).catchUp();
  await first.close();
  await pass(2 * leaseMs);
  expect([leader(slow), leader(other)]).toEqual(['second', 'second']);
});

test('files that take long to delete at the start cost a replica no lease', async () => {
  const { open, pass, leader } = stage();
  const first = await open('first', {});
  await first.restore();
  const jobId = await submit(first, 'credit');
  await first.close();
  let end = () => {};
  const slow = new Promise<JobId[]>((resolve) => {
    end = () => resolve([]);
  });
  const second = await open('second', { blobs: { ...blobs, jobs: () => slow } });
  onTestFinished(end);
  void second.restore();
  await pass(2 * leaseMs);
  expect(leader(jobId)).toBe('second');
});
