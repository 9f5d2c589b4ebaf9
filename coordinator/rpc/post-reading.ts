import type { ServerReadableStream } from '@grpc/grpc-js';
import { CodedError } from '../../contract/index.js';
import { wire } from '../../proto/index.js';
import type { Caller } from '../identity/index.js';
import { readFewAhead } from './read-few-ahead.js';
import { Turns } from './turns.js';

/** Everybody posts at once. A message takes a few times its bytes until it is stored, and has a megabyte at most. */
const readingTurns = { most: 32, mostEach: 4, heldMs: 2_000 };
/** What a call costs anyway: those below go on beside the others once they are read. */
const smallBytes = 16 * 1024;

const { Post, PostAll } = wire.ParticipantService.service;

type PostCall = ServerReadableStream<Buffer, unknown>;

/** Messages of posts, each read when it is its caller's turn: until then HTTP/2 keeps them with their senders. */
export class PostReading {
  readonly #turns = new Turns(readingTurns);

  /** @throws {CodedError} MESSAGE_MALFORMED, and what `take` throws. */
  one<T>(caller: Caller, call: PostCall, take: (request: unknown) => Promise<T>): Promise<T> {
    return this.#read(caller, call, Post.requestDeserialize, take);
  }

  /** @throws {CodedError} as above. */
  several<T>(caller: Caller, call: PostCall, take: (request: unknown) => Promise<T>): Promise<T> {
    return this.#read(caller, call, PostAll.requestDeserialize, take);
  }

  #read<T>(
    { name }: Caller,
    call: PostCall,
    decode: (bytes: Buffer) => unknown,
    take: (request: unknown) => Promise<T>,
  ): Promise<T> {
    return this.#turns.during(name, async (giveBack) => {
      const bytes = await onlyMessage(call);
      if (bytes.length <= smallBytes) giveBack();
      return take(decoded(bytes, decode));
    });
  }
}

async function onlyMessage(call: PostCall): Promise<Buffer> {
  readFewAhead(call);
  const messages = call[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const [first, second] = [await messages.next(), await messages.next()];
  if (first.done || !second.done)
    throw new CodedError('MESSAGE_MALFORMED', 'a call of posts has one message');
  return first.value;
}

function decoded(bytes: Buffer, decode: (bytes: Buffer) => unknown): unknown {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new CodedError('MESSAGE_MALFORMED', 'the message is not of the form of its call', { cause });
  }
}
