import { expect, onTestFinished, test } from 'vitest';
import { toCodedError } from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import type { Blobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import { memoryStore, StoreDisk } from '../../simulation/memory-store.js';
import { VirtualTime } from '../../simulation/virtual-time.js';
import { specFor } from '../../support/cast.js';
import { codedAsync } from '../../support/coded.js';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const ana = { name: 'ana', organisation: 'Bank A' };

async function openBook() {
  const time = new VirtualTime();
  onTestFinished(time.install());
  let full = false;
  const disk = new StoreDisk();
  const store = memoryStore(disk, (apply) => {
    if (full) throw toCodedError(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }));
    return apply();
  });
  const book = new JobBook({
    store,
    blobs: { jobs: async () => [], removeJob: async () => {} } as never as Blobs,
    adder: {} as Adder,
    clock: { now: () => 1_700_000_000_000 + time.now },
    log,
  });
  onTestFinished(() => book.close());
  await book.restore();
  const spec = specFor(['bank-a', 'bank-b', 'platform-x'], { deadlines: { consentSeconds: 60 } });
  const { jobId } = await book.submit(spec, ana, '');
  const fill = (is: boolean) => {
    full = is;
  };
  return { time, book, disk, jobId, fill };
}

test('what cannot be stored changes nothing, and counts when it is said again', async () => {
  const { book, disk, jobId, fill } = await openBook();
  const job = await book.find(jobId);
  const before = job.state;
  fill(true);
  expect(await codedAsync(job.cancel('ana', 'changed my mind'))).toBe('STORAGE_FULL');
  expect(job.state).toBe(before);
  expect(job.nextIndex).toBe(disk.jobs.get(jobId)?.events.length);
  fill(false);
  await job.cancel('ana', 'changed my mind');
  expect(job.state.kind).toBe('cancelled');
});

test('a deadline that passes while the disk is full is acted upon once there is room, though nobody says anything', async () => {
  const { time, book, jobId, fill } = await openBook();
  fill(true);
  while (await time.advance(100_000)) {}
  expect((await book.find(jobId)).state.kind).toBe('awaiting-consent');
  fill(false);
  while (await time.advance(110_000)) {}
  expect((await book.find(jobId)).state).toMatchObject({ kind: 'failed', code: 'DEADLINE_MISSED' });
});
