import { EventEmitter } from 'node:events';
import { constants } from 'node:http2';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent, JobId, ParticipantName } from '../../../contract/index.js';
import { EventFeed } from '../../../coordinator/rpc/event-feed.js';
import { taken } from '../../../coordinator/rpc/taken.js';
import { JobWatches } from '../../../coordinator/rpc/watch-job.js';
import { unaryCall } from '../../../participant/identity/index.js';
import { codedAsync } from '../../support/coded.js';
import { deafSession } from './support/deaf-session.js';
import { commitments, sealed } from './support/honest.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';
import { TableJob } from './support/table-job.js';

const jobId = `job-${'4a'.repeat(16)}` as JobId;

/** A call whose other side takes a message when it is told to. */
class HeldCall extends EventEmitter {
  cancelled = false;
  readonly written: unknown[] = [];
  readonly #held: (() => void)[] = [];

  write(message: unknown, done: () => void): boolean {
    this.written.push(message);
    this.#held.push(done);
    return false;
  }

  take(): void {
    for (const done of this.#held.splice(0)) done();
  }
}

describe('a message', () => {
  it('is waited for until it is taken, until its caller is gone, or until that takes too long', async () => {
    const call = new HeldCall();
    const sent = taken(call, 'one', 60_000);
    call.take();
    await sent;
    const lost = taken(call, 'two', 60_000);
    call.emit('cancelled');
    await lost;
    expect(await codedAsync(taken(call, 'three', 20))).toBe('RATE_LIMITED');
    expect(call.eventNames()).toEqual([]);
  });
});

describe('the feed of a transcript', () => {
  const events = Array.from({ length: 300 }, (_, index): JobEvent => {
    return { index, atMs: 7, body: { kind: 'cancelled', by: 'ana', reason: 'x'.repeat(1000) } };
  });

  it('asks the store for an event once, however many read it, and again only once it was dropped', async () => {
    const reads: number[] = [];
    const readEvents = async (_: JobId, from: number, limit: number) => {
      const found = events.slice(from, from + limit);
      reads.push(...found.map(({ index }) => index));
      return found;
    };
    const indexesOf = async (feed: EventFeed) => {
      const indexes: number[] = [];
      for (let next = 0; next < events.length; next = indexes.length) {
        indexes.push(...(await feed.read(jobId, next)).map(({ index }) => index));
      }
      return indexes;
    };
    const every = events.map(({ index }) => index);
    const feed = new EventFeed({ readEvents });
    for (const indexes of await Promise.all(Array.from({ length: 50 }, () => indexesOf(feed)))) {
      expect(indexes).toEqual(every);
    }
    expect(reads).toEqual(every);
    const tight = new EventFeed({ readEvents }, 100_000);
    expect(await indexesOf(tight)).toEqual(every);
    expect(tight.bytes).toBeLessThanOrEqual(100_000);
    expect(await indexesOf(tight)).toEqual(every);
    expect(reads.length).toBe(3 * events.length);
  });

  it('shows what was stored while it was read', async () => {
    let stored = 1;
    const feed = new EventFeed({ readEvents: async (_, from) => events.slice(from, stored) });
    const first = feed.read(jobId, 0);
    stored = 2;
    expect((await feed.read(jobId, 1)).map(({ index }) => index)).toEqual([1]);
    expect((await first).map(({ index }) => index)[0]).toBe(0);
  });
});

describe('watchers', () => {
  it('share one view of a change, a thousand of them; who reads none of it is dropped, and keeps nobody', async () => {
    const job = new TableJob();
    const listeners: ((state: unknown) => void)[] = [];
    let views = 0;
    const sources = () => {
      views += 1;
      return {
        presence: { isConnected: () => true, progress: () => undefined },
        parties: new Map(),
        nowMs: 0,
      };
    };
    const book = { watch: (listener: (state: unknown) => void) => listeners.push(listener) };
    const watches = new JobWatches({ book, sources, unreadMs: 1_000 } as never);
    const live = { jobId: job.state.charter.jobId, state: job.state };
    const serve = (call: HeldCall) => watches.serve(call as never, live as never, async () => undefined);
    const calls = Array.from({ length: 1000 }, () => new HeldCall());
    const over = calls.map(serve);
    const deaf = new HeldCall();
    const dropped = codedAsync(serve(deaf));
    await Promise.resolve();
    for (const call of calls) call.take();
    expect(views).toBe(1);
    for (let change = 0; change < 50; change++) for (const changed of listeners) changed(live.state);
    await expect
      .poll(() => calls.every(({ written }) => written.length === 2), { timeout: 10_000 })
      .toBe(true);
    expect(views).toBe(2);
    for (const call of calls) {
      call.cancelled = true;
      call.take();
      call.emit('cancelled');
    }
    await Promise.all(over);
    expect(await dropped).toBe('RATE_LIMITED');
    expect(deaf.written.length).toBe(1);
  });
});

describe('a participant that takes nothing of its session', () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served.close());

  const connected = async (name: string) => {
    const { jobs } = served.member('ana');
    const { parties } = await unaryCall<{ parties: { name: string; connected: boolean }[] }>((...rest) =>
      jobs.listParties({}, ...rest),
    );
    return parties.find((party) => party.name === name)?.connected;
  };

  it('is dropped while others are served, and misses nothing when it comes back', async () => {
    const [first, other, deaf] = ['bank-a', 'bank-b', 'platform-x'] as [string, string, ParticipantName];
    const { jobId } = await served.submit();
    const isSigning = (state: Awaited<ReturnType<typeof served.state>>) =>
      state.kind === 'keying' && state.keying.stage === 'signing';
    const silent = await deafSession(join(served.folder, deaf), served.address);
    const reader = openSession(served, other);
    await served.play(jobId, isSigning);
    await expect.poll(() => connected(deaf)).toBe(true);
    await served.say(first, jobId, { kind: 'keyCommitments', ...commitments });
    // Far more than fits into the windows of a connection.
    for (let seq = 0; seq < 16; seq++) {
      const ciphertext = new Uint8Array(400_000).fill(seq);
      await served.say(first, jobId, {
        ...sealed(deaf, 'job-keys', 0),
        seq,
        last: seq === 15,
        ciphertext,
      });
    }
    await reader.until((events) => events.some(({ body }) => isCommitments(body)));
    await expect.poll(() => connected(deaf), { timeout: 60_000 }).toBe(false);
    expect(await connected(other)).toBe(true);
    // What waited for it went with the stream, which nothing of the client's doing ended.
    expect(await silent.closed).toBe(constants.NGHTTP2_CANCEL);
    silent.end();
    const back = openSession(served, deaf, [{ jobId, nextIndex: 1 }]);
    await back.until((events) => events.some(({ body }) => isLastPiece(body)));
    const stored = await served.store.readEvents(jobId, 0, 1000);
    expect(back.events.map(({ index }) => index)).toEqual(stored.map(({ index }) => index));
    back.end();
    reader.end();
  }, 120_000);
});

function isCommitments(body: JobEvent['body']): boolean {
  return body.kind === 'posted' && body.post.body.kind === 'keyCommitments';
}

function isLastPiece(body: JobEvent['body']): boolean {
  return body.kind === 'posted' && body.post.body.kind === 'sealed' && body.post.body.last;
}
