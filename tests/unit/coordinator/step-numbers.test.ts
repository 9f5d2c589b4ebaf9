import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { limits } from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import { folderBlobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import { Transfer } from '../../../coordinator/rpc/transfer.js';
import { memoryStore, StoreDisk } from '../../simulation/memory-store.js';
import { codedAsync } from '../../support/coded.js';
import { party } from './support/honest.js';
import { TableJob } from './support/table-job.js';
import { bank, opens, parcelPost, platform, verticalSpec } from './support/vertical.js';

// Found by a bench: a hundred trees of depth 4, the default, have 1,600 steps, and the thousandth parcel was refused.
test('parcels of the last step that a job can have are no malformed question', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-steps-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const table = TableJob.of(verticalSpec()).run(opens('keys'));
  const { jobId, specDigest } = table.state.charter;
  const [first, ...events] = table.events;
  const store = memoryStore(new StoreDisk());
  await store.createJob({ jobId, specDigest, submitter: 'ana', idempotencyKey: '', first: first! });
  await store.append(jobId, events, table.state.kind);
  const blobs = folderBlobs(join(folder, 'blobs'));
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const book = new JobBook({ store, blobs, adder: {} as Adder, clock: { now: () => table.nowMs }, log });
  onTestFinished(() => book.close());
  await book.restore();
  const transfer = new Transfer(book, blobs, 60_000);
  const { digest } = parcelPost(0, bank, platform);
  const asked = (step: number) => ({ jobId, sum: step, to: platform, digest });
  const nothing = { receivedBytes: 0, complete: false };
  expect(await transfer.uploadStatus(party(bank), asked(limits.stepsPerJob - 1))).toEqual(nothing);
  const beyond = transfer.uploadStatus(party(bank), asked(limits.stepsPerJob));
  expect(await codedAsync(beyond)).toBe('MESSAGE_MALFORMED');
});
