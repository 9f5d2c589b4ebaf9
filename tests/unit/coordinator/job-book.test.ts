import { expect, onTestFinished, test } from 'vitest';
import type { JobId } from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import type { Blobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import type { JobState } from '../../../coordinator/rounds/index.js';
import type { Store } from '../../../coordinator/store/index.js';
import { memoryStore, StoreDisk } from '../../simulation/memory-store.js';
import { specFor } from '../../support/cast.js';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const ana = { name: 'ana', organisation: 'Bank A' };
const spec = specFor(['bank-a', 'bank-b', 'platform-x']);

async function openBook(store: Store): Promise<JobBook> {
  const blobs = { jobs: async () => [], removeJob: async () => {} } as never as Blobs;
  const book = new JobBook({
    ...{ store, blobs, log },
    adder: {} as Adder,
    clock: { now: () => 1_700_000_000_000 },
  });
  onTestFinished(() => book.close());
  await book.restore();
  return book;
}

/** What the sessions at a replica are told when somebody asks it for a job that it has not heard of. */
async function toldOf(act: (book: JobBook, jobId: JobId) => Promise<unknown>): Promise<JobState[]> {
  const disk = new StoreDisk();
  const [one, two] = [await openBook(memoryStore(disk)), await openBook(memoryStore(disk))];
  const { jobId } = await one.submit(spec, ana, '');
  const told: JobState[] = [];
  two.subscribe((state) => told.push(state));
  await act(two, jobId);
  return told;
}

test.each<[string, (book: JobBook, jobId: JobId) => Promise<unknown>]>([
  ['asked for', (book, jobId) => book.find(jobId)],
  ['listed', (book) => book.list(undefined, 10)],
  ['asked for twice at once', (book, jobId) => Promise.all([book.find(jobId), book.find(jobId)])],
])(
  'a job that another replica took and that is %s here is told to the sessions here, once',
  async (_, act) => {
    // Whoever hears of it later finds it at hand and up to date, and would tell nobody.
    expect(await toldOf(act)).toMatchObject([{ kind: 'awaiting-consent' }]);
  },
);

test('a job that ended is told to no session when somebody looks at it', async () => {
  const disk = new StoreDisk();
  const one = await openBook(memoryStore(disk));
  const { jobId } = await one.submit(spec, ana, '');
  await (await one.find(jobId)).cancel('ana', 'enough');
  const two = await openBook(memoryStore(disk));
  let told = 0;
  two.subscribe(() => {
    told += 1;
  });
  expect((await two.find(jobId)).state.kind).toBe('cancelled');
  expect(told).toBe(0);
});
