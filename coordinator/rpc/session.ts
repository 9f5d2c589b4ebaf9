import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  type CodedError,
  isTold,
  type JobEvent,
  type JobId,
  knows,
  ownRelease,
  type ParticipantName,
  toCodedError,
} from '../../contract/index.js';
import type { SessionRequest__Output } from '../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { SessionResponse } from '../../proto/gen/fedrisk/v1/SessionResponse.js';
import { wire } from '../../proto/index.js';
import type { Bursts } from './bursts.js';
import { decodedEvent, type EventFeed, encodedEvent, type FedEvent } from './event-feed.js';
import { Frame } from './frames.js';
import type { Turns } from './turns.js';

/** Messages go out as objects, or as the bytes of one. */
export type SessionCall = ServerDuplexStream<SessionRequest__Output, SessionResponse | Uint8Array>;

/** Changes what one participant is shown. */
export type Deliver = (receiver: ParticipantName, jobId: JobId, event: JobEvent) => JobEvent | undefined;

/** Events are sent together up to about this many bytes (why no more: `pieces.ts`); a single one may be larger. */
const messageBytes = 24 * 1024;
/** Since when one message holds many events. */
const manyAtOnce = '0.2';
/** Messages beside events that may wait for the other side: score questions. */
const mostWaiting = 64;

/**
 * The downward half of one participant's session: transcripts from its cursors on, each event once and in order,
 * as fast as the other side takes them. One message of events waits at a time; what comes after it stays in the feed, so
 * memory does not grow with what is waiting. Messages are made in turns, so it does not grow with sessions either.
 */
export class Session {
  /** Next index to show, per job. */
  readonly #cursors = new Map<JobId, number>();
  /** Index behind the last event that is known of, for jobs with some to show. */
  readonly #news = new Map<JobId, number>();
  /** Minor version of the participant; known once it greeted. */
  release = ownRelease;
  /** Whether it reads packed events; it says so in its greeting. */
  takesPacked = false;
  /** Encoded events that wait to go out together, and their size in bytes. */
  #gathered: { readonly events: Uint8Array[]; bytes: number } = { events: [], bytes: 0 };
  /** Messages that the other side has taken. */
  taken = 0;
  #framesWaiting = 0;
  #pumping = false;
  #ended = false;
  #goOn = () => {};
  #end: (error?: CodedError) => void = () => {};
  /** Resolves when the session is over, rejects with the code that ended it. */
  readonly over: Promise<void>;

  constructor(
    readonly name: ParticipantName,
    private readonly call: SessionCall,
    private readonly feed: EventFeed,
    private readonly bursts: Bursts,
    private readonly turns: Turns,
    private readonly deliver?: Deliver,
  ) {
    this.over = new Promise((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve());
    });
    // Whoever awaits `over` later still gets the rejection; nobody awaiting it yet is no crash.
    this.over.catch(() => undefined);
  }

  /** Shows a job from an index on, as far as it goes now; a job followed before goes on from its place. */
  follow(jobId: JobId, fromIndex: number, endIndex: number): void {
    const cursor = this.#cursors.get(jobId) ?? fromIndex;
    this.#cursors.set(jobId, cursor);
    if (cursor >= endIndex) return;
    this.#news.set(jobId, endIndex);
    this.#pump();
  }

  /** Where a job goes on once there is news of it. */
  startAt(jobId: JobId, index: number): void {
    this.#cursors.set(jobId, index);
  }

  /** Whether something was sent that the other side has not taken. */
  get isWaiting(): boolean {
    return this.#framesWaiting > 0 || this.call.writableLength > 0;
  }

  /** @returns false when the session is over, or too much waits already. */
  send(message: SessionResponse): boolean {
    if (this.#ended || this.call.writableLength >= mostWaiting) return false;
    this.call.write(message, () => this.#took());
    return true;
  }

  end(error?: CodedError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#goOn();
    this.#end(error);
  }

  #pump(): void {
    if (this.#pumping || this.#ended) return;
    this.#pumping = true;
    this.#showNews()
      .catch((error) => this.end(toCodedError(error)))
      .finally(() => {
        this.#pumping = false;
        if (this.#news.size > 0) this.#pump();
      });
  }

  async #showNews(): Promise<void> {
    for (let [next] = this.#news; next !== undefined && !this.#ended; [next] = this.#news) {
      const [jobId, endIndex] = next;
      // Goes to the end of the row if there is more, and has changed if more was appended meanwhile.
      this.#news.delete(jobId);
      const from = this.#cursors.get(jobId) ?? 0;
      const shown = await this.turns.during(this.name, () =>
        this.takesPacked && this.deliver === undefined
          ? this.#showBurst(jobId, from, endIndex)
          : this.#showEach(jobId, from, endIndex),
      );
      if (shown > from && shown < endIndex && !this.#news.has(jobId)) this.#news.set(jobId, endIndex);
    }
    await this.turns.during(this.name, () => this.#send());
  }

  /** @returns the index behind what was shown. */
  async #showBurst(jobId: JobId, from: number, endIndex: number): Promise<number> {
    const burst = await this.bursts.read(jobId, from, endIndex, this.release);
    if (burst.insiders.has(this.name)) {
      // To its very end, so that this session goes on where the others do.
      let next = from;
      for (let last = -1; next > last && next < burst.endIndex; ) {
        last = next;
        next = await this.#showEach(jobId, next, burst.endIndex);
      }
      return next;
    }
    await this.#send();
    if (this.#ended) return from;
    this.#cursors.set(jobId, burst.endIndex);
    if (burst.frame) await this.#write(burst.frame);
    return burst.endIndex;
  }

  /** Some of the events from an index on. @returns the index behind the last of them. */
  async #showEach(jobId: JobId, from: number, endIndex: number): Promise<number> {
    let next = from;
    for (const event of await this.feed.read(jobId, from)) {
      if (this.#ended || event.index >= endIndex) break;
      next = event.index + 1;
      this.#cursors.set(jobId, next);
      const shown = isFor(this, event) ? this.#shown(jobId, event) : undefined;
      if (shown === undefined) continue;
      this.#gathered.events.push(shown);
      this.#gathered.bytes += shown.length;
      if (this.#gathered.bytes >= messageBytes || !knows(this.release, manyAtOnce)) await this.#send();
    }
    return next;
  }

  #shown(jobId: JobId, event: FedEvent): Uint8Array | undefined {
    if (this.deliver === undefined) return event.bytes;
    const shown = this.deliver(this.name, jobId, decodedEvent(event));
    return shown && encodedEvent(jobId, shown);
  }

  /** Sends what was gathered. */
  async #send(): Promise<void> {
    const { events } = this.#gathered;
    if (events.length === 0) return;
    this.#gathered = { events: [], bytes: 0 };
    const bytes = Buffer.concat(events);
    await this.#write(knows(this.release, manyAtOnce) ? bytes : asSingle(bytes));
  }

  /** Resolves when the other side has taken it, or the session is over. */
  #write(message: Frame | Buffer | SessionResponse): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#goOn = resolve;
      const done = () => {
        this.#took();
        resolve();
      };
      if (!(message instanceof Frame)) return this.call.write(message, done);
      this.#framesWaiting += 1;
      message.write(this.call, () => {
        this.#framesWaiting -= 1;
        done();
      });
    });
  }

  #took(): void {
    this.taken += 1;
  }
}

/** As participants of 0.1 read it. */
function asSingle(bytes: Buffer): SessionResponse {
  const [event] = wire.ParticipantService.service.Session.responseDeserialize(bytes).events;
  return { event } as SessionResponse;
}

/**
 * Sealed posts reach their receiver, and their sender, who may have lost its journal; nobody else. Older participants
 * are not told what they do not know and need not.
 */
function isFor({ name, release }: Session, { kind, between }: FedEvent): boolean {
  return isTold(release, kind) && (between === undefined || between.includes(name));
}
