import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { eventToWire, type HexDigest, type JobEvent, type JobId } from '../../contract/index.js';
import type { NewJob, Store } from '../../coordinator/store/index.js';

const jobId = (n: number) => `job-${n.toString(16).padStart(32, '0')}` as JobId;
const digest = (n: number) => n.toString(16).padStart(64, '0') as HexDigest;
const tick = (index: number, atMs = index): JobEvent => ({
  index,
  atMs,
  body: { kind: 'consented', deadlineMs: 2 ** 41 },
});
const newJob = (n: number, change: Partial<NewJob> = {}): NewJob => ({
  jobId: jobId(n),
  specDigest: digest(n),
  submitter: 'ana',
  idempotencyKey: '',
  first: tick(0, 1_700_000_000_000 + n),
  ...change,
});

/** What every store must do. `open` gives a store on the same data each time it is called within one test. */
export function storeSuite(
  name: string,
  setUp: () => Promise<{ open(): Promise<Store>; tearDown(): Promise<void> }>,
) {
  describe(`store contract: ${name}`, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });
    const start = async () => {
      const place = await setUp();
      closing.push(place.tearDown);
      const open = async () => {
        const store = await place.open();
        closing.push(() => store.close());
        return store;
      };
      return { open, store: await open() };
    };

    it.each([
      ['Uint8Array', new Uint8Array(1000).fill(7)],
      ['Buffer', Buffer.alloc(1000, 7)],
    ])(
      'gives back events as they were appended, bytes (%s) and large integers included',
      async (_, ciphertext) => {
        const { store } = await start();
        await store.createJob(newJob(1));
        const sealed: JobEvent = {
          index: 1,
          atMs: 1_799_999_999_999,
          body: {
            kind: 'posted',
            post: {
              sender: 'bank-a' as never,
              rosterDigest: digest(7),
              signature: 'ab'.repeat(64),
              body: {
                kind: 'sealed',
                to: 'bank-b' as never,
                purpose: 'sum-shares',
                sum: 3,
                seq: 0,
                last: true,
                enc: new Uint8Array([0, 255, 1]),
                ciphertext,
                signature: 'cd'.repeat(64),
              },
            },
          },
        };
        expect(await store.append(jobId(1), [sealed, tick(2)], 'keying')).toBe(true);
        const [read, ...rest] = await store.readEvents(jobId(1), 1, 10);
        expect(rest).toEqual([tick(2)]);
        expect(eventToWire(read!)).toEqual(eventToWire({ ...sealed, body: structuredClone(sealed.body) }));
        expect(await store.readEvents(jobId(1), 1, 1)).toEqual([read]);
        expect(await store.readEvents(jobId(2), 0, 10)).toEqual([]);
      },
    );

    it('stores a transcript without gaps, whatever writers try', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ from: fc.nat(12), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 20 }),
          async (attempts) => {
            const { store } = await start();
            await store.createJob(newJob(1));
            let length = 1;
            for (const { from, count } of attempts) {
              const events = Array.from({ length: count }, (_, k) => tick(from + k));
              const stored = await store.append(jobId(1), events, 'running');
              expect(stored).toBe(from === length);
              if (stored) length += count;
            }
            const indexes = (await store.readEvents(jobId(1), 0, 1000)).map(({ index }) => index);
            expect(indexes).toEqual(Array.from({ length }, (_, k) => k));
            expect((await store.findJob(jobId(1)))?.nextIndex).toBe(length);
          },
        ),
        { numRuns: 20 },
      );
    });

    it('lets one of two writers win', async () => {
      const { open, store } = await start();
      const other = await open();
      await store.createJob(newJob(1));
      const results = await Promise.all([
        store.append(jobId(1), [tick(1)], 'keying'),
        other.append(jobId(1), [tick(1)], 'keying'),
      ]);
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await other.readEvents(jobId(1), 0, 10)).toHaveLength(2);
    });

    it('answers an idempotency key with its first job, per submitter', async () => {
      const { store } = await start();
      const key = { idempotencyKey: 'k1' };
      expect(await store.createJob(newJob(1, key))).toBe('created');
      expect(await store.createJob(newJob(1, key))).toBe('repeated');
      expect(await store.createJob(newJob(2, key))).toBe('other-spec');
      expect(await store.createJob(newJob(2, { ...key, submitter: 'ben' }))).toBe('created');
      expect(await store.createJob(newJob(1))).toBe('replayed');
      expect(await store.createJob(newJob(1, { idempotencyKey: 'k2' }))).toBe('replayed');
      expect((await store.listJobs({ limit: 10 })).map((row) => row.jobId)).toEqual([jobId(2), jobId(1)]);
    });

    it('lists by state, newest first', async () => {
      const { store } = await start();
      for (const n of [1, 2, 3]) await store.createJob(newJob(n));
      await store.append(jobId(2), [tick(1, 99)], 'failed');
      const live = await store.listJobs({ states: ['awaiting-consent'], limit: 10 });
      expect(live.map((row) => row.jobId)).toEqual([jobId(3), jobId(1)]);
      expect(await store.findJob(jobId(2))).toEqual({
        jobId: jobId(2),
        state: 'failed',
        submittedMs: 1_700_000_000_002,
        endedMs: 99,
        nextIndex: 2,
      });
      expect(await store.listJobs({ limit: 1 })).toHaveLength(1);
    });

    it('keeps everything over a restart', async () => {
      const { open, store } = await start();
      await store.createJob(newJob(1));
      await store.append(jobId(1), [tick(1)], 'keying');
      const again = await open();
      expect(await again.readEvents(jobId(1), 0, 10)).toHaveLength(2);
    });

    it('shows identity events of every writer to every reader, in one order', async () => {
      const { open, store } = await start();
      const other = await open();
      const revoked = (name: string) =>
        ({ kind: 'revoked', atMs: 1, name: name as never, reason: '' }) as const;
      await store.registryLog.append(revoked('ana'));
      await other.registryLog.append(revoked('ben'));
      const seen = await store.registryLog.read(-1);
      expect(seen.map(({ event }) => event.kind === 'revoked' && event.name)).toEqual(['ana', 'ben']);
      expect(await other.registryLog.read(-1)).toEqual(seen);
      expect(await store.registryLog.read(seen[0]!.index)).toEqual(seen.slice(1));
    });
  });
}
