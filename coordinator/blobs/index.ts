export { type Blobs, folderBlobs } from './blobs.js';
export { openS3Blobs } from './open-s3.js';
export type { UploadPlace } from './places.js';
export type { S3Access } from './s3-requests.js';
export type { SharedBlobs } from './shared-blobs.js';
export { syncFolder, type UploadHeader, type UploadStatus } from './uploads.js';
