import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import { z } from 'zod';
import {
  CodedError,
  hexDigest,
  type JobId,
  jobId,
  limits,
  type ParticipantName,
  participantName,
} from '../../contract/index.js';
import type { DownloadRequest__Output } from '../../proto/gen/fedrisk/v1/DownloadRequest.js';
import type { DownloadResponse } from '../../proto/gen/fedrisk/v1/DownloadResponse.js';
import type { UploadRequest__Output } from '../../proto/gen/fedrisk/v1/UploadRequest.js';
import type { UploadResponse } from '../../proto/gen/fedrisk/v1/UploadResponse.js';
import type { Blobs, UploadHeader, UploadPlace } from '../blobs/index.js';
import type { Caller } from '../identity/index.js';
import type { JobBook } from '../jobs/index.js';
import {
  checkCollecting,
  isExchanging,
  isUnfinished,
  type JobState,
  parcelOf,
  sumOf,
  type Unfinished,
} from '../rounds/index.js';
import { Frame } from './frames.js';
import { parse } from './parse.js';
import { Pieces } from './pieces.js';
import { readFewAhead } from './read-few-ahead.js';
import type { CallSubject } from './refusal-log.js';
import { taken } from './taken.js';
import { Turns } from './turns.js';
import { wide } from './windows.js';

/** Or a step, where a parcel is meant. */
const sum = z
  .int()
  .min(0)
  .max(Math.max(limits.sumsPerJob, limits.stepsPerJob) - 1);
/** The other end of a parcel; empty where a sum is meant. */
const peer = z.union([z.literal(''), participantName]);
const uploadHeader = z
  .object({
    jobId,
    sum,
    to: peer,
    digest: hexDigest,
    bytes: z.int().min(1).max(limits.parcelBytes),
    offset: z.int().min(0).max(limits.parcelBytes),
  })
  .refine(({ to, bytes }) => to !== '' || bytes <= limits.uploadBytes, {
    path: ['bytes'],
    message: `must be at most ${limits.uploadBytes}`,
  });
const uploadQuery = z.object({ jobId, sum, to: peer, digest: hexDigest });
const downloadRequest = z.object({ jobId, sum, from: peer, offset: z.int().min(0) });

/** An upload holds a few pieces of 256 KiB where the network is faster than the disk: some 16 MiB in all. */
const uploadTurns = { most: 16, mostEach: 2, heldMs: 4_000 };
/** A download holds a few messages of 16 KiB. */
const downloadTurns = { most: 64, mostEach: 2, heldMs: 4_000 };

/** Streamed ciphertexts and sealed parcels in both directions. Bytes pass by; the transcript holds their digests. */
export class Transfer {
  readonly #uploads = new Turns(uploadTurns);
  readonly #downloads = new Turns(downloadTurns);
  readonly #pieces = new Pieces();

  constructor(
    private readonly book: JobBook,
    private readonly blobs: Blobs,
    /** How long a download may wait for its reader. */
    private readonly unreadMs: number,
    private readonly concerns: (call: object, subject: CallSubject) => void = () => {},
  ) {}

  /** Nothing of a call is read, so nothing of it is sent, before its turn. */
  upload(
    caller: Caller,
    call: ServerReadableStream<UploadRequest__Output, UploadResponse>,
  ): Promise<UploadResponse> {
    return this.#uploads.during(caller.name, () => wide(call, () => this.#receive(caller, call)));
  }

  async #receive(
    caller: Caller,
    call: ServerReadableStream<UploadRequest__Output, UploadResponse>,
  ): Promise<UploadResponse> {
    readFewAhead(call);
    const messages = call[Symbol.asyncIterator]() as AsyncIterator<UploadRequest__Output>;
    const first = await messages.next();
    if (first.done) throw new CodedError('MESSAGE_MALFORMED', 'an upload without header');
    const { jobId, to, ...header } = parse(uploadHeader, first.value.header);
    this.concerns(call, { jobId, sum: header.sum });
    const { job, place } = await this.#placeOf(caller, { jobId, sum: header.sum, to });
    await job.judged((state) => checkOpen(state, place));
    const stored = await this.blobs.receiveUpload(place, header satisfies UploadHeader, chunksOf(messages));
    const { kind } = job.state;
    if (isUnfinished(job.state)) return stored;
    // Whoever ended the job removed its bytes; these were still on their way then.
    await this.blobs.removeJob(jobId);
    throw new CodedError('JOB_ENDED', `the job is ${kind}`);
  }

  async uploadStatus(caller: Caller, request: unknown) {
    const { digest, ...where } = parse(uploadQuery, request);
    const { place } = await this.#placeOf(caller, where);
    return this.blobs.uploadStatus(place, digest);
  }

  download(
    caller: Caller,
    call: ServerWritableStream<DownloadRequest__Output, DownloadResponse>,
  ): Promise<void> {
    return this.#downloads.during(caller.name, () => this.#send(caller, call));
  }

  async #send(
    caller: Caller,
    call: ServerWritableStream<DownloadRequest__Output, DownloadResponse>,
  ): Promise<void> {
    if (call.cancelled) return;
    const { jobId, sum, from, offset } = parse(downloadRequest, call.request);
    const job = await this.book.find(jobId);
    const name = participantIn(job.state, caller);
    const { bytes, read } = await job.judged((state) =>
      from === '' ? this.#readySum(state, sum) : this.#storedParcel(state, sum, from, name),
    );
    if (offset > bytes) throw new CodedError('UPLOAD_OFFSET', `there are ${bytes} bytes`);
    try {
      for await (const frame of read(offset)) {
        if (call.cancelled) return;
        await taken(call, frame, this.unreadMs);
      }
    } catch (error) {
      const gone = error instanceof CodedError && error.code === 'ROUND_UNKNOWN';
      // Bytes go with a job that failed or was cancelled, of which neither the caller nor this replica may have heard.
      if (gone) await job.catchUp();
      const { kind } = job.state;
      if (gone && (kind === 'failed' || kind === 'cancelled')) {
        throw new CodedError('JOB_ENDED', `the job is ${kind}`, { cause: error });
      }
      throw error;
    }
  }

  async #placeOf(caller: Caller, where: { jobId: JobId; sum: number; to: ParticipantName | '' }) {
    const { jobId, sum, to } = where;
    const job = await this.book.find(jobId);
    const sender = participantIn(job.state, caller);
    const place: UploadPlace = to === '' ? { jobId, sum, sender } : { jobId, sum, sender, to };
    return { job, place };
  }

  #readySum(state: JobState, wanted: number) {
    const { jobId } = state.charter;
    const found = sumOf(shown(state), wanted);
    if (found?.phase === 'applying' || found?.phase === 'agreed') {
      const { bytes, digest } = found;
      const stored = (offset: number) => this.blobs.readSum(jobId, wanted, offset, digest);
      return { bytes, read: (offset: number) => this.#pieces.frames(digest, bytes, offset, stored) };
    }
    throw new CodedError('ROUND_UNKNOWN', `sum ${wanted} has not been added up`);
  }

  /** A parcel counts once its sender's signed post stands in the transcript; only its receiver is given it. */
  #storedParcel(state: JobState, number: number, sender: ParticipantName, to: ParticipantName) {
    const { jobId } = state.charter;
    const parcel = parcelOf(shown(state), number, { from: sender, to });
    if (!parcel) {
      throw new CodedError('ROUND_UNKNOWN', `step ${number} has no parcel from ${sender} to ${to} so far`);
    }
    const place = { jobId, sum: number, sender, to };
    const read = (offset: number) => framed(this.blobs.readUpload(place, parcel.digest, offset));
    return { bytes: parcel.bytes, read };
  }
}

function participantIn(state: JobState, { name }: Caller): ParticipantName {
  if (state.charter.roster.includes(name)) return name;
  throw new CodedError('ROLE_FORBIDDEN', `${name} is not a participant of ${state.charter.jobId}`);
}

function shown(state: JobState): Unfinished {
  return isUnfinished(state) ? state : state.at;
}

/** @throws {CodedError} JOB_ENDED, ROUND_CLOSED, or MESSAGE_UNEXPECTED when the job does not wait for this upload now. */
function checkOpen(state: JobState, { sum, sender, to }: UploadPlace): void {
  if (!isUnfinished(state)) throw new CodedError('JOB_ENDED', `the job is ${state.kind}`);
  if (to === undefined) return checkCollecting(state, sum);
  const step = isExchanging(state) ? state.openStep.step : undefined;
  if (step?.number !== sum) throw new CodedError('MESSAGE_UNEXPECTED', `step ${sum} is not open for uploads`);
  if (!step.parcels.some((route) => route.from === sender && route.to === to)) {
    throw new CodedError('MESSAGE_UNEXPECTED', `${sender} sends no parcel to ${to} in step ${sum}`);
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

async function* framed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  for await (const chunk of chunks) yield Frame.ofChunk(chunk);
}
