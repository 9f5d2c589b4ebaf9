import { join } from 'node:path';
import type { HexDigest, JobId, ParticipantName } from '../../contract/index.js';

/** Where one participant's upload for one sum lies. */
export interface UploadPlace {
  readonly jobId: JobId;
  readonly sum: number;
  readonly sender: ParticipantName;
}

/**
 * Every part of a path is hex or a number that was parsed before, so no name from outside can leave the folder:
 * <job, 32 hex>/<sum>/<sender's name in hex>/<digest>[.part], and <job>/<sum>/added for the result.
 */
export function jobFolder(root: string, jobId: JobId): string {
  return join(root, jobId.slice('job-'.length));
}

export function sumFolder(root: string, jobId: JobId, sum: number): string {
  return join(jobFolder(root, jobId), String(sum));
}

export function senderFolder(root: string, { jobId, sum, sender }: UploadPlace): string {
  return join(sumFolder(root, jobId, sum), Buffer.from(sender).toString('hex'));
}

export function uploadFile(root: string, place: UploadPlace, digest: HexDigest): string {
  return join(senderFolder(root, place), digest);
}

export function partFile(root: string, place: UploadPlace, digest: HexDigest): string {
  return `${uploadFile(root, place, digest)}.part`;
}

export function addedFile(root: string, jobId: JobId, sum: number): string {
  return join(sumFolder(root, jobId, sum), 'added');
}
