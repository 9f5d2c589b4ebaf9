import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { CodedError, type HexDigest, type JobId, limits } from '../../contract/index.js';
import { addedFile, jobFolder, sumFolder, type UploadPlace, uploadFile } from './places.js';
import { type UploadHeader, type UploadStatus, Uploads } from './uploads.js';

/** Ciphertexts and sealed parcels on disk: what participants upload and what the coordinator adds up. */
export interface Blobs {
  uploadStatus(place: UploadPlace, digest: HexDigest): Promise<UploadStatus>;
  receiveUpload(
    place: UploadPlace,
    header: UploadHeader,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<UploadStatus>;
  /** Path of a complete upload, for the adder. */
  uploadPath(place: UploadPlace, digest: HexDigest): string;
  /** Path the adder writes a sum to; its folder exists. */
  sumPath(jobId: JobId, sum: number): Promise<string>;
  /** An added sum from `offset` on, in pieces of at most `limits.chunkBytes`. */
  readSum(jobId: JobId, sum: number, offset: number): AsyncIterable<Uint8Array>;
  /** A complete upload from `offset` on, in pieces as above. */
  readUpload(place: UploadPlace, digest: HexDigest, offset: number): AsyncIterable<Uint8Array>;
  /** Deletes everything of one sum or step; digests stay in the transcript. */
  removeSum(jobId: JobId, sum: number): Promise<void>;
  removeJob(jobId: JobId): Promise<void>;
  /** Jobs that have files here. */
  jobs(): Promise<JobId[]>;
}

/** Blobs in a folder of their own, made when missing. */
export function folderBlobs(root: string): Blobs {
  const uploads = new Uploads(root);
  return {
    uploadStatus: (place, digest) => uploads.status(place, digest),
    receiveUpload: (place, header, chunks) => uploads.receive(place, header, chunks),
    uploadPath: (place, digest) => uploadFile(root, place, digest),
    sumPath: async (jobId, sum) => {
      await mkdir(sumFolder(root, jobId, sum), { recursive: true, mode: 0o700 });
      return addedFile(root, jobId, sum);
    },
    readSum: (jobId, sum, offset) => readFrom(addedFile(root, jobId, sum), offset),
    readUpload: (place, digest, offset) => readFrom(uploadFile(root, place, digest), offset),
    removeSum: (jobId, sum) => rm(sumFolder(root, jobId, sum), { recursive: true, force: true }),
    removeJob: (jobId) => rm(jobFolder(root, jobId), { recursive: true, force: true }),
    jobs: async () => {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const names = await readdir(root);
      return names.filter((name) => /^[0-9a-f]{32}$/.test(name)).map((name) => `job-${name}` as JobId);
    },
  };
}

async function* readFrom(file: string, offset: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { start: offset, highWaterMark: limits.chunkBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CodedError('ROUND_UNKNOWN', 'these bytes are no longer stored', { cause: error });
  }
}
