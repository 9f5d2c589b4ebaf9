import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  type CodedError,
  eventToWire,
  isTold,
  type JobEvent,
  type JobId,
  ownRelease,
  type ParticipantName,
  toCodedError,
} from '../../contract/index.js';
import type { SessionRequest__Output } from '../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { SessionResponse } from '../../proto/gen/fedrisk/v1/SessionResponse.js';
import type { Store } from '../store/index.js';
import { drained } from './transfer.js';

export type SessionCall = ServerDuplexStream<SessionRequest__Output, SessionResponse>;

/** Changes what one participant is shown; an honest coordinator shows the event as it is. */
export type Deliver = (receiver: ParticipantName, jobId: JobId, event: JobEvent) => JobEvent | undefined;

const eventsPerRead = 100;

/**
 * The downward half of one participant's session: transcripts from its cursors on, each event once and in order,
 * as fast as the other side takes them. Reads go to the store, so memory does not grow with what is waiting.
 */
export class Session {
  /** Next index to show, per job. */
  readonly #cursors = new Map<JobId, number>();
  readonly #news = new Set<JobId>();
  /** Minor version of the participant; known once it greeted. */
  release = ownRelease;
  #pumping = false;
  #ended = false;
  #end: (error?: CodedError) => void = () => {};
  /** Resolves when the session is over, rejects with the code that ended it. */
  readonly over: Promise<void>;

  constructor(
    readonly name: ParticipantName,
    private readonly call: SessionCall,
    private readonly store: Store,
    private readonly deliver: Deliver,
  ) {
    this.over = new Promise((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve());
    });
    // Whoever awaits `over` later still gets the rejection; nobody awaiting it yet is no crash.
    this.over.catch(() => undefined);
  }

  /** Follows a job from an index on; a job followed before keeps its place. */
  follow(jobId: JobId, fromIndex: number): void {
    if (!this.#cursors.has(jobId)) this.#cursors.set(jobId, fromIndex);
    this.#news.add(jobId);
    this.#pump();
  }

  /** Where a job goes on once there is news of it. */
  startAt(jobId: JobId, index: number): void {
    this.#cursors.set(jobId, index);
  }

  send(message: SessionResponse): void {
    if (!this.#ended) this.call.write(message);
  }

  end(error?: CodedError): void {
    if (this.#ended) return;
    this.#ended = true;
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
    for (let [jobId] = this.#news; jobId !== undefined && !this.#ended; [jobId] = this.#news) {
      // Deleted before the read: what is appended meanwhile is news again.
      this.#news.delete(jobId);
      const events = await this.store.readEvents(jobId, this.#cursors.get(jobId) ?? 0, eventsPerRead);
      if (events.length === eventsPerRead) this.#news.add(jobId);
      for (const event of events) {
        if (this.#ended) return;
        this.#cursors.set(jobId, event.index + 1);
        const shown = isFor(this, event) ? this.deliver(this.name, jobId, event) : undefined;
        if (shown && !this.call.write({ event: { jobId, event: eventToWire(shown) } }))
          await drained(this.call);
      }
    }
  }
}

/**
 * Sealed posts reach their receiver, and their sender, who may have lost its journal; nobody else. Older participants
 * are not told what they do not know and need not.
 */
function isFor({ name, release }: Session, { body }: JobEvent): boolean {
  if (!isTold(release, body.kind)) return false;
  if (body.kind !== 'posted' || body.post.body.kind !== 'sealed') return true;
  return body.post.body.to === name || body.post.sender === name;
}
