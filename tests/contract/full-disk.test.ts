import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type HexDigest,
  type JobEvent,
  type JobId,
  type ParticipantName,
  Secret,
  toCodedError,
} from '../../contract/index.js';
import { pooledAdder } from '../../coordinator/adding/index.js';
import { folderBlobs } from '../../coordinator/blobs/index.js';
import { openSqliteStore } from '../../coordinator/store/index.js';
import { Journal } from '../../participant/journal/index.js';
import { jobFolder } from '../../participant/rounds/duty-parts.js';
import { codedAsync } from '../support/coded.js';
import { smallDisk, withConnection } from '../support/full-disk.js';
import { roster } from '../unit/coordinator/support/honest.js';
import { zeroUpload } from '../unit/coordinator/support/served.js';
import { digestOf } from './blob-suite.js';

const jobId = `job-${'1'.repeat(32)}` as JobId;
const event = (index: number, detail: string): JobEvent => ({
  index,
  atMs: index,
  body: { kind: 'failed', code: 'DEADLINE_MISSED', detail, parties: [] },
});
/** The code under which the door answers what was thrown. */
const refusalOf = (work: Promise<unknown>) => work.then(String, (thrown) => toCodedError(thrown).code);
const large = randomBytes(8_000).toString('hex');

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fedrisk-full-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function storeIn(path: string) {
  const { opened: store, ...disk } = withConnection(() => openSqliteStore(join(path, 'coordinator.sqlite')));
  onTestFinished(() => store.close());
  const job = { jobId, specDigest: '0'.repeat(64) as HexDigest, submitter: 'ana', idempotencyKey: '' };
  await store.createJob({ ...job, first: event(0, '') });
  return { store, ...disk };
}

describe('a store whose disk is full', () => {
  test('refuses with STORAGE_FULL, keeps nothing of the change, and goes on once there is room', async () => {
    const { store, fill, empty } = await storeIn(folder());
    fill();
    // Several in a row: none leaves a transaction behind that the next would stand in.
    for (let time = 0; time < 3; time++) {
      const events = [event(1, 'short'), event(2, large)];
      expect(await codedAsync(store.append(jobId, events, 'keying'))).toBe('STORAGE_FULL');
      expect(await store.readEvents(jobId, 0, 10)).toHaveLength(1);
      expect(await store.findJob(jobId)).toMatchObject({ nextIndex: 1, state: 'awaiting-consent' });
    }
    empty();
    expect(await store.append(jobId, [event(1, large)], 'keying')).toBe(true);
    expect(await store.readEvents(jobId, 1, 10)).toEqual([event(1, large)]);
  });

  test('says so on a file system without room too', async (context) => {
    const disk = smallDisk(2 * 1024 * 1024);
    if (disk === undefined) return context.skip('mounting a small disk needs root');
    const { store } = await storeIn(disk.path);
    disk.leave(0);
    expect(await codedAsync(store.append(jobId, [event(1, large)], 'keying'))).toBe('STORAGE_FULL');
    expect(await store.readEvents(jobId, 0, 10)).toHaveLength(1);
    disk.empty();
    expect(await store.append(jobId, [event(1, large)], 'keying')).toBe(true);
  });
});

describe('a journal whose disk is full', () => {
  const key = new Secret(new Uint8Array(32).fill(7));
  const step = {
    step: 1,
    parcels: [{ to: large as ParticipantName, digest: '0'.repeat(64) as HexDigest, bytes: 1 }],
    timings: [],
  };

  test('throws what SQLite refused with, keeps nothing, and goes on once there is room', () => {
    const path = join(folder(), 'journal.sqlite');
    const { opened: journal, fill, empty } = withConnection(() => new Journal(path, key));
    onTestFinished(() => journal.close());
    fill();
    const full = expect.objectContaining({ code: 'SQLITE_FULL' });
    const secrets = new Map([['row', new Secret(Buffer.from(large))]]);
    for (let time = 0; time < 3; time++) {
      expect(() => journal.keepEvent(jobId, event(0, large))).toThrow(full);
      expect(() => journal.keepStep(jobId, step, secrets)).toThrow(full);
      expect(() => journal.keepSecret(jobId, 'other', new Secret(Buffer.from(large)))).toThrow(full);
    }
    expect(journal.events(jobId)).toEqual([]);
    expect(journal.stepNote(jobId, 1)).toBeUndefined();
    expect(journal.stepSecrets(jobId).size).toBe(0);
    empty();
    journal.keepEvent(jobId, event(0, large));
    expect(journal.events(jobId)).toEqual([event(0, large)]);
    expect(journal.keepStep(jobId, step, secrets)).toEqual(step);
  });
});

describe('ciphertexts on a full disk', () => {
  test('an upload is refused, keeps what was written, and goes on there', async (context) => {
    const disk = smallDisk(4 * 1024 * 1024);
    if (disk === undefined) return context.skip('mounting a small disk needs root');
    const blobs = folderBlobs(join(disk.path, 'blobs'));
    const bytes = randomBytes(1024 * 1024);
    const digest = digestOf(bytes);
    const place = { jobId, sum: 0, sender: 'bank-a' as ParticipantName };
    const send = (offset: number) => {
      const chunks = Array.from({ length: 16 }, (_, k) => bytes.subarray(k << 16, (k + 1) << 16));
      const rest = Buffer.concat(chunks).subarray(offset);
      return blobs.receiveUpload(place, { digest, bytes: bytes.length, offset }, Readable.from([rest]));
    };
    disk.leave(300 * 1024);
    expect(await refusalOf(send(0))).toBe('STORAGE_FULL');
    const { receivedBytes, complete } = await blobs.uploadStatus(place, digest);
    expect(complete).toBe(false);
    expect(receivedBytes).toBeGreaterThan(100 * 1024);
    disk.empty();
    expect(await send(receivedBytes)).toEqual({ receivedBytes: bytes.length, complete: true });
  });

  test('adding is refused, leaves nothing behind, and gives the same sum once there is room', async (context) => {
    const disk = smallDisk(8 * 1024 * 1024);
    if (disk === undefined) return context.skip('mounting a small disk needs root');
    const adder = pooledAdder(1);
    onTestFinished(() => adder.close());
    const here = folder();
    const uploads = roster.map((sender) => {
      writeFileSync(join(here, sender), zeroUpload(3));
      return { sender, path: join(here, sender), digest: '0'.repeat(64) as HexDigest };
    });
    const shape = { parameterSet: 'narrow', valueCount: 100, contributors: 3 } as const;
    const expected = await adder.add({ ...shape, uploads, output: join(here, 'added') });
    const task = { ...shape, uploads, output: join(disk.path, 'added') };
    disk.leave(0);
    expect(await codedAsync(adder.add(task))).toBe('STORAGE_FULL');
    expect(readdirSync(disk.path)).toEqual(['filler']);
    disk.empty();
    expect(await adder.add(task)).toEqual(expected);
  });
});

describe('a disk that turned read-only', () => {
  test('takes no upload, no sum and no job, and does once it can be written again', async (context) => {
    const disk = smallDisk(4 * 1024 * 1024);
    if (disk === undefined) return context.skip('mounting a small disk needs root');
    const blobs = folderBlobs(join(disk.path, 'blobs'));
    expect(await blobs.jobs()).toEqual([]);
    const bytes = randomBytes(1024);
    const header = { digest: digestOf(bytes), bytes: bytes.length, offset: 0 };
    const place = { jobId, sum: 0, sender: 'bank-a' as ParticipantName };
    const send = () => blobs.receiveUpload(place, header, Readable.from([bytes]));
    disk.protect();
    expect(toCodedError(await send().catch((thrown) => thrown))).toMatchObject({
      code: 'STORAGE_FULL',
      message: 'nothing can be stored: the disk is read-only (EROFS)',
    });
    expect(await refusalOf(blobs.sumPath(jobId, 0))).toBe('STORAGE_FULL');
    expect(await refusalOf(Promise.resolve().then(() => jobFolder(disk.path, jobId)))).toBe('STORAGE_FULL');
    disk.unprotect();
    expect(await send()).toMatchObject({ complete: true });
    expect(existsSync(jobFolder(disk.path, jobId))).toBe(true);
  });
});

test.each([
  ['EDQUOT', 'the disk is full'],
  ['SQLITE_READONLY_DBMOVED', 'the disk is read-only'],
  ['EIO', 'the disk fails'],
  ['SQLITE_IOERR_WRITE', 'the disk fails'],
  ['SQLITE_BUSY', 'another process holds the database'],
  ['SQLITE_CANTOPEN', 'a file of the database cannot be opened'],
])('%s says that %s', (code, why) => {
  expect(toCodedError(Object.assign(new Error('/home/x'), { code }))).toMatchObject({
    code: 'STORAGE_FULL',
    message: `nothing can be stored: ${why} (${code})`,
  });
});
