import type { S3Access } from './s3-requests.js';
import type { SharedBlobs } from './shared-blobs.js';

/** As `openS3Blobs` of `s3.ts`, whose client is loaded by coordinators that use it: 0.35 s of CPU. */
export async function openS3Blobs(access: S3Access, owner?: string): Promise<SharedBlobs> {
  const room = await import('./s3.js');
  return room.openS3Blobs(access, owner);
}
