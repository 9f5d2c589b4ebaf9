import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import type { Adder } from '../../../coordinator/adding/index.js';
import { type Blobs, folderBlobs } from '../../../coordinator/blobs/index.js';
import { JobBook } from '../../../coordinator/jobs/index.js';
import { Transfer } from '../../../coordinator/rpc/transfer.js';
import { memoryStore, StoreDisk } from '../../simulation/memory-store.js';
import { codedAsync } from '../../support/coded.js';
import { party } from './support/honest.js';
import { reaches, TableJob } from './support/table-job.js';
import { bank, opens, parcelBytes, parcelPost, platform, verticalSpec } from './support/vertical.js';

const log = { info: () => {}, warn: () => {}, error: () => {} };

/** A coordinator that has taken the job as far as the table did; `ends` lets it end between judging an upload and its bytes. */
async function coordinatorOf(table: TableJob, ends: (book: JobBook) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-late-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { jobId, specDigest } = table.state.charter;
  const [first, ...events] = table.events;
  const store = memoryStore(new StoreDisk());
  await store.createJob({ jobId, specDigest, submitter: 'ana', idempotencyKey: '', first: first! });
  await store.append(jobId, events, table.state.kind);
  const kept = folderBlobs(join(folder, 'blobs'));
  const blobs: Blobs = {
    ...kept,
    receiveUpload: async (...upload) => {
      await ends(book);
      return kept.receiveUpload(...upload);
    },
  };
  const book = new JobBook({ store, blobs, adder: {} as Adder, clock: { now: () => table.nowMs }, log });
  onTestFinished(() => book.close());
  await book.restore();
  const transfer = new Transfer(book, blobs, 60_000);
  const upload = (sender: ParticipantName, header: object, bytes: Uint8Array) =>
    transfer.upload(
      party(sender),
      (async function* () {
        yield { header: { jobId, offset: 0, bytes: bytes.length, ...header } };
        yield { chunk: bytes };
      })() as never,
    );
  return { upload, holds: () => existsSync(join(folder, 'blobs', jobId.slice('job-'.length))) };
}

const bytes = parcelBytes(0, bank, platform);
const { digest } = parcelPost(0, bank, platform);

// CI found it: whoever ends a job removes its bytes, and those of an upload that was let in before came behind that.
test.each([
  ['parcel', () => TableJob.of(verticalSpec()).run(opens('keys')), { sum: 0, to: platform, digest }],
  ['contribution', () => new TableJob().run(reaches('magnitudes', 'collecting')), { sum: 0, to: '', digest }],
])('a %s on its way when its job ends is refused and leaves no bytes', async (_, make, header) => {
  const table = make();
  const { jobId } = table.state.charter;
  const cancelled = await coordinatorOf(table, async (book) => (await book.find(jobId)).cancel('ana', 'no'));
  expect(await codedAsync(cancelled.upload(bank, header, bytes))).toBe('JOB_ENDED');
  expect(cancelled.holds()).toBe(false);
  const open = await coordinatorOf(make(), async () => {});
  expect(await open.upload(bank, header, bytes)).toMatchObject({ complete: true });
  expect(open.holds()).toBe(true);
});
