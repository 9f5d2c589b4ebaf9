import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import {
  type HexDigest,
  type JobId,
  limits,
  type ParticipantName,
  type Post,
} from '../../../contract/index.js';
import { Link } from '../../../participant/session/link.js';
import type { PostAllRequest__Output } from '../../../proto/gen/fedrisk/v1/PostAllRequest.js';
import { wire } from '../../../proto/index.js';

const jobId = `job-${'3'.repeat(32)}` as JobId;

/** A link to a coordinator with the product's limit of a message, and the calls that reached it. */
async function listener() {
  const calls: PostAllRequest__Output[] = [];
  const server = new Server({ 'grpc.max_receive_message_length': limits.messageBytes });
  server.addService(wire.ParticipantService.service, {
    PostAll: (
      { request }: { request: PostAllRequest__Output },
      done: (error: null, answer: object) => void,
    ) => {
      calls.push(request);
      done(null, { indexes: request.posts.map((_, place) => place) });
    },
  } as never);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  const link = new Link({
    address: `127.0.0.1:${port}`,
    channel: credentials.createInsecure(),
    channelOptions: {},
  });
  onTestFinished(() => link.close());
  return { calls, say: (posts: readonly Post[]) => link.post(jobId, posts, AbortSignal.timeout(60_000)) };
}

function sealed(place: number, bytes: number): Post {
  return {
    sender: 'bank-a' as ParticipantName,
    rosterDigest: '0b'.repeat(32) as HexDigest,
    signature: 'ab'.repeat(64),
    body: {
      kind: 'sealed',
      to: 'bank-b' as ParticipantName,
      purpose: 'sum-shares',
      sum: place,
      seq: 0,
      last: true,
      enc: new Uint8Array(32),
      ciphertext: new Uint8Array(bytes),
      signature: 'ab'.repeat(64),
    },
  };
}

test.each([
  ['small ones, 64 a call', Array.from({ length: 130 }, () => 100), [64, 64, 2]],
  ['larger ones, half a megabyte a call', Array.from({ length: 5 }, () => 200_000), [2, 2, 1]],
  ['the largest one alone', [100, limits.sealedBytes, 100], [1, 1, 1]],
  ['none', [], []],
])('posts go together in as few calls as hold them: %s', async (_, sizes, together) => {
  const { calls, say } = await listener();
  await say(sizes.map((bytes, place) => sealed(place, bytes)));
  expect(calls.map(({ posts }) => posts.length)).toEqual(together);
  const sums = calls.flatMap(({ posts }) => posts.map((post) => post.sealed?.sum));
  expect(sums).toEqual(sizes.map((_size, place) => place));
});
