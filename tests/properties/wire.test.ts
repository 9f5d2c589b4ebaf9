import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CodedError,
  eventFromWire,
  eventToWire,
  type JobEvent,
  type JobId,
  type Post,
  type PostBody,
  postDigest,
  postFromWire,
  post as postSchema,
  postToWire,
} from '../../contract/index.js';
import { wire } from '../../proto/index.js';
import { event, eventBody, hex, name, post, postBody } from '../support/hostile-messages.js';

const service = wire.ParticipantService.service;
const jobId = `job-${'a'.repeat(32)}` as JobId;

/** A post after it crossed the wire as bytes. */
function postOverWire(sent: Post): Post {
  const bytes = service.Post.requestSerialize({ jobId, post: postToWire(sent) });
  return postFromWire(service.Post.requestDeserialize(bytes).post);
}

function eventOverWire(sent: JobEvent): JobEvent {
  const bytes = service.Session.responseSerialize({ event: { jobId, event: eventToWire(sent) } });
  return eventFromWire(service.Session.responseDeserialize(bytes).event?.event);
}

/** Runs a decoder: a value, or the one code that decoders raise; anything else is thrown on. */
function decoded<T>(decode: () => T): T | 'MESSAGE_MALFORMED' {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CodedError && error.code === 'MESSAGE_MALFORMED') return 'MESSAGE_MALFORMED';
    throw error;
  }
}

/** Byte arrays of any class compare by content. */
const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_, item) =>
      item instanceof Uint8Array ? [...item] : item?.type === 'Buffer' ? item.data : item,
    ),
  );

describe('the wire carries every valid message unchanged', () => {
  test('posts, and the digest their signature covers', () => {
    fc.assert(
      fc.property(post, (sent) => {
        const received = postOverWire(sent);
        expect(plain(received)).toEqual(plain(sent));
        expect(postDigest(jobId, received)).toBe(postDigest(jobId, sent));
        expect(received.body.kind).toBe(sent.body.kind);
      }),
      { numRuns: 300 },
    );
  });

  test('events', () => {
    fc.assert(
      fc.property(event, (sent) => {
        expect(plain(eventOverWire(sent))).toEqual(plain(sent));
      }),
      { numRuns: 300 },
    );
  });
});

describe('decoders answer anything with a value or MESSAGE_MALFORMED', () => {
  const anything = fc.anything({
    withNullPrototype: true,
    withTypedArray: true,
    withBigInt: true,
    withDate: true,
  });
  const kinds = [
    'consent',
    'join',
    'sealed',
    'applied',
    'contribution',
    'abort',
    'posted',
    'submitted',
    'failed',
    'sumReady',
    '__proto__',
    'constructor',
  ];
  /** Shaped enough to come past the first checks. */
  const shaped = fc.constantFrom(...kinds).chain((of) =>
    fc.record({
      index: fc.oneof(fc.nat(), anything),
      atMs: fc.oneof(fc.nat(), anything),
      sender: fc.oneof(name, anything),
      rosterDigest: fc.oneof(fc.constant(''), anything),
      signature: fc.oneof(hex(64), anything),
      body: fc.constant(of),
      [of]: fc.oneof(anything, fc.dictionary(fc.string(), anything), postBody, eventBody),
    }),
  );

  test('arbitrary values', () => {
    fc.assert(
      fc.property(fc.oneof(anything, shaped), (value) => {
        decoded(() => postFromWire(value));
        decoded(() => eventFromWire(value));
      }),
      { numRuns: 2000 },
    );
  });

  test('a valid post with one field replaced by anything: refused, or a post whose digest exists', () => {
    fc.assert(
      fc.property(post, fc.nat(), anything, (valid, pick, value) => {
        const sent = postToWire(valid) as Record<string, Record<string, unknown>>;
        const fields = sent[valid.body.kind]!;
        const keys = Object.keys(fields);
        fields[keys[pick % keys.length]!] = value;
        const result = decoded(() => postFromWire(sent));
        if (result !== 'MESSAGE_MALFORMED') {
          expect(postSchema.safeParse(result).success).toBe(true);
          expect(postDigest(jobId, result)).toMatch(/^[0-9a-f]{64}$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('numbers without canonical form and half surrogate pairs never reach a signature', () => {
    const applied: Post = fc.sample(
      post.filter(({ body }) => body.kind === 'applied'),
      1,
    )[0]!;
    for (const value of [1e300, -1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      const body = { ...applied.body, metrics: [{ name: 'auc', round: 0, value }] } as unknown as PostBody;
      expect(decoded(() => postFromWire(postToWire({ ...applied, body })))).toBe('MESSAGE_MALFORMED');
    }
    const body = { kind: 'abort', code: 'INTERNAL', detail: '\ud800', sum: 0, party: '' } as const;
    expect(decoded(() => postFromWire(postToWire({ ...applied, body })))).toBe('MESSAGE_MALFORMED');
  });

  test('random and damaged bytes: protobuf refuses them, or what it reads is decoded or refused', () => {
    const damaged = fc.tuple(post, fc.nat(), fc.nat(255), fc.boolean()).map(([valid, at, value, cut]) => {
      const bytes = Buffer.from(service.Post.requestSerialize({ jobId, post: postToWire(valid) }));
      if (cut) return bytes.subarray(0, at % bytes.length);
      bytes[at % bytes.length] = value;
      return bytes;
    });
    const random = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, random), (bytes) => {
        const messages = [
          () => postFromWire(service.Post.requestDeserialize(bytes).post),
          () => eventFromWire(service.Session.responseDeserialize(bytes).event?.event),
        ];
        for (const read of messages) {
          try {
            const value = read();
            if ('sender' in value) expect(postDigest(jobId, value)).toMatch(/^[0-9a-f]{64}$/);
          } catch (error) {
            if (error instanceof CodedError) expect(error.code).toBe('MESSAGE_MALFORMED');
            // protobufjs: invalid wire type, premature end, index out of range.
            else
              expect(String(error)).toMatch(/wire type|index out of range|premature|invalid|depth|length/i);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
