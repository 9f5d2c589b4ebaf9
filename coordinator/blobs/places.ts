import { join } from 'node:path';
import type { HexDigest, JobId, ParticipantName } from '../../contract/index.js';

/** Where one participant's upload for one sum lies, or its parcel of one step for one receiver. */
export interface UploadPlace {
  readonly jobId: JobId;
  /** Number of the sum, or of the step; a job has one or the other. */
  readonly sum: number;
  readonly sender: ParticipantName;
  /** Receiver of a parcel. */
  readonly to?: ParticipantName;
}

/**
 * Every part of a path is hex or a number that was parsed before, so no name from outside can leave the folder:
 * <job, 32 hex>/<sum>/<sender's name in hex>/<digest>[.part], <job>/<sum>/added for the result, and
 * <job>/<step>/<sender's name in hex>/<receiver's name in hex>/<digest>[.part].
 */
export function jobFolder(root: string, jobId: JobId): string {
  return join(root, jobId.slice('job-'.length));
}

export function sumFolder(root: string, jobId: JobId, sum: number): string {
  return join(jobFolder(root, jobId), String(sum));
}

/** Holds one upload and nothing else. */
export function placeFolder(root: string, { jobId, sum, sender, to }: UploadPlace): string {
  const folder = join(sumFolder(root, jobId, sum), inHex(sender));
  return to === undefined ? folder : join(folder, inHex(to));
}

function inHex(name: ParticipantName): string {
  return Buffer.from(name).toString('hex');
}

export function uploadFile(root: string, place: UploadPlace, digest: HexDigest): string {
  return join(placeFolder(root, place), digest);
}

export function partFile(root: string, place: UploadPlace, digest: HexDigest): string {
  return `${uploadFile(root, place, digest)}.part`;
}

export function addedFile(root: string, jobId: JobId, sum: number): string {
  return join(sumFolder(root, jobId, sum), 'added');
}
