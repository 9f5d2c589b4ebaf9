// Original file: proto/fedrisk/v1/participant.proto

import type { Post as _fedrisk_v1_Post, Post__Output as _fedrisk_v1_Post__Output } from '../../fedrisk/v1/Post.js';

export interface PostRequest {
  'jobId'?: (string);
  'post'?: (_fedrisk_v1_Post | null);
}

export interface PostRequest__Output {
  'jobId': (string);
  'post': (_fedrisk_v1_Post__Output | null);
}
