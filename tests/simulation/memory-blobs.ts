import { CodedError, type JobId } from '../../contract/index.js';
import type { Adder } from '../../coordinator/adding/index.js';
import type { Blobs, UploadPlace } from '../../coordinator/blobs/index.js';
import { sumBytes, uploadBytes } from '../../crypto/secure-sum/index.js';
import { digestOf } from './digest.js';
import { addMasked, type Masked } from './symbolic-work.js';
import type { VirtualTime } from './virtual-time.js';

/** Ciphertexts and parcels that outlive a process: path -> text, and the bytes that its sender announced. */
export class BlobDisk {
  readonly files = new Map<string, { readonly text: string; readonly bytes: number }>();

  copy(): BlobDisk {
    const copy = new BlobDisk();
    for (const [path, file] of this.files) copy.files.set(path, file);
    return copy;
  }

  setBack(backup: BlobDisk): void {
    this.files.clear();
    for (const [path, file] of backup.files) this.files.set(path, file);
  }
}

/** Runs work of a process that may have died meanwhile: then it never returns. */
export type WhileAlive = <T>(work: () => Promise<T>) => Promise<T>;

/** Uploads arrive whole: parts of files are the matter of the blobs' own tests. */
export function memoryBlobs({ files }: BlobDisk, whileAlive: WhileAlive): Blobs {
  const folderOf = ({ jobId, sum, sender, to }: UploadPlace) => `${jobId}/${sum}/${sender}/${to ?? ''}/`;
  const sumPath = (jobId: JobId, sum: number) => `${jobId}/${sum}/added`;
  const remove = (prefix: string) => {
    for (const path of files.keys()) if (path.startsWith(prefix)) files.delete(path);
  };
  async function* read(path: string): AsyncGenerator<Uint8Array> {
    const file = files.get(path);
    if (file === undefined) throw new CodedError('ROUND_UNKNOWN', 'these bytes are no longer stored');
    yield Buffer.from(file.text);
  }
  return {
    uploadStatus: async (place, digest) => {
      const file = files.get(folderOf(place) + digest);
      return { receivedBytes: file?.bytes ?? 0, complete: file !== undefined };
    },
    receiveUpload: (place, { digest, bytes }, chunks) =>
      whileAlive(async () => {
        const folder = folderOf(place);
        for (const path of files.keys()) {
          if (!path.startsWith(folder) || path === folder + digest) continue;
          throw new CodedError('MESSAGE_CONFLICT', 'other bytes were uploaded in this place');
        }
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        const text = Buffer.concat(parts).toString();
        if (digestOf(text) !== digest) throw new CodedError('UPLOAD_DIGEST', 'other bytes');
        files.set(folder + digest, { text, bytes });
        return { receivedBytes: bytes, complete: true };
      }),
    uploadPath: async (place, digest) => folderOf(place) + digest,
    sumPath: async (jobId, sum) => sumPath(jobId, sum),
    keepSum: async () => {},
    readSum: (jobId, sum) => read(sumPath(jobId, sum)),
    readUpload: (place, digest) => read(folderOf(place) + digest),
    removeUploads: (jobId, sum) =>
      whileAlive(async () => {
        for (const path of files.keys()) {
          if (path.startsWith(`${jobId}/${sum}/`) && path !== sumPath(jobId, sum)) files.delete(path);
        }
      }),
    removeSum: (jobId, sum) => whileAlive(async () => remove(`${jobId}/${sum}/`)),
    removeJob: (jobId) => whileAlive(async () => remove(`${jobId}/`)),
    jobs: async () => [...new Set([...files.keys()].map((path) => path.split('/')[0] as JobId))],
  };
}

const addingMs = 30;

export function memoryAdder({ files }: BlobDisk, time: VirtualTime): Adder {
  return {
    // As where only the participants know the range of what is summed.
    prescribedSet: () => undefined,
    uploadBytes,
    sumBytes,
    describe: () => 'symbolic',
    checkForm: async () => {},
    add: async ({ uploads, output, ...shape }) => {
      await time.delay(addingMs);
      const found = uploads.map(({ path }) => files.get(path)?.text);
      if (found.includes(undefined)) throw new Error('an upload that should be added is gone');
      const text = JSON.stringify(addMasked(found.map((one) => JSON.parse(one as string) as Masked)));
      const bytes = sumBytes(shape);
      files.set(output, { text, bytes });
      return { digest: digestOf(text), bytes };
    },
    close: async () => {},
  };
}
