import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';
import { isTold, type JobId, type ParticipantName } from '../../contract/index.js';
import { wire } from '../../proto/index.js';
import type { EventFeed } from './event-feed.js';
import { Frame } from './frames.js';

/** Consecutive events of a transcript as one message, alike for everybody who is shown all that is not sealed. */
export interface Burst {
  /** Index behind the last event that it covers. */
  readonly endIndex: number;
  /** Senders and receivers of sealed posts among these events: they are shown more than others. */
  readonly insiders: ReadonlySet<ParticipantName>;
  /** A SessionResponse; undefined where all is sealed or not told. */
  readonly frame: Frame | undefined;
}

/** Events of a burst end at multiples of this, so that all who are far behind come to ask for the same ones. */
const mostEvents = 128;
/** Encoded bytes after which a burst ends; a single event may be larger. Usual ones take some 17 KiB packed (why no more: `pieces.ts`). */
const mostBytes = 64 * 1024;
/** Below this, compressing saves nothing that matters. */
const packedFrom = 1024;
/** Sessions ask for a few at a time: the newest, and those that some are behind with. Each is kept once for all. */
const mostKept = 64;
/** Hex signatures and digests are most of an event: they go to half, by Huffman coding alone. */
const level = constants.Z_BEST_SPEED;

const deflated = promisify(deflateRaw);
const { responseSerialize } = wire.ParticipantService.service.Session;

/**
 * What many sessions send alike is joined and compressed once: a thousand participants are shown some four thousand
 * posts a sum each, and it is messages, not events, that cost time there.
 */
export class Bursts {
  /** The one asked for longest ago comes first. */
  readonly #kept = new Map<string, Promise<Burst>>();

  constructor(private readonly feed: Pick<EventFeed, 'read'>) {}

  /** Events from `from` on, up to `endIndex` at most, as participants of a minor version are told them. */
  read(jobId: JobId, from: number, endIndex: number, release: string): Promise<Burst> {
    const key = `${jobId}/${from}/${endIndex}/${release}`;
    const burst = this.#kept.get(key) ?? this.#make(jobId, from, endIndex, release);
    this.#kept.delete(key);
    this.#kept.set(key, burst);
    burst.catch(() => this.#kept.delete(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return burst;
  }

  async #make(jobId: JobId, from: number, endIndex: number, release: string): Promise<Burst> {
    const until = Math.min(endIndex, from - (from % mostEvents) + mostEvents);
    const insiders = new Set<ParticipantName>();
    const parts: Uint8Array[] = [];
    let [next, size] = [from, 0];
    while (next < until && size < mostBytes) {
      const events = await this.feed.read(jobId, next);
      if (events.length === 0) break;
      for (const { index, kind, between, bytes } of events) {
        if (next === until || size >= mostBytes) break;
        next = index + 1;
        for (const name of between ?? []) insiders.add(name);
        if (between !== undefined || !isTold(release, kind)) continue;
        parts.push(bytes);
        size += bytes.length;
      }
    }
    return { endIndex: next, insiders, frame: await frameOf(parts) };
  }
}

async function frameOf(parts: readonly Uint8Array[]): Promise<Frame | undefined> {
  if (parts.length === 0) return undefined;
  const joined = Buffer.concat(parts);
  if (joined.length < packedFrom) return Frame.of(joined);
  return Frame.of(responseSerialize({ packed: await deflated(joined, { level }) }));
}
