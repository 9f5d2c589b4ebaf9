import type { handleClientStreamingCall, MethodDefinition } from '@grpc/grpc-js';
import type { ParticipantServiceHandlers } from '../../proto/gen/fedrisk/v1/ParticipantService.js';
import type { PostAllResponse } from '../../proto/gen/fedrisk/v1/PostAllResponse.js';
import type { PostResponse } from '../../proto/gen/fedrisk/v1/PostResponse.js';
import { wire } from '../../proto/index.js';

/** Calls of participants as they are served: posts come as a stream of one message, in bytes. */
export interface ParticipantCalls extends Omit<ParticipantServiceHandlers, 'Post' | 'PostAll'> {
  readonly Post: handleClientStreamingCall<Buffer, PostResponse>;
  readonly PostAll: handleClientStreamingCall<Buffer, PostAllResponse>;
}

const { Session, Post, PostAll, ...calls } = wire.ParticipantService.service;
export const participantService = {
  ...calls,
  Session: encodedOnce(Session),
  Post: readWhenAsked(Post),
  PostAll: readWhenAsked(PostAll),
};

const { WatchJob, ...others } = wire.JobsService.service;
export const jobsService = { ...others, WatchJob: encodedOnce(WatchJob) };

/** A method whose answers may also come as the bytes of a message: what goes to many is encoded once. */
function encodedOnce<Request, Response>(method: MethodDefinition<Request, Response>) {
  const { responseSerialize } = method;
  const serialize = (message: Response | Buffer) =>
    Buffer.isBuffer(message) ? message : responseSerialize(message);
  return { ...method, responseSerialize: serialize };
}

/**
 * A method of one message, served as a stream of one: on the wire that is the same. grpc-js reads and decodes the message of
 * a call before it asks for a handler, however many calls there are; a stream is read when its handler reads.
 */
function readWhenAsked<Request, Response>(method: MethodDefinition<Request, Response>) {
  return { ...method, requestStream: true, requestDeserialize: (bytes: Buffer) => bytes };
}
