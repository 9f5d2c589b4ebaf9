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
 * Names of what is stored, in a folder and in a shared store alike. Every part is hex or a number that was parsed
 * before, so no name from outside can lead elsewhere: <job, 32 hex>/<sum>/<sender's name in hex>/<digest>, <job>/<sum>/added
 * for the result, and <job>/<step>/<sender's name in hex>/<receiver's name in hex>/<digest>.
 */
export function jobKey(jobId: JobId): string {
  return jobId.slice('job-'.length);
}

export function sumKey(jobId: JobId, sum: number): string {
  return `${jobKey(jobId)}/${sum}`;
}

/** Holds one upload and nothing else. */
export function placeKey({ jobId, sum, sender, to }: UploadPlace): string {
  const key = `${sumKey(jobId, sum)}/${inHex(sender)}`;
  return to === undefined ? key : `${key}/${inHex(to)}`;
}

export function uploadKey(place: UploadPlace, digest: HexDigest): string {
  return `${placeKey(place)}/${digest}`;
}

export function addedKey(jobId: JobId, sum: number): string {
  return `${sumKey(jobId, sum)}/added`;
}

/** The file or folder of a key. */
export function pathOf(root: string, key: string): string {
  return join(root, ...key.split('/'));
}

/** The job of a key's first part; undefined for what was not stored by us. */
export function jobOfKey(first: string): JobId | undefined {
  return /^[0-9a-f]{32}$/.test(first) ? (`job-${first}` as JobId) : undefined;
}

function inHex(name: ParticipantName): string {
  return Buffer.from(name).toString('hex');
}
