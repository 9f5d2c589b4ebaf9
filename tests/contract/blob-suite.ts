import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HexDigest, JobId, ParticipantName } from '../../contract/index.js';
import {
  type Blobs,
  folderBlobs,
  type SharedBlobs,
  type UploadPlace,
} from '../../coordinator/blobs/index.js';
import { codedAsync } from '../support/coded.js';

const jobs = [1, 2].map((n) => `job-${String(n).repeat(32)}` as JobId) as [JobId, JobId];
const [job] = jobs;
const name = (text: string) => text as ParticipantName;
const place: UploadPlace = { jobId: job, sum: 3, sender: name('bank-a') };
const parcel: UploadPlace = { ...place, to: name('platform-b') };
export const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as HexDigest;
/** More than one row of a database and more than one object of S3. */
const large = randomBytes(18 * 1024 * 1024 + 5);
const small = randomBytes(1000);

export interface SharedSetUp {
  /** Another connection to the same store. */
  open(): Promise<SharedBlobs>;
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What every place for ciphertexts keeps; replicas have folders of their own. Without a shared store there is one. */
export function blobSuite(kind: string, setUp?: () => Promise<SharedSetUp>): void {
  describe(`${kind} blobs`, () => {
    let root: string;
    let opened: SharedBlobs[];
    let here: Blobs;
    let there: Blobs;

    beforeEach(async () => {
      root = mkdtempSync(join(tmpdir(), 'fedrisk-blobs-'));
      const made = await setUp?.();
      opened = made ? [await made.open(), await made.open()] : [];
      here = folderBlobs(join(root, 'here'), opened[0]);
      there = made ? folderBlobs(join(root, 'there'), opened[1]) : here;
    });
    afterEach(async () => {
      for (const shared of opened) await shared.close();
      rmSync(root, { recursive: true, force: true });
    });

    const send = (blobs: Blobs, at: UploadPlace, bytes: Uint8Array, offset = 0, most = bytes.length) =>
      blobs.receiveUpload(
        at,
        { digest: digestOf(bytes), bytes: bytes.length, offset },
        Readable.from([Buffer.from(bytes.subarray(offset, most))]),
      );
    const filesBelow = (folder: string) =>
      existsSync(join(root, folder))
        ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((each) =>
            each.isFile(),
          ).length
        : 0;

    it.each([
      ['small', small],
      ['large', large],
    ])('gives a %s upload back everywhere, from any offset', async (_, bytes) => {
      expect(await here.uploadStatus(place, digestOf(bytes))).toEqual({ receivedBytes: 0, complete: false });
      expect(await send(here, place, bytes)).toEqual({ receivedBytes: bytes.length, complete: true });
      for (const blobs of [here, there]) {
        expect(await blobs.uploadStatus(place, digestOf(bytes))).toEqual({
          receivedBytes: bytes.length,
          complete: true,
        });
        const tail = bytes.subarray(bytes.length - 77);
        const read = await all(blobs.readUpload(place, digestOf(bytes), bytes.length - 77));
        expect(read.equals(tail)).toBe(true);
        expect(readFileSync(await blobs.uploadPath(place, digestOf(bytes))).equals(bytes)).toBe(true);
      }
    });

    it('resumes a broken upload where it was begun and takes no other bytes in its place', async () => {
      expect(await send(here, parcel, large, 0, 70_000)).toEqual({ receivedBytes: 70_000, complete: false });
      expect(await codedAsync(send(here, parcel, large, 5))).toBe('UPLOAD_OFFSET');
      expect(await send(here, parcel, large, 70_000)).toMatchObject({ complete: true });
      for (const blobs of [here, there]) {
        expect(await codedAsync(send(blobs, parcel, small))).toBe('MESSAGE_CONFLICT');
        expect(await send(blobs, parcel, large)).toMatchObject({ complete: true });
      }
      expect(await send(there, { ...parcel, to: name('bank-c') }, small)).toMatchObject({ complete: true });
    });

    it('gives sums back everywhere', async () => {
      const file = await here.sumPath(job, 4);
      writeFileSync(file, large);
      await here.keepSum(job, 4);
      for (const blobs of [here, there]) {
        const read = await all(blobs.readSum(job, 4, 1_000_000, digestOf(large)));
        expect(read.equals(large.subarray(1_000_000))).toBe(true);
      }
    });

    it('takes the same upload twice at once', async () => {
      const both = await Promise.allSettled([send(here, place, large), send(there, place, large)]);
      // In one folder the newer takes over.
      const refused = both.flatMap((sent) => (sent.status === 'rejected' ? [sent.reason.code] : []));
      expect(refused).toEqual(setUp === undefined ? ['UPLOAD_OFFSET'] : []);
      const read = await all(there.readUpload(place, digestOf(large), 0));
      expect(read.equals(large)).toBe(true);
    });

    it('removes the uploads of a sum that is added up, and keeps the sum', async () => {
      await send(here, place, small);
      await send(here, { ...place, sum: 33 }, small);
      const file = await here.sumPath(job, 3);
      writeFileSync(file, large);
      await here.keepSum(job, 3);
      await here.removeUploads(job, 3);
      await there.removeUploads(job, 3);
      for (const blobs of [here, there]) {
        expect((await all(blobs.readSum(job, 3, 0, digestOf(large)))).equals(large)).toBe(true);
        expect(await blobs.uploadStatus(place, digestOf(small))).toMatchObject({ complete: false });
        expect(await blobs.uploadStatus({ ...place, sum: 33 }, digestOf(small))).toMatchObject({
          complete: true,
        });
      }
      await here.removeUploads(job, 99);
    });

    it('says of an upload whose sum was added up meanwhile that the round is closed', async () => {
      const late = (async function* () {
        yield small.subarray(0, 1);
        await here.removeUploads(job, 3);
        yield small.subarray(1);
      })();
      const header = { digest: digestOf(small), bytes: small.length, offset: 0 };
      expect(await codedAsync(here.receiveUpload(place, header, late))).toBe('ROUND_CLOSED');
    });

    it('lists jobs and removes sums, whole jobs and nothing else', async () => {
      await send(here, place, small);
      await send(here, { ...place, sum: 33 }, small);
      await send(there, { ...parcel, jobId: jobs[1] }, small);
      expect((await here.jobs()).sort()).toEqual([...jobs]);
      await here.removeSum(job, 3);
      await here.removeSum(job, 3);
      const gone = await all(here.readUpload(place, digestOf(small), 0)).catch((error) => error.code);
      expect(gone).toBe('ROUND_UNKNOWN');
      expect(await here.uploadStatus(place, digestOf(small))).toEqual({ receivedBytes: 0, complete: false });
      expect(existsSync(await here.uploadPath(place, digestOf(small)))).toBe(false);
      expect(await here.uploadStatus({ ...place, sum: 33 }, digestOf(small))).toMatchObject({
        complete: true,
      });
      await here.removeJob(job);
      expect((await here.jobs()).filter((each) => each === job)).toEqual([]);
      expect(await there.jobs()).toEqual([jobs[1]]);
      await there.removeJob(jobs[1]);
      expect(await there.jobs()).toEqual([]);
      expect(filesBelow('here')).toBe(0);
    });

    if (setUp === undefined) return;

    it('begins an unfinished upload anew at another replica', async () => {
      await send(here, place, large, 0, 70_000);
      expect(await there.uploadStatus(place, digestOf(large))).toEqual({ receivedBytes: 0, complete: false });
      expect(await send(there, place, large)).toMatchObject({ complete: true });
      // The first one need not hear the rest.
      expect(await send(here, place, large, 70_000, 70_000)).toMatchObject({ complete: true });
    });

    it('counts an upload only once it is shared, and shares what a failure left here', async () => {
      const [shared] = opened as [SharedBlobs];
      const failing = folderBlobs(join(root, 'here'), {
        ...wrapped(shared),
        put: () => Promise.reject(Object.assign(new Error('away'), { code: 'AWAY' })),
      });
      await expect(send(failing, place, small)).rejects.toThrow('away');
      const status = { receivedBytes: small.length, complete: false };
      expect(await here.uploadStatus(place, digestOf(small))).toEqual(status);
      expect(await there.uploadStatus(place, digestOf(small))).toEqual({ receivedBytes: 0, complete: false });
      expect(await send(here, place, small, small.length)).toEqual({ ...status, complete: true });
      expect(await there.uploadStatus(place, digestOf(small))).toEqual({ ...status, complete: true });
    });

    it('does not pass on bytes that changed in the store', async () => {
      const [shared] = opened as [SharedBlobs];
      await send(here, place, small);
      const changed = join(root, 'changed');
      writeFileSync(changed, Buffer.from(small).reverse());
      const [key] = await shared.keys('1'.repeat(32));
      await shared.remove('1'.repeat(32));
      await shared.put(key!, changed);
      expect(await codedAsync(there.uploadPath(place, digestOf(small)))).toBe('CIPHERTEXT_LOST');
      expect(filesBelow('there')).toBe(0);
    });

    it('fetches a file once for everybody who asks at once', async () => {
      const [shared] = opened as [SharedBlobs];
      await send(here, place, small);
      let gets = 0;
      const counting = folderBlobs(join(root, 'third'), {
        ...wrapped(shared),
        get: (key) => {
          gets += 1;
          return shared.get(key);
        },
      });
      const paths = await Promise.all([1, 2, 3].map(() => counting.uploadPath(place, digestOf(small))));
      expect(new Set(paths).size).toBe(1);
      expect(gets).toBe(1);
    });
  });
}

/** Methods of a class do not spread. */
export function wrapped(shared: SharedBlobs): SharedBlobs {
  return {
    put: (...call) => shared.put(...call),
    size: (key) => shared.size(key),
    get: (key) => shared.get(key),
    keys: (prefix) => shared.keys(prefix),
    remove: (prefix) => shared.remove(prefix),
    roots: () => shared.roots(),
    close: () => shared.close(),
  };
}
