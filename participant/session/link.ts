import { createHash, randomInt } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import {
  CodedError,
  errorMetadata,
  type HexDigest,
  isRemoteFailure,
  type JobId,
  limits,
  type Post,
  postToWire,
  remoteError,
  systemClock,
  toCodedError,
} from '../../contract/index.js';
import type { GetUploadResponse__Output } from '../../proto/gen/fedrisk/v1/GetUploadResponse.js';
import { wire } from '../../proto/index.js';
import { type Dial, unaryCall } from '../identity/index.js';

export type Client = InstanceType<typeof wire.ParticipantService>;

const transferMs = 600_000;
/**
 * How long the channel itself waits before it dials again: gRPC's own two minutes at most would keep a participant
 * away long after its coordinator is back, whatever the pauses of the session above it.
 */
const dialling = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 5_000 };

/** The part of a gRPC call that ends it. */
interface Cancellable {
  cancel(): void;
  once(event: 'status', listener: () => void): unknown;
}

/** Calls of one participant to its coordinator, each with a deadline, tried again while the network is at fault. */
export class Link {
  readonly client: Client;
  readonly #closed = new AbortController();
  readonly #underWay = new Set<Cancellable>();

  constructor({ address, channel, channelOptions }: Dial) {
    this.client = new wire.ParticipantService(address, channel, { ...channelOptions, ...dialling });
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Ends what is under way too: a closed channel alone would let it run to its deadline. */
  close(): void {
    this.#closed.abort();
    for (const call of this.#underWay) call.cancel();
    this.client.close();
  }

  /** Adds a post; the coordinator answers a repetition of the same bytes like the first time. */
  async post(jobId: JobId, post: Post, signal: AbortSignal): Promise<void> {
    await this.#untilAnswered(signal, () =>
      unaryCall((...rest) => this.#held(this.client.Post({ jobId, post: postToWire(post) }, ...rest))),
    );
  }

  /** Uploads a file from wherever the coordinator's copy ends. */
  async upload(
    jobId: JobId,
    sum: number,
    digest: HexDigest,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { size } = await stat(path);
    await this.#untilAnswered(signal, async () => {
      const at = await unaryCall<GetUploadResponse__Output>((...rest) =>
        this.#held(this.client.GetUpload({ jobId, sum, digest }, ...rest)),
      );
      if (!at.complete) await this.#uploadFrom({ jobId, sum, digest, path, size, offset: at.receivedBytes });
    });
  }

  #uploadFrom(part: {
    jobId: JobId;
    sum: number;
    digest: HexDigest;
    path: string;
    size: number;
    offset: number;
  }) {
    const { jobId, sum, digest, path, size, offset } = part;
    return unaryCall((metadata, _options, done) => {
      const call = this.#held(this.client.Upload(metadata, { deadline: inMs(transferMs) }, done));
      call.write({ body: 'header', header: { jobId, sum, digest, bytes: size, offset } });
      const file = createReadStream(path, { start: offset, highWaterMark: limits.chunkBytes });
      file.on('data', (chunk) => {
        if (!call.write({ body: 'chunk', chunk: chunk as Buffer })) file.pause();
      });
      call.on('drain', () => file.resume());
      file.on('end', () => call.end());
      file.on('error', () => call.cancel());
      call.on('error', () => file.destroy());
    });
  }

  /**
   * Downloads a sum into a file.
   * @throws {CodedError} SUM_DIGEST_MISMATCH when the bytes are not the announced ones.
   */
  async download(
    ready: { jobId: JobId; sum: number; digest: HexDigest; bytes: number },
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#untilAnswered(signal, () => this.#downloadOnce(ready, path));
  }

  #downloadOnce(
    { jobId, sum, digest, bytes }: { jobId: JobId; sum: number; digest: HexDigest; bytes: number },
    path: string,
  ) {
    return new Promise<void>((resolve, reject) => {
      const call = this.#held(
        this.client.Download({ jobId, sum, offset: 0 }, { deadline: inMs(transferMs) }),
      );
      const file = createWriteStream(path, { mode: 0o600 });
      const hash = createHash('sha256');
      let received = 0;
      const fail = (error: unknown) => {
        call.cancel();
        file.destroy();
        reject(error);
      };
      call.on('data', ({ chunk }: { chunk: Buffer }) => {
        received += chunk.length;
        if (received > bytes) {
          fail(new CodedError('SUM_DIGEST_MISMATCH', `sum ${sum} is longer than announced`));
          return;
        }
        hash.update(chunk);
        if (!file.write(chunk)) call.pause();
      });
      file.on('drain', () => call.resume());
      file.on('error', fail);
      call.on('error', fail);
      call.on('end', () => {
        file.end(() => {
          if (hash.digest('hex') === digest) resolve();
          else reject(new CodedError('SUM_DIGEST_MISMATCH', `sum ${sum} is not the one that was announced`));
        });
      });
    });
  }

  #held<Call extends Cancellable>(call: Call): Call {
    this.#underWay.add(call);
    call.once('status', () => this.#underWay.delete(call));
    return call;
  }

  /** Runs a call until it succeeds, is refused with a code, or its job ends. Waits 0.2 to 5 s between tries. */
  async #untilAnswered<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const either = AbortSignal.any([signal, this.#closed.signal]);
    for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 5_000)) {
      either.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        const coded = codedOf(error);
        if (!passing.has(coded.code)) throw coded;
        await delay(waitMs / 2 + randomInt(waitMs), undefined, { signal: either });
      }
    }
  }
}

/** Faults of the way, not of the message: worth another try. */
const passing: ReadonlySet<string> = new Set(['COORDINATOR_UNREACHABLE', 'RATE_LIMITED', 'UPLOAD_OFFSET']);

/** The coded form of whatever a call threw. */
export function codedOf(thrown: unknown): CodedError {
  const error = isRemoteFailure(thrown) ? remoteError(thrown) : toCodedError(thrown);
  if (!isBrokenCall(error.cause)) return error;
  return new CodedError('COORDINATOR_UNREACHABLE', error.message, { cause: error.cause });
}

/** A coordinator that dies or closes in the middle of a call leaves such a status, never with a code of ours. */
function isBrokenCall(cause: unknown): boolean {
  if (!isRemoteFailure(cause) || cause.metadata?.get(errorMetadata.code).length) return false;
  return cause.code === status.CANCELLED || cause.code === status.UNKNOWN || cause.code === status.INTERNAL;
}

/** A gRPC deadline `ms` from now. */
export function inMs(ms: number): number {
  return systemClock.now() + ms;
}
