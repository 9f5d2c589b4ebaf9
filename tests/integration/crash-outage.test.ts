import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobId } from '../../contract/index.js';
import type { Adder } from '../../coordinator/adding/index.js';
import { folderBlobs } from '../../coordinator/blobs/index.js';
import { JobBook } from '../../coordinator/jobs/index.js';
import { openSqliteStore } from '../../coordinator/store/index.js';
import { specFor } from '../support/cast.js';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const hourMs = 3_600_000;

let folder: string;
let nowMs: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-outage-'));
  nowMs = 1_700_000_000_000;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A coordinator's jobs as a new process finds them; no sum is added here. */
async function openBook() {
  const store = openSqliteStore(join(folder, 'coordinator.sqlite'));
  const clock = { now: () => nowMs };
  const book = new JobBook({
    store,
    blobs: folderBlobs(join(folder, 'blobs')),
    adder: {} as Adder,
    clock,
    log,
  });
  await book.restore();
  return { book, close: () => book.close().then(() => store.close()) };
}

test('a deadline that passed while the coordinator was away is missed only by who stays away after its return', async () => {
  const before = await openBook();
  const spec = specFor(['bank-a', 'bank-b', 'platform-x'], { deadlines: { consentSeconds: 60 } });
  const { jobId } = await before.book.submit(spec, { name: 'ana', organisation: 'Bank A' }, '');
  await before.close();

  nowMs += hourMs;
  const after = await openBook();
  const stateOf = async (id: JobId) => (await after.book.find(id)).state;
  expect((await stateOf(jobId)).kind).toBe('awaiting-consent');

  nowMs += hourMs;
  await (await after.book.find(jobId)).tick();
  expect(await stateOf(jobId)).toMatchObject({
    kind: 'failed',
    code: 'DEADLINE_MISSED',
    parties: ['bank-a', 'bank-b', 'platform-x'],
  });
  await after.close();
});

test('a clock that is set forward while something is waited for shortens no wait', async () => {
  const { book, close } = await openBook();
  const spec = specFor(['bank-a', 'bank-b', 'platform-x'], { deadlines: { consentSeconds: 60 } });
  const { jobId } = await book.submit(spec, { name: 'ana', organisation: 'Bank A' }, '');
  const job = await book.find(jobId);
  nowMs += hourMs;
  // As after every post; a timer for a moment that has passed would be due at once.
  await job.arrange();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await job.catchUp();
  expect(job.state.kind).toBe('awaiting-consent');
  await close();
});
