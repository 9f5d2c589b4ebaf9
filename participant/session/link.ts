import { randomInt } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import {
  CodedError,
  errorMetadata,
  type HexDigest,
  isOutage,
  isRemoteFailure,
  type JobId,
  limits,
  type ParticipantName,
  type Post,
  postToWire,
  remoteError,
  systemClock,
  toCodedError,
} from '../../contract/index.js';
import type { SealedMessage } from '../../crypto/sealing/index.js';
import type { AskScoreResponse__Output } from '../../proto/gen/fedrisk/v1/AskScoreResponse.js';
import type { GetUploadResponse__Output } from '../../proto/gen/fedrisk/v1/GetUploadResponse.js';
import { wire } from '../../proto/index.js';
import { type Dial, unaryCall } from '../identity/index.js';
import { Arrival, digestOfFile } from './arrival.js';
import { passing } from './passing.js';
import { sealedScore } from './score-wire.js';

export type Client = InstanceType<typeof wire.ParticipantService>;

const transferMs = 600_000;
/**
 * How long the channel itself waits before it dials again: gRPC's own two minutes at most would keep a participant
 * away long after its coordinator is back, whatever the pauses of the session above it.
 */
const dialling = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 5_000 };
/** Bytes that may be on their way to us: 5 MB/s of a download where a round trip takes 50 ms. */
const window = { 'grpc-node.flow_control_window': 256 * 1024 };

/** What an upload is: `to` is the receiver of a parcel, `sum` then its step. */
export interface UploadOrder {
  readonly jobId: JobId;
  readonly sum: number;
  readonly to: ParticipantName | '';
  readonly digest: HexDigest;
}

/** A parcel as its sender announced it; `sum` is the step. */
export interface ParcelOrder {
  readonly jobId: JobId;
  readonly sum: number;
  readonly from: ParticipantName;
  readonly digest: HexDigest;
  readonly bytes: number;
}

/** The part of a gRPC call that ends it. */
interface Cancellable {
  cancel(): void;
  once(event: 'status', listener: () => void): unknown;
}

/** Calls of one participant to its coordinator, each with a deadline, tried again while the network is at fault. */
export class Link {
  /** One for each address; channels connect when they are used. */
  readonly #clients: readonly Client[];
  #current = 0;
  readonly #closed = new AbortController();
  readonly #underWay = new Set<Cancellable>();

  /** @param moved told of every piece of a ciphertext or parcel. */
  constructor(
    { address, otherAddresses = [], channel, channelOptions }: Dial,
    private readonly moved: (direction: 'in' | 'out', bytes: number) => void = () => {},
  ) {
    this.#clients = [address, ...otherAddresses].map(
      (each) => new wire.ParticipantService(each, channel, { ...channelOptions, ...dialling, ...window }),
    );
  }

  /** Of the coordinator that is asked now. */
  get client(): Client {
    return this.#clients[this.#current]!;
  }

  /** Turns to the next replica unless somebody did so already. What hangs at the silent one is asked again there. */
  turnFrom(silent: Client): void {
    if (this.#clients.length === 1 || this.client !== silent) return;
    this.#current = (this.#current + 1) % this.#clients.length;
    for (const call of this.#underWay) call.cancel();
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Ends what is under way too: a closed channel alone would let it run to its deadline. */
  close(): void {
    this.#closed.abort();
    for (const call of this.#underWay) call.cancel();
    for (const client of this.#clients) client.close();
  }

  /**
   * Adds posts, in order, as many of them in a call as it holds; the coordinator answers a repetition of the same bytes like
   * the first time.
   * @throws {CodedError} the refusal of the first that is refused; those after it may be stored.
   */
  async post(jobId: JobId, posts: readonly Post[], signal: AbortSignal): Promise<void> {
    for (const together of bundles(posts.map(postToWire))) {
      await this.#untilAnswered(signal, () =>
        unaryCall((...rest) => this.#held(this.client.PostAll({ jobId, posts: together }, ...rest))),
      );
    }
  }

  /** Uploads a file from wherever the coordinator's copy ends: a contribution to a sum, or a parcel to somebody. */
  async upload(what: UploadOrder, path: string, signal: AbortSignal): Promise<void> {
    const { size } = await stat(path);
    await this.#untilAnswered(signal, async () => {
      const at = await unaryCall<GetUploadResponse__Output>((...rest) =>
        this.#held(this.client.GetUpload(what, ...rest)),
      );
      if (at.complete) return;
      await this.#uploadFrom({ ...what, path, size, offset: at.receivedBytes }).catch((error) => {
        if (at.receivedBytes === 0 || codedOf(error).code !== 'UPLOAD_DIGEST') throw error;
        // What stood there from before may have been torn by a power cut: it is gone now, and all of it comes again.
        throw new CodedError('UPLOAD_OFFSET', 'the upload was torn at the coordinator', { cause: error });
      });
    });
  }

  #uploadFrom({ path, size, offset, ...what }: UploadOrder & { path: string; size: number; offset: number }) {
    let unread: Error | undefined;
    const uploaded = unaryCall((metadata, _options, done) => {
      const call = this.#held(this.client.Upload(metadata, { deadline: inMs(transferMs) }, done));
      call.write({ body: 'header', header: { ...what, bytes: size, offset } });
      const file = createReadStream(path, { start: offset, highWaterMark: limits.chunkBytes });
      file.on('data', (chunk) => {
        this.moved('out', chunk.length);
        if (!call.write({ body: 'chunk', chunk: chunk as Buffer })) file.pause();
      });
      call.on('drain', () => file.resume());
      file.on('end', () => call.end());
      file.on('error', (error) => {
        unread = error;
        call.cancel();
      });
      call.on('error', () => file.destroy());
    });
    // The call only says that it was cancelled, as one that broke does: it would be made again and again.
    return uploaded.catch((error) => {
      throw unread ? toCodedError(unread) : error;
    });
  }

  /**
   * Downloads a sum into a file.
   * @throws {CodedError} SUM_DIGEST_MISMATCH when the bytes are not the announced ones.
   */
  async download(
    { jobId, sum, digest, bytes }: { jobId: JobId; sum: number; digest: HexDigest; bytes: number },
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const receive = async () => {
      const got = await this.#receive({ jobId, sum, from: '' }, bytes, await Arrival.fresh(path));
      if (got !== digest) {
        throw new CodedError('SUM_DIGEST_MISMATCH', `sum ${sum} is not the one that was announced`);
      }
    };
    await this.#untilAnswered(signal, receive);
  }

  /**
   * Downloads a parcel. It comes into `<path>.part`, goes on there after a break, and has its name once it is whole and
   * the one that its sender announced. Nothing is synced: what a power cut tore has another digest, and comes again.
   * @throws {CodedError} PARCEL_MALFORMED naming the sender when the bytes are others.
   */
  async downloadParcel(
    { jobId, sum, from, digest, bytes }: ParcelOrder,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    if ((await digestOfFile(path)) === digest) return;
    const part = `${path}.part`;
    await this.#untilAnswered(signal, async () => {
      const arrival = await Arrival.resumed(part, bytes);
      const resumed = arrival.received > 0;
      const got = await this.#receive({ jobId, sum, from }, bytes, arrival);
      if (got === digest) return;
      await rm(part, { force: true });
      // What stood there from before may have been torn by a power cut: once more, from the start.
      if (resumed) throw new CodedError('UPLOAD_OFFSET', `the parcel of ${from} was torn`);
      throw new CodedError('PARCEL_MALFORMED', `the parcel of ${from} is not the one it announced`, {
        parties: [from],
      });
    });
    await rename(part, path);
  }

  /** Receives what is missing of `bytes`, never more; gives the SHA-256 of all of it. */
  #receive(
    what: { jobId: JobId; sum: number; from: string },
    bytes: number,
    arrival: Arrival,
  ): Promise<string> {
    if (arrival.received === bytes) return arrival.finish();
    return new Promise((resolve, reject) => {
      const call = this.#held(
        this.client.Download({ ...what, offset: arrival.received }, { deadline: inMs(transferMs) }),
      );
      // A call that broke still hands out what it had read, and then its end; a file that is left reports a write cut short.
      let over = false;
      const giveUp = (settle: () => void) => {
        if (over) return;
        over = true;
        call.cancel();
        arrival.abandon().then(settle, reject);
      };
      const fail = (error: unknown) => giveUp(() => reject(error));
      call.on('data', ({ chunk }: { chunk: Buffer }) => {
        if (over) return;
        this.moved('in', chunk.length);
        // Longer than announced: its digest is another one too, and the rest is not waited for.
        if (arrival.received + chunk.length > bytes) giveUp(() => resolve('longer'));
        else if (!arrival.take(chunk)) call.pause();
      });
      arrival.onRoom(() => call.resume());
      arrival.onError(fail);
      call.on('error', fail);
      call.on('end', () => {
        if (!over) arrival.finish().then(resolve, reject);
      });
    });
  }

  /**
   * Asks a feature holder for its part of one score. Not tried again: who waits for a score decides that.
   * @throws {CodedError} SCORE_REFUSED, SCORE_TIMEOUT, COORDINATOR_UNREACHABLE, and what else the holder or the
   *   coordinator answers; MESSAGE_MALFORMED for an answer without content.
   */
  async askScore(question: {
    readonly jobId: JobId;
    readonly to: ParticipantName;
    readonly requestId: string;
    readonly sealed: SealedMessage;
  }): Promise<SealedMessage> {
    const { client } = this;
    try {
      const { sealed } = await unaryCall<AskScoreResponse__Output>((...rest) =>
        this.#held(client.AskScore(question, ...rest)),
      );
      return sealedScore(sealed);
    } catch (thrown) {
      const error = codedOf(thrown);
      if (error.code === 'COORDINATOR_UNREACHABLE') this.turnFrom(client);
      throw error;
    }
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
      const { client } = this;
      try {
        return await call();
      } catch (error) {
        const coded = codedOf(error);
        if (!passing.has(coded.code) || isOwnDisk(coded)) throw coded;
        if (isOutage(coded.code)) this.turnFrom(client);
        await delay(waitMs / 2 + randomInt(waitMs), undefined, { signal: either });
      }
    }
  }
}

/** Leaves room for the job and the frames of a call. */
const bundleBytes = limits.messageBytes / 2;
const { requestSerialize } = wire.ParticipantService.service.Post;

/** Posts in calls of at most 64 and, but for a single larger one, half a megabyte. */
function bundles<Message extends object>(posts: readonly Message[]): Message[][] {
  const calls: Message[][] = [];
  let bytes = 0;
  for (const post of posts) {
    const more = requestSerialize({ post }).length;
    const call = calls.at(-1);
    if (call === undefined || call.length === limits.postsTogether || bytes + more > bundleBytes) {
      calls.push([post]);
      bytes = more;
    } else {
      call.push(post);
      bytes += more;
    }
  }
  return calls;
}

/** What arrives finds no room here: whoever wanted it waits longer than for an answer, and fetches less in vain. */
function isOwnDisk({ code, cause }: CodedError): boolean {
  return code === 'STORAGE_FULL' && !isRemoteFailure(cause);
}

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
