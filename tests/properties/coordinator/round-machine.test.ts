import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CodedError,
  type JobEvent,
  type ParticipantName,
  type Post,
  type PostBody,
  type PostOf,
  sumPurposes,
} from '../../../contract/index.js';
import { isUnfinished, type JobState, step, workOf } from '../../../coordinator/rounds/index.js';
import { digest, party, reveal, roster, sealed } from '../../unit/coordinator/support/honest.js';
import { TableJob, upload } from '../../unit/coordinator/support/table-job.js';

const speaker = fc.constantFrom(...roster, 'bank-z' as ParticipantName);
const smallSum = fc.nat(6);
const hexDigest = fc.constantFrom(digest('sum'), digest('other'), digest('survivors', 2));
const next = fc.record({
  purpose: fc.constantFrom(...sumPurposes, 'done' as const),
  round: fc.nat(3),
  stopped: fc.constantFrom('' as const, 'rounds' as const, 'early-stopping' as const),
  bestRound: fc.nat(3),
});
const sealedBody = fc
  .record({
    to: speaker,
    purpose: fc.constantFrom('job-keys' as const, 'sum-shares' as const),
    sum: smallSum,
    seq: fc.nat(20),
    last: fc.boolean(),
  })
  .map(({ to, purpose, sum, ...place }): PostBody => ({ ...sealed(to, purpose, sum), ...place }));

/** Anything that passes the decoder, most of it out of place. */
const anyBody: fc.Arbitrary<PostBody> = fc.oneof(
  sealedBody,
  fc.record({
    kind: fc.constant('consent' as const),
    specDigest: hexDigest,
    approved: fc.boolean(),
    code: fc.constantFrom('', 'POLICY_PEER', 'NO_SUCH_CODE'),
    detail: fc.string({ maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant('contribution' as const),
    sum: smallSum,
    purpose: fc.constantFrom(...sumPurposes),
    round: fc.nat(3),
    valueCount: fc.constantFrom(100, 101),
    parameterSet: fc.constantFrom('narrow' as const, 'wide' as const),
    digest: hexDigest,
    bytes: fc.constantFrom(1000, 999),
    timings: fc.constant<PostOf<'applied'>['timings']>([]),
  }),
  fc.record({ kind: fc.constant('survivorSignature' as const), sum: smallSum, survivorDigest: hexDigest }),
  smallSum.map((sum): PostBody => reveal(sum)),
  fc.record({
    kind: fc.constant('applied' as const),
    sum: smallSum,
    sumDigest: hexDigest,
    fingerprint: hexDigest,
    next,
    metrics: fc.constant<PostOf<'applied'>['metrics']>([]),
    timings: fc.constant<PostOf<'applied'>['timings']>([]),
  }),
  fc.record({
    kind: fc.constant('rosterSignature' as const),
    rosterDigest: hexDigest,
    commitmentsDigest: hexDigest,
  }),
);
const abort: fc.Arbitrary<PostBody> = fc.record({
  kind: fc.constant('abort' as const),
  code: fc.constantFrom('SUM_MAC_MISMATCH', 'NO_SUCH_CODE'),
  detail: fc.string({ maxLength: 20 }),
  sum: smallSum,
  party: fc.constantFrom('', 'bank-b', 'nobody'),
});

type Move =
  | { readonly do: 'honest'; readonly who: ParticipantName; readonly times: number }
  | {
      readonly do: 'garbage';
      readonly who: ParticipantName;
      readonly body: PostBody;
      readonly complete: boolean;
    }
  | { readonly do: 'repeat'; readonly at: number }
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'added'; readonly sum: number }
  | { readonly do: 'addingFailed'; readonly sum: number }
  | { readonly do: 'cancel' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 300,
    arbitrary: fc.record({ do: fc.constant('honest' as const), who: speaker, times: fc.nat(6) }),
  },
  {
    weight: 100,
    arbitrary: fc.record({
      do: fc.constant('garbage' as const),
      who: speaker,
      body: fc.oneof({ weight: 20, arbitrary: anyBody }, { weight: 2, arbitrary: abort }),
      complete: fc.boolean(),
    }),
  },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('repeat' as const), at: fc.nat() }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('tick' as const), ms: fc.nat(400_000) }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('added' as const), sum: smallSum }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('addingFailed' as const), sum: smallSum }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('cancel' as const) }) },
);

/** Events of an honest run before the disturbance begins; the whole run has about 140. */
const honestEvents = fc.nat(140);

function begun(events: number): TableJob {
  const job = new TableJob();
  return job.run(() => job.events.length >= events);
}

/** Makes a move; only a coded refusal may come back, and it changes nothing. */
function make(job: TableJob, move: Move): void {
  const before = { state: job.state, events: job.events.length };
  try {
    play(job, move);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code === 'INTERNAL') throw error;
    expect(job.state).toBe(before.state);
    expect(job.events).toHaveLength(before.events);
  }
}

function play(job: TableJob, move: Move): void {
  const posted = job.events.flatMap(({ body }) => (body.kind === 'posted' ? [body.post] : []));
  switch (move.do) {
    case 'honest':
      for (let k = 0; k < move.times; k++) {
        if (workOf(job.state)) job.add();
        const body = job.honest(move.who);
        if (body && roster.includes(move.who)) job.post(move.who, body);
      }
      return;
    case 'garbage':
      job.post(move.who, move.body, { complete: move.complete });
      return;
    case 'repeat': {
      const post: Post | undefined = posted[move.at % Math.max(posted.length, 1)];
      const facts = { complete: true, prescribedBytes: upload.bytes };
      if (post) job.take({ kind: 'post', post, sender: party(post.sender), upload: facts });
      return;
    }
    case 'tick':
      job.tick(move.ms);
      return;
    case 'added':
      job.take({ kind: 'sumAdded', sum: move.sum, digest: digest('sum'), bytes: 500, addMs: 1 });
      return;
    case 'addingFailed':
      job.take({ kind: 'addingFailed', sum: move.sum, code: 'SUM_MALFORMED', detail: 'x', parties: [] });
      return;
    case 'cancel':
      job.take({ kind: 'cancel', by: 'ana', reason: '' });
  }
}

function refold(events: readonly JobEvent[]): JobState | undefined {
  let state: JobState | undefined;
  for (const event of events) state = step(state, event);
  return state;
}

describe('the round machine, whatever arrives in whatever order', () => {
  it('only ever refuses with a code, keeps its end, and is the fold of a gapless log', () => {
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(honestEvents, fc.array(move, { maxLength: 60 }), (events, moves) => {
        const job = begun(events);
        for (const one of moves) {
          const before = job.state;
          make(job, one);
          if (!isUnfinished(before)) expect(job.state).toBe(before);
        }
        expect(job.events.map(({ index }) => index)).toEqual(job.events.map((_, k) => k));
        expect(refold(job.events)).toEqual(job.state);
        reached.set(job.state.kind, (reached.get(job.state.kind) ?? 0) + 1);
      }),
      { numRuns: 300 },
    );
    // Garbage must not stop everything early, or the property says nothing about the later states.
    const everywhere = ['keying', 'preparing', 'running', 'evaluating', 'finished', 'failed', 'cancelled'];
    expect([...reached.keys()]).toEqual(expect.arrayContaining(everywhere));
  });

  it('finishes with honest participants in any order of speaking', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(2)), (order) => {
        const job = new TableJob({ training: { rounds: 1 } });
        for (let turn = 0; turn < 2000 && isUnfinished(job.state); turn++) {
          if (workOf(job.state)) job.add();
          const name = roster[order.next().value as number]!;
          const body = job.honest(name);
          if (body) job.post(name, body);
        }
        expect(job.state).toMatchObject({ kind: 'finished', rounds: 1 });
      }),
      { numRuns: 50 },
    );
  });

  it('never waits without a deadline: silence ends every job', () => {
    fc.assert(
      fc.property(honestEvents, fc.array(move, { maxLength: 60 }), (events, moves) => {
        const job = begun(events);
        for (const one of moves) make(job, one);
        for (let wait = 0; wait < 10 && isUnfinished(job.state) && !workOf(job.state); wait++) {
          job.tick(3_600_000);
        }
        expect(isUnfinished(job.state) && !workOf(job.state)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
