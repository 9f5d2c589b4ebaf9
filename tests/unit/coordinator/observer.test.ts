import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventBody, JobEvent, JobId } from '../../../contract/index.js';
import { folderBytes, Observer, type Stretch, Timeline } from '../../../coordinator/observe/index.js';
import { openSqliteStore, type Store } from '../../../coordinator/store/index.js';
import type { FinishedSpan, Tracing } from '../../../observe/index.js';
import { Metrics } from '../../../observe/metrics.js';
import { digest, roster, spec } from './support/honest.js';

const jobId = `job-${'5e'.repeat(16)}` as JobId;
const { dataset } = spec();

const submitted: EventBody = {
  kind: 'submitted',
  specJson: JSON.stringify({ dataset }),
  specDigest: digest('spec'),
  submitter: 'ana',
  organisation: 'Bank A',
  deadlineMs: 9,
};
const deadlineMs = 99_000;

/** Two seconds each: consent, keys, then a sum whose phases take 1, 2 and 4 s, and a second one that is given up. */
const course: readonly (readonly [seconds: number, body: EventBody])[] = [
  [0, submitted],
  [2, { kind: 'consented', deadlineMs }],
  [4, { kind: 'sumStarted', sum: 0, purpose: 'magnitudes', round: 0, deadlineMs }],
  [5, { kind: 'survivorsProposed', sum: 0, members: roster, deadlineMs }],
  [7, { kind: 'sumReady', sum: 0, digest: digest('sum'), bytes: 1, addMs: 500, deadlineMs }],
  [
    11,
    {
      kind: 'sumAgreed',
      sum: 0,
      fingerprint: digest('f'),
      next: { purpose: 'moments', round: 0, stopped: '', bestRound: 0 },
      metrics: [],
    },
  ],
  [12, { kind: 'sumStarted', sum: 1, purpose: 'moments', round: 0, deadlineMs }],
  [15, { kind: 'failed', code: 'DEADLINE_MISSED', detail: 'bank-b', parties: ['bank-b'] }],
];
const events: readonly JobEvent[] = course.map(([seconds, body], index) => ({
  index,
  atMs: 1000 * seconds,
  body,
}));

function told(stretches: readonly Stretch[]): string[] {
  return stretches.map(({ name, number, startMs, endMs, code }) => {
    return [name, number, `${startMs / 1000}-${endMs / 1000}`, code]
      .filter((part) => part !== undefined)
      .join(' ');
  });
}

const expected = [
  'consent 0-2',
  'keying 2-4',
  'collecting 0 4-5',
  'unmasking 0 5-7',
  'applying 0 7-11',
  'sum 0 4-11',
  'collecting 1 12-15 DEADLINE_MISSED',
  'sum 1 12-15 DEADLINE_MISSED',
  'job 0-15 DEADLINE_MISSED',
];

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-observer-'));
  store = openSqliteStore(join(folder, 'coordinator.sqlite'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Puts the course into a store by an observer, up to an event and from there by another one, as after a restart. */
async function observed(restartAt: number) {
  const metrics = new Metrics();
  const spans: FinishedSpan[] = [];
  const record = (span: FinishedSpan) => void spans.push(span);
  const tracing: Tracing = { record, flush: async () => {}, close: async () => {} };
  let through = new Observer(metrics, tracing, folder).store(store);
  const first = events[0]!;
  await through.createJob({ jobId, specDigest: digest('spec'), submitter: 'ana', idempotencyKey: '', first });
  for (const event of events.slice(1)) {
    if (event.index === restartAt) {
      through = new Observer(new Metrics(), tracing, folder).store(store);
    }
    const ended = event.body.kind === 'failed';
    expect(await through.append(jobId, [event], ended ? 'failed' : 'preparing')).toBe(true);
  }
  return { metrics, spans, through };
}

describe('the timeline of a transcript', () => {
  it('tells the stretches of a horizontal job', () => {
    const timeline = new Timeline();
    expect(told(events.flatMap((event) => timeline.apply(event)))).toEqual(expected);
  });

  it('tells the steps of a vertical job', () => {
    const timeline = new Timeline();
    const step = (number: number, name: string): EventBody =>
      ({ kind: 'stepOpened', step: number, name, round: 0, deadlineMs }) as EventBody;
    const bodies = [
      submitted,
      step(0, 'keys'),
      step(1, 'blind'),
      { kind: 'cancelled', by: 'o', reason: '' } as const,
    ];
    const stretches = bodies.flatMap((body, index) => timeline.apply({ index, atMs: 1000 * index, body }));
    expect(told(stretches)).toEqual([
      'consent 0-1',
      'step 0 1-2',
      'step 1 2-3 JOB_CANCELLED',
      'job 0-3 JOB_CANCELLED',
    ]);
  });
});

describe('an observer before a store', () => {
  it.each([undefined, 1, 3, 4, 5, 7])(
    'tells each stretch once, with a restart before event %s',
    async (restartAt) => {
      const { spans, through } = await observed(restartAt ?? -1);
      expect(spans.map(({ name, startMs, endMs }) => `${name} ${startMs / 1000}-${endMs / 1000}`)).toEqual(
        expected.map((line) => line.replace(/ \d (?=\d+-)/, ' ').replace(' DEADLINE_MISSED', '')),
      );
      expect(await through.readEvents(jobId, 0, 100)).toEqual(events);
    },
  );

  it('counts and times, and counts nothing that came second to another replica', async () => {
    const { metrics, through } = await observed(-1);
    expect(await through.append(jobId, [events[3]!], 'preparing')).toBe(false);
    const page = await metrics.page();
    expect(page).toMatch(/^fedrisk_events_total\{kind="survivorsProposed"\} 1$/m);
    expect(page).toMatch(/^fedrisk_append_conflicts_total 1$/m);
    expect(page).toMatch(/^fedrisk_append_seconds_count 8$/m);
    expect(page).toMatch(/^fedrisk_phase_seconds_sum\{phase="sum",purpose="magnitudes"\} 7$/m);
    expect(page).toMatch(/^fedrisk_jobs_ended_total\{outcome="DEADLINE_MISSED"\} 1$/m);
  });
});

describe('bytes below a folder', () => {
  it('are those of its files, and none of what is not there', async () => {
    await mkdir(join(folder, 'blobs', 'a'), { recursive: true });
    writeFileSync(join(folder, 'blobs', 'x'), Buffer.alloc(10));
    writeFileSync(join(folder, 'blobs', 'a', 'y'), Buffer.alloc(5));
    expect(await folderBytes(join(folder, 'blobs'))).toBe(15);
    expect(await folderBytes(join(folder, 'absent'))).toBe(0);
  });
});
