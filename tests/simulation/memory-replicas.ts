import type { JobId } from '../../contract/index.js';
import type { Announcement, ReplicaListener, Replicas } from '../../coordinator/store/index.js';
import type { VirtualTime } from './virtual-time.js';

interface Held {
  readonly replica: string;
  readonly token: number;
  readonly untilMs: number;
}

/** Longest way of a notification. */
const newsMs = 20;

/** What replicas share beside the store: leases, announcements, letters, and who listens. Nothing in it must not be lost. */
export class Exchange {
  readonly leases = new Map<JobId, Held>();
  readonly announcements = new Map<string, { readonly text: string; readonly untilMs: number }>();
  readonly letters = new Map<string, string[]>();
  readonly #ears = new Map<string, { hears(): boolean; listener: ReplicaListener }>();

  constructor(readonly time: VirtualTime) {}

  listen(self: string, ear: { hears(): boolean; listener: ReplicaListener }): () => void {
    this.#ears.set(self, ear);
    return () => this.#ears.delete(self);
  }

  /** As NOTIFY does at the end of a transaction: to everybody who listens then, the sender among them. */
  notify(tell: (listener: ReplicaListener, self: string) => void): void {
    [...this.#ears].forEach(([self, ear], place) => {
      this.time.after(1 + ((this.time.now * 7 + place * 5) % newsMs), () => {
        if (this.#ears.get(self) === ear && ear.hears()) tell(ear.listener, self);
      });
    });
  }

  /** Whoever was deaf hears again: it looks up what it missed. */
  reconnected(self: string): void {
    this.#ears.get(self)?.listener.reconnected?.();
  }
}

/** The talk of one process with the others, as `PostgresReplicas` gives it; times are the exchange's. */
export function memoryReplicas(
  exchange: Exchange,
  self: string,
  reach: <T>(work: () => T) => Promise<T>,
  hears: () => boolean,
): Replicas {
  const { leases, announcements, letters, time } = exchange;
  return {
    self,
    claim: (jobIds, ttlMs) =>
      reach(() =>
        [...jobIds].sort().flatMap((jobId) => {
          const held = leases.get(jobId);
          if (held && held.replica !== self && held.untilMs >= time.now) return [];
          const token = (held?.token ?? 0) + (held?.replica === self ? 0 : 1);
          leases.set(jobId, { replica: self, token, untilMs: time.now + ttlMs });
          return [{ jobId, token }];
        }),
      ),
    release: () =>
      reach(() => {
        for (const [jobId, held] of leases) {
          if (held.replica === self) leases.set(jobId, { ...held, untilMs: Number.NEGATIVE_INFINITY });
        }
        announcements.delete(self);
        exchange.notify((listener, who) => who !== self && listener.announced?.());
      }),
    announce: (text, ttlMs) =>
      reach(() => {
        const before = announcements.get(self)?.text;
        announcements.set(self, { text, untilMs: time.now + ttlMs });
        if (before !== text) exchange.notify((listener, who) => who !== self && listener.announced?.());
      }),
    others: () =>
      reach(() =>
        [...announcements].flatMap(([replica, { text, untilMs }]): Announcement[] =>
          replica !== self && untilMs > time.now ? [{ replica, text }] : [],
        ),
      ),
    send: (to, letter) =>
      reach(() => {
        letters.set(to, [...(letters.get(to) ?? []), letter]);
        exchange.notify((listener, who) => who === to && listener.letters?.());
      }),
    receive: () =>
      reach(() => {
        const waiting = letters.get(self) ?? [];
        letters.delete(self);
        return waiting;
      }),
    listen: (listener) => {
      const stop = exchange.listen(self, { hears, listener });
      time.after(1, () => listener.reconnected?.());
      return async () => stop();
    },
  };
}
