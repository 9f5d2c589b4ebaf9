// Original file: proto/fedrisk/v1/participant.proto


export interface DownloadResponse {
  'chunk'?: (Buffer | Uint8Array | string);
}

export interface DownloadResponse__Output {
  'chunk': (Buffer);
}
