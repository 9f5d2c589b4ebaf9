import {
  type EventKind,
  eventFromWire,
  eventToWire,
  type JobEvent,
  type JobId,
  type ParticipantName,
} from '../../contract/index.js';
import type { SessionResponse } from '../../proto/gen/fedrisk/v1/SessionResponse.js';
import { wire } from '../../proto/index.js';
import type { Store } from '../store/index.js';

/** An event as every session that may show it sends it: encoded once, however many they are. */
export interface FedEvent {
  readonly index: number;
  readonly kind: EventKind;
  /** Sender and receiver of a sealed post, who alone are shown it. */
  readonly between: readonly ParticipantName[] | undefined;
  /** A SessionResponse that holds this event alone in `events`. Joined bytes of several hold all of theirs. */
  readonly bytes: Buffer;
}

/** Events of a transcript from `firstIndex` on, in order; it grows until it is full. */
interface Block {
  readonly jobId: JobId;
  readonly firstIndex: number;
  readonly events: FedEvent[];
  bytes: number;
  reading: Promise<void> | undefined;
}

/** Small enough that whoever is behind does not read far more than it needs. */
const eventsPerBlock = 64;
/** What an event costs beside its bytes, about. */
const eventOverheadBytes = 250;
const usualBytes = 16 * 1024 * 1024;

/**
 * Transcripts as sessions read them. The store is asked for an event once, not once per session: blocks that were read
 * lately stay here, up to a number of bytes over all jobs, and a session that is behind all of them brings its own back.
 */
export class EventFeed {
  /** The one read longest ago comes first. */
  readonly #blocks = new Map<string, Block>();
  #bytes = 0;

  constructor(
    private readonly store: Pick<Store, 'readEvents'>,
    private readonly mostBytes = usualBytes,
  ) {}

  /** Bytes of all blocks kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Some events from an index on, in order and without gaps; none at the end of what is stored. */
  async read(jobId: JobId, from: number): Promise<readonly FedEvent[]> {
    const block = this.#blockOf(jobId, from);
    const at = from - block.firstIndex;
    // A read that was under way before this call may have missed what the caller knows to be stored.
    for (let joined = true; joined && block.events.length <= at; ) {
      joined = block.reading !== undefined;
      block.reading ??= this.#readOn(block).finally(() => {
        block.reading = undefined;
      });
      await block.reading;
    }
    return block.events.slice(at);
  }

  #blockOf(jobId: JobId, index: number): Block {
    const firstIndex = index - (index % eventsPerBlock);
    const key = `${jobId}/${firstIndex}`;
    const block = this.#blocks.get(key) ?? { jobId, firstIndex, events: [], bytes: 0, reading: undefined };
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return block;
  }

  async #readOn(block: Block): Promise<void> {
    const { jobId, firstIndex, events } = block;
    const from = firstIndex + events.length;
    const stored = await this.store.readEvents(jobId, from, eventsPerBlock - events.length);
    const fed = stored.map((event) => fedEvent(jobId, event));
    events.push(...fed);
    const key = `${jobId}/${firstIndex}`;
    // Gone meanwhile: whoever waits for it still has it.
    if (this.#blocks.get(key) !== block) return;
    const grown = fed.reduce((sum, { bytes }) => sum + bytes.length + eventOverheadBytes, 0);
    block.bytes += grown;
    this.#bytes += grown;
    if (events.length === 0) this.#blocks.delete(key);
    for (const [oldest, { bytes }] of this.#blocks) {
      if (this.#bytes <= this.mostBytes) return;
      this.#blocks.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

const { responseSerialize, responseDeserialize } = wire.ParticipantService.service.Session;

/** `events` of a SessionResponse, encoded. */
export function encodedEvent(jobId: JobId, event: JobEvent): Buffer {
  return responseSerialize({ events: [{ jobId, event: eventToWire(event) }] } as SessionResponse);
}

/** The one event that encoded bytes hold. */
export function decodedEvent({ bytes }: FedEvent): JobEvent {
  return eventFromWire(responseDeserialize(bytes).events[0]?.event);
}

function fedEvent(jobId: JobId, event: JobEvent): FedEvent {
  const { index, body } = event;
  const post = body.kind === 'posted' ? body.post : undefined;
  const between = post?.body.kind === 'sealed' ? [post.sender, post.body.to] : undefined;
  return { index, kind: body.kind, between, bytes: encodedEvent(jobId, event) };
}
