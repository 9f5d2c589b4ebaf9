import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventFromWire,
  type HexDigest,
  type JobEvent,
  type JobId,
  type ParticipantName,
  type PostBody,
} from '../../../contract/index.js';
import { Bursts } from '../../../coordinator/rpc/bursts.js';
import { EventFeed } from '../../../coordinator/rpc/event-feed.js';
import { News } from '../../../coordinator/rpc/news.js';
import { Session } from '../../../coordinator/rpc/session.js';
import { Turns } from '../../../coordinator/rpc/turns.js';
import { unpacked } from '../../../participant/session/packed.js';
import { wire } from '../../../proto/index.js';
import { roster, sealed } from './support/honest.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';
import { TableJob } from './support/table-job.js';

const jobId = `job-${'4b'.repeat(16)}` as JobId;
const digest = 'ab'.repeat(32) as HexDigest;
const [first, second, third] = roster as [ParticipantName, ParticipantName, ParticipantName];
const { responseDeserialize } = wire.ParticipantService.service.Session;

function posted(index: number, sender: ParticipantName, body: PostBody): JobEvent {
  return {
    index,
    atMs: 7,
    body: { kind: 'posted', post: { sender, rosterDigest: digest, signature: 'cd'.repeat(64), body } },
  };
}

/** `sealed`: from the first to the second; `told`: since 0.2; `public`: for everybody. */
type Kind = 'public' | 'sealed' | 'told';

function transcriptOf(kinds: readonly Kind[]): JobEvent[] {
  return kinds.map((kind, index) => {
    if (kind === 'sealed') return posted(index, first, sealed(second, 'job-keys', 0));
    if (kind === 'told') return { index, atMs: 7, body: { kind: 'revoked', party: third } };
    return posted(index, first, { kind: 'survivorSignature', sum: index, survivorDigest: digest });
  });
}

function feedOf(events: readonly JobEvent[]) {
  return new EventFeed({ readEvents: async (_, from, limit) => events.slice(from, from + limit) });
}

/** A session whose other side takes everything, and what it took. */
function reader(name: ParticipantName, feed: EventFeed, bursts: Bursts) {
  const shown: JobEvent[] = [];
  const messages: Buffer[] = [];
  const call = {
    writableLength: 0,
    write: (message: Buffer, done: () => void) => {
      messages.push(message);
      const { packed, events } = responseDeserialize(message);
      for (const { event } of packed.length > 0 ? unpacked(packed) : events) shown.push(eventFromWire(event));
      setImmediate(done);
      return true;
    },
  };
  const session = new Session(
    name,
    call as never,
    feed,
    bursts,
    new Turns({ most: 2, mostEach: 1, heldMs: 3_600_000 }),
  );
  session.takesPacked = true;
  return { session, shown, messages };
}

describe('events that many are shown', () => {
  it('reach each of them once, in order, and only those that are for it, wherever it stands', async () => {
    const kind = fc.constantFrom<Kind>('public', 'public', 'public', 'sealed');
    const course = fc.record({
      kinds: fc.array(kind, { minLength: 1, maxLength: 700 }),
      from: fc.nat(700),
      news: fc.array(fc.nat(700), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(course, async ({ kinds, from, news }) => {
        const events = transcriptOf(kinds);
        const feed = feedOf(events);
        const bursts = new Bursts(feed);
        const readers = roster.map((name) => reader(name, feed, bursts));
        const start = Math.min(from, events.length - 1);
        for (const end of [...news.sort((a, b) => a - b), events.length]) {
          for (const { session } of readers) session.follow(jobId, start, Math.min(end, events.length));
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const [place, { shown }] of readers.entries()) {
          const wanted = events.slice(start).filter((_, at) => place !== 2 || kinds[start + at] !== 'sealed');
          await expect.poll(() => shown.at(-1)?.index, { interval: 2 }).toBe(wanted.at(-1)?.index);
          expect(shown.map(({ index }) => index)).toEqual(wanted.map(({ index }) => index));
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('are read and compressed once for all who stand at the same place', async () => {
    const events = transcriptOf(Array.from({ length: 120 }, () => 'public'));
    const feed = feedOf(events);
    const bursts = new Bursts(feed);
    const readers = Array.from({ length: 50 }, () => reader(third, feed, bursts));
    for (const { session } of readers) session.follow(jobId, 0, events.length);
    await expect.poll(() => readers.every(({ shown }) => shown.length === 120)).toBe(true);
    expect(readers.map(({ messages }) => messages.length)).toEqual(readers.map(() => 1));
    // The very same bytes, not only equal ones.
    expect(new Set(readers.map(({ messages }) => messages[0])).size).toBe(1);
    const plain = events.length * 330;
    expect(readers[0]!.messages[0]!.length).toBeLessThan(plain / 2);
  });

  it('end where those of others do, so that sessions far behind come to ask for the same', async () => {
    const events = transcriptOf(Array.from({ length: 1000 }, () => 'public'));
    const bursts = new Bursts(feedOf(events));
    for (const from of [131, 200, 255])
      expect((await bursts.read(jobId, from, 1000, '0.2')).endIndex).toBe(256);
  });

  it('hold a bounded number of bytes, and one event at least', async () => {
    const large: JobEvent[] = Array.from({ length: 20 }, (_, index) => {
      return { index, atMs: 7, body: { kind: 'cancelled', by: 'ana', reason: 'x'.repeat(100_000) } };
    });
    const bursts = new Bursts(feedOf(large));
    expect((await bursts.read(jobId, 0, 20, '0.2')).endIndex).toBe(1);
  });

  it('leave out what a version does not know', async () => {
    const events = transcriptOf(['public', 'told', 'public']);
    const bursts = new Bursts(feedOf(events));
    const indexes = async (release: string) => {
      const { frame, endIndex } = await bursts.read(jobId, 0, 3, release);
      const shown = responseDeserialize(frame!.message).events;
      return [endIndex, ...shown.map(({ event }) => eventFromWire(event).index)];
    };
    expect(await indexes('0.2')).toEqual([3, 0, 1, 2]);
    expect(await indexes('0.1')).toEqual([3, 0, 2]);
  });

  it('are asked for again after the store could not be read', async () => {
    let down = true;
    const events = transcriptOf(['public']);
    const bursts = new Bursts({
      read: async (...asked) => {
        if (down) throw new Error('away');
        return feedOf(events).read(...asked);
      },
    });
    await expect(bursts.read(jobId, 0, 1, '0.2')).rejects.toThrow('away');
    down = false;
    expect((await bursts.read(jobId, 0, 1, '0.2')).endIndex).toBe(1);
  });
});

describe('news of a job', () => {
  it('of posts wait for each other a moment; what the coordinator says does not wait', async () => {
    const told: unknown[] = [];
    const news = new News((state) => told.push(state));
    const job = new TableJob();
    const consenting = job.state;
    news.changed(consenting);
    const [one, two] = [{ ...consenting }, { ...consenting }];
    news.changed(one);
    news.changed(two);
    expect(told).toEqual([consenting]);
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]).toBe(two);
    const keying = job.run(({ kind }) => kind === 'keying').state;
    news.changed(two);
    news.changed(keying);
    expect(told.at(-1)).toBe(keying);
    news.close();
  });
});

describe('a participant that takes packed events', () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served.close());

  it('is shown what one that does not is shown, in fewer bytes; sealed posts reach their receiver alone', async () => {
    const { jobId: played } = await served.submit();
    const state = await served.play(played);
    expect(state.kind).toBe('finished');
    const stored = await served.store.readEvents(played, 0, 1000);
    const isSealed = ({ body }: JobEvent) => body.kind === 'posted' && body.post.body.kind === 'sealed';
    const sums = stored.findLastIndex(isSealed) + 2;
    for (const name of roster) {
      for (const nextIndex of [1, sums]) {
        const read = async (takesPacked: boolean) => {
          const session = openSession(served, name, [{ jobId: played, nextIndex }], { takesPacked });
          await session.until((events) => events.at(-1)?.body.kind === 'finished');
          session.end();
          await session.over;
          return session;
        };
        const [plain, packed] = [await read(false), await read(true)];
        expect(packed.events).toEqual(plain.events);
        expect(plain.packedMessages()).toBe(0);
        if (nextIndex === sums) expect(packed.packedMessages()).toBe(1);
        else expect(plain.events.length).toBeLessThan(stored.length);
      }
    }
  }, 60_000);
});
