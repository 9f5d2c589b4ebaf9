export { type Blobs, folderBlobs } from './blobs.js';
export type { UploadPlace } from './places.js';
export { syncFolder, type UploadHeader, type UploadStatus } from './uploads.js';
