import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import { z } from 'zod';
import { CodedError, hexDigest, type JobId, jobId, limits } from '../../contract/index.js';
import type { DownloadRequest__Output } from '../../proto/gen/fedrisk/v1/DownloadRequest.js';
import type { DownloadResponse } from '../../proto/gen/fedrisk/v1/DownloadResponse.js';
import type { UploadRequest__Output } from '../../proto/gen/fedrisk/v1/UploadRequest.js';
import type { UploadResponse } from '../../proto/gen/fedrisk/v1/UploadResponse.js';
import type { Blobs, UploadHeader, UploadPlace } from '../blobs/index.js';
import type { Caller } from '../identity/index.js';
import type { JobBook } from '../jobs/index.js';
import { isSumming, isUnfinished, type JobState, sumOf } from '../rounds/index.js';
import { parse } from './parse.js';

const sum = z
  .int()
  .min(0)
  .max(limits.sumsPerJob - 1);
const uploadHeader = z.object({
  jobId,
  sum,
  digest: hexDigest,
  bytes: z.int().min(1).max(limits.uploadBytes),
  offset: z.int().min(0).max(limits.uploadBytes),
});
const uploadQuery = z.object({ jobId, sum, digest: hexDigest });
const downloadRequest = z.object({ jobId, sum, offset: z.int().min(0) });

/** Streamed ciphertexts in both directions. Bytes pass by; the transcript holds their digests. */
export class Transfer {
  constructor(
    private readonly book: JobBook,
    private readonly blobs: Blobs,
  ) {}

  async upload(
    caller: Caller,
    call: ServerReadableStream<UploadRequest__Output, UploadResponse>,
  ): Promise<UploadResponse> {
    const messages = call[Symbol.asyncIterator]() as AsyncIterator<UploadRequest__Output>;
    const first = await messages.next();
    if (first.done) throw new CodedError('MESSAGE_MALFORMED', 'an upload without header');
    const { jobId, ...header } = parse(uploadHeader, first.value.header);
    const place = await this.#openPlace(caller, jobId, header.sum);
    return this.blobs.receiveUpload(place, header satisfies UploadHeader, chunksOf(messages));
  }

  async uploadStatus(caller: Caller, request: unknown) {
    const { jobId, sum, digest } = parse(uploadQuery, request);
    const state = await this.#jobOf(caller, jobId);
    return this.blobs.uploadStatus({ jobId, sum, sender: this.#senderIn(state, caller) }, digest);
  }

  async download(
    caller: Caller,
    call: ServerWritableStream<DownloadRequest__Output, DownloadResponse>,
  ): Promise<void> {
    const { jobId, sum, offset } = parse(downloadRequest, call.request);
    const bytes = this.#readySum(await this.#jobOf(caller, jobId), sum);
    if (offset > bytes) throw new CodedError('UPLOAD_OFFSET', `the sum has ${bytes} bytes`);
    for await (const chunk of this.blobs.readSum(jobId, sum, offset)) {
      if (call.cancelled) return;
      if (!call.write({ chunk: Buffer.from(chunk) })) await drained(call);
    }
  }

  async #jobOf(caller: Caller, jobId: JobId): Promise<JobState> {
    const { state } = await this.book.find(jobId);
    this.#senderIn(state, caller);
    return state;
  }

  #senderIn(state: JobState, caller: Caller): UploadPlace['sender'] {
    const { name } = caller;
    if (state.charter.roster.includes(name)) return name;
    throw new CodedError('ROLE_FORBIDDEN', `${name} is not a participant of ${state.charter.jobId}`);
  }

  async #openPlace(caller: Caller, jobId: JobId, sum: number): Promise<UploadPlace> {
    const state = await this.#jobOf(caller, jobId);
    if (!isUnfinished(state)) throw new CodedError('JOB_ENDED', `the job is ${state.kind}`);
    const open = isSumming(state) && state.current.phase === 'collecting' && state.current.sum === sum;
    if (!open) throw new CodedError('MESSAGE_UNEXPECTED', `sum ${sum} is not open for uploads`);
    return { jobId, sum, sender: this.#senderIn(state, caller) };
  }

  #readySum(state: JobState, wanted: number): number {
    const shown = isUnfinished(state) ? state : state.at;
    const found = sumOf(shown, wanted);
    if (found?.phase === 'applying' || found?.phase === 'agreed') return found.bytes;
    throw new CodedError('ROUND_UNKNOWN', `sum ${wanted} has not been added up`);
  }
}

async function* chunksOf(messages: AsyncIterator<UploadRequest__Output>): AsyncGenerator<Uint8Array> {
  for (let next = await messages.next(); !next.done; next = await messages.next()) {
    const { chunk } = next.value;
    if (!chunk) throw new CodedError('MESSAGE_MALFORMED', 'an upload holds chunks after its header');
    if (chunk.length > limits.chunkBytes) {
      throw new CodedError('MESSAGE_TOO_LARGE', `a chunk holds at most ${limits.chunkBytes} bytes`);
    }
    yield chunk;
  }
}

/** Resolves when the other side has taken what was written, or is gone. */
export function drained(call: NodeJS.EventEmitter & { readonly cancelled: boolean }): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'cancelled', 'close', 'error']) call.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'cancelled', 'close', 'error']) call.on(event, done);
    if (call.cancelled) done();
  });
}
