import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventToWire,
  type HexDigest,
  type JobId,
  type ParticipantName,
  postToWire,
  Secret,
} from '../../contract/index.js';
import { Journal } from '../../participant/journal/index.js';
import { memoryJournal, ParticipantDisk } from '../simulation/memory-journal.js';
import { memoryStore, StoreDisk } from '../simulation/memory-store.js';
import { specFor, submittedEvent } from '../support/cast.js';
import { storeSuite } from './store-suite.js';

storeSuite('memory', async () => {
  const disk = new StoreDisk();
  return { open: async () => memoryStore(disk), tearDown: async () => {} };
});

const jobId = (n: number) => `job-${String(n).padStart(32, '0')}` as JobId;
const name = fc.constantFrom('a', 'b', 'c');
const job = fc.integer({ min: 1, max: 2 });
const small = fc.nat(3);
const population = fc.constantFrom('1'.repeat(64) as HexDigest, '2'.repeat(64) as HexDigest);

/** One call of a journal, and everything that can be asked of it. */
const call = fc.oneof(
  fc.record({
    kind: fc.constant('keepJob' as const),
    job,
    state: fc.constantFrom('running', 'finished', 'left'),
    name,
  }),
  fc.record({ kind: fc.constant('conclude' as const), job }),
  fc.record({ kind: fc.constant('keepEvent' as const), job, index: small, atMs: small }),
  fc.record({ kind: fc.constant('keepSaid' as const), job, name, sum: small }),
  fc.record({
    kind: fc.constant('keepOutgoing' as const),
    job,
    sum: small,
    bytes: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('keepSecret' as const), job, name, byte: small }),
  fc.record({
    kind: fc.constant('keepStatistic' as const),
    job,
    sum: small,
    population,
    members: fc.uniqueArray(name, { minLength: 1 }),
    sketch: fc.option(fc.array(small.map(Math.fround), { maxLength: 3 })),
  }),
);
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

function act(journal: Journal, one: Call): void {
  const id = jobId(one.job);
  switch (one.kind) {
    case 'keepJob':
      return journal.keepJob(id, one.state as 'running', one.name, one.name.repeat(600));
    case 'conclude':
      return journal.conclude(id);
    case 'keepEvent':
      return journal.keepEvent(id, { index: one.index, atMs: one.atMs, body: submittedEvent(spec) });
    case 'keepSaid': {
      const body = {
        kind: 'survivorSignature',
        sum: one.sum,
        survivorDigest: '0'.repeat(64) as HexDigest,
      } as const;
      const post = {
        sender: 'bank-a' as ParticipantName,
        rosterDigest: '' as const,
        signature: 'ab'.repeat(64),
        body,
      };
      return journal.keepSaid(id, [{ place: one.name, post }]);
    }
    case 'keepOutgoing': {
      const { sum, bytes } = one;
      const shape = { purpose: 'update', round: 1, valueCount: 3, parameterSet: 'narrow' } as const;
      return journal.keepOutgoing(id, {
        ...shape,
        sum,
        bytes,
        digest: '0'.repeat(64) as HexDigest,
        timings: [],
      });
    }
    case 'keepSecret':
      journal.keepSecret(id, one.name, new Secret(new Uint8Array([one.byte])));
      return;
    case 'keepStatistic':
      return journal.statistics.keep({
        population: one.population,
        jobId: id,
        sum: one.sum,
        purpose: 'update',
        members: one.members,
        colluders: one.sum,
        ...(one.sketch && {
          model: { key: '0'.repeat(64) as HexDigest, sketch: Float32Array.from(one.sketch) },
        }),
      });
  }
}

const spec = specFor(['bank-a', 'bank-b', 'bank-c']);

function contentsOf(journal: Journal) {
  return [1, 2].map(jobId).map((id) => ({
    job: journal.job(id),
    events: journal.events(id).map((event) => eventToWire(event)),
    said: ['a', 'b', 'c'].map((place) => {
      const post = journal.said(id, place);
      return post && postToWire(post);
    }),
    outgoing: [0, 1, 2, 3].map((sum) => journal.outgoing(id, sum)),
    secrets: ['a', 'b', 'c'].map((place) => journal.secret(id, place)?.reveal().join()),
    statistics: ['1', '2'].map((digit) => journal.statistics.of(digit.repeat(64) as HexDigest)),
  }));
}

describe('the journal in memory', () => {
  it('keeps what the real one keeps, whatever is asked of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrisk-simulation-'));
    let files = 0;
    try {
      fc.assert(
        fc.property(fc.array(call, { maxLength: 25 }), (calls) => {
          files += 1;
          const real = new Journal(join(folder, `${files}.sqlite`), new Secret(new Uint8Array(32)));
          const double = memoryJournal(new ParticipantDisk());
          for (const one of calls) {
            act(real, one);
            act(double, one);
          }
          expect(contentsOf(double)).toEqual(contentsOf(real));
          expect(double.jobs()).toEqual(real.jobs());
          real.close();
        }),
        { numRuns: 40 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
