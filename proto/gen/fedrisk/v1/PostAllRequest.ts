// Original file: proto/fedrisk/v1/participant.proto

import type { Post as _fedrisk_v1_Post, Post__Output as _fedrisk_v1_Post__Output } from '../../fedrisk/v1/Post.js';

export interface PostAllRequest {
  'jobId'?: (string);
  'posts'?: (_fedrisk_v1_Post)[];
}

export interface PostAllRequest__Output {
  'jobId': (string);
  'posts': (_fedrisk_v1_Post__Output)[];
}
