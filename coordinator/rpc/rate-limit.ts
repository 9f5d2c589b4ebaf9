import { type Clock, CodedError } from '../../contract/index.js';

export interface Pace {
  /** Calls one caller may make at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** The burst takes the sealed posts of a full roster in one go, several times over. */
const everyCall: Pace = { burst: 2000, perSecond: 500 };

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A token bucket per caller. Enrolled callers only, so memory is bounded by the number of parties. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly pace = everyCall,
  ) {}

  /** @throws {CodedError} RATE_LIMITED; what is refused counts for nothing. */
  take(caller: string, calls = 1): void {
    const { burst, perSecond } = this.pace;
    const nowMs = this.clock.now();
    const bucket = this.#buckets.get(caller) ?? { tokens: burst, atMs: nowMs };
    const refilled = (Math.max(nowMs - bucket.atMs, 0) / 1000) * perSecond;
    const tokens = Math.min(burst, bucket.tokens + refilled);
    const left = tokens - calls;
    this.#buckets.set(caller, { tokens: left < 0 ? tokens : left, atMs: nowMs });
    if (left < 0)
      throw new CodedError('RATE_LIMITED', `${caller} makes more than ${perSecond} calls a second`);
  }
}
