// Original file: proto/fedrisk/v1/participant.proto

import type { UploadHeader as _fedrisk_v1_UploadHeader, UploadHeader__Output as _fedrisk_v1_UploadHeader__Output } from '../../fedrisk/v1/UploadHeader.js';

export interface UploadRequest {
  'header'?: (_fedrisk_v1_UploadHeader | null);
  'chunk'?: (Buffer | Uint8Array | string);
  'body'?: "header"|"chunk";
}

export interface UploadRequest__Output {
  'header'?: (_fedrisk_v1_UploadHeader__Output | null);
  'chunk'?: (Buffer);
  'body'?: "header"|"chunk";
}
