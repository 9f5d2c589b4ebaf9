import { createReadStream, type Dirent } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type HexDigest, type JobId } from '../../contract/index.js';
import { Cache } from './cache.js';
import { makeFolder } from './folders.js';
import { addedKey, jobKey, jobOfKey, pathOf, sumKey, type UploadPlace, uploadKey } from './places.js';
import type { SharedBlobs } from './shared-blobs.js';
import { type UploadHeader, type UploadStatus, Uploads } from './uploads.js';

/** Ciphertexts and sealed parcels on disk: what participants upload and what the coordinator adds up. */
export interface Blobs {
  uploadStatus(place: UploadPlace, digest: HexDigest): Promise<UploadStatus>;
  receiveUpload(
    place: UploadPlace,
    header: UploadHeader,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<UploadStatus>;
  /** Path of a complete upload, for the adder; there is no file when the upload is lost. */
  uploadPath(place: UploadPlace, digest: HexDigest): Promise<string>;
  /** Path the adder writes a sum to; its folder exists. */
  sumPath(jobId: JobId, sum: number): Promise<string>;
  /** The adder wrote a sum: from here on every replica can read it. */
  keepSum(jobId: JobId, sum: number): Promise<void>;
  /** An added sum from `offset` on, in pieces of at most `limits.chunkBytes`. */
  readSum(jobId: JobId, sum: number, offset: number, digest: HexDigest): AsyncIterable<Uint8Array>;
  /** A complete upload from `offset` on, in pieces as above. */
  readUpload(place: UploadPlace, digest: HexDigest, offset: number): AsyncIterable<Uint8Array>;
  /** Deletes what was uploaded for a sum that is added up; the sum itself stays. */
  removeUploads(jobId: JobId, sum: number): Promise<void>;
  /** Deletes everything of one sum or step; digests stay in the transcript. */
  removeSum(jobId: JobId, sum: number): Promise<void>;
  removeJob(jobId: JobId): Promise<void>;
  /** Jobs that have files here. */
  jobs(): Promise<JobId[]>;
}

/**
 * Blobs in a folder of their own, made when missing. With a shared store the folder is where uploads and sums come to
 * be and a cache of what other replicas have: an upload or sum counts once it is in the shared store.
 */
export function folderBlobs(root: string, shared?: SharedBlobs): Blobs {
  const uploads = new Uploads(root, shared);
  const cache = new Cache(root, shared);
  const read = async function* (key: string, digest: HexDigest, offset: number): AsyncGenerator<Uint8Array> {
    await cache.ensure(key, digest);
    yield* readFrom(pathOf(root, key), offset);
  };
  const remove = async (key: string) => {
    await shared?.remove(key);
    await rm(pathOf(root, key), { recursive: true, force: true });
  };
  return {
    uploadStatus: (place, digest) => uploads.status(place, digest),
    receiveUpload: (place, header, chunks) => uploads.receive(place, header, chunks),
    uploadPath: async (place, digest) => {
      const key = uploadKey(place, digest);
      await cache.ensure(key, digest);
      return pathOf(root, key);
    },
    sumPath: async (jobId, sum) => {
      await makeFolder(root, pathOf(root, sumKey(jobId, sum)));
      return pathOf(root, addedKey(jobId, sum));
    },
    keepSum: async (jobId, sum) => {
      const key = addedKey(jobId, sum);
      await shared?.put(key, pathOf(root, key));
    },
    readSum: (jobId, sum, offset, digest) => read(addedKey(jobId, sum), digest, offset),
    readUpload: (place, digest, offset) => read(uploadKey(place, digest), digest, offset),
    removeUploads: async (jobId, sum) => {
      await shared?.remove(sumKey(jobId, sum), addedKey(jobId, sum));
      const folder = pathOf(root, sumKey(jobId, sum));
      // Each sender's uploads lie in a folder; files are the sum, and what its adding left unfinished.
      for (const entry of await entriesOf(folder)) {
        if (entry.isDirectory()) await rm(join(folder, entry.name), { recursive: true, force: true });
      }
    },
    removeSum: (jobId, sum) => remove(sumKey(jobId, sum)),
    removeJob: (jobId) => remove(jobKey(jobId)),
    jobs: async () => {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const names = new Set([...(await readdir(root)), ...((await shared?.roots()) ?? [])]);
      return [...names].map(jobOfKey).filter((jobId) => jobId !== undefined);
    },
  };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Everybody downloads a sum at the same time, and for each a piece or two are in memory. */
const readBytes = 64 * 1024;

async function* readFrom(file: string, offset: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { start: offset, highWaterMark: readBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CodedError('ROUND_UNKNOWN', 'these bytes are no longer stored', { cause: error });
  }
}
