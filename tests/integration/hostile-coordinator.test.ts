import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EventBody, HexDigest, JobId, Post, PostOf } from '../../contract/index.js';
import { rosterDigest } from '../../contract/index.js';
import { Cast, submittedEvent } from '../support/cast.js';
import {
  addBlindly,
  deafening,
  rewriting,
  rewritingPosts,
  shiftFirstValue,
} from '../support/hostile-attacks.js';
import { type Attack, creditSpec, HostileFederation, names } from '../support/hostile-federation.js';

const hangMs = 120_000;
const digest = (fill: string) => fill.repeat(64) as HexDigest;
const everybody = (verdict: string) => names.map(() => verdict);

let federation: HostileFederation;
/** A job without attack: what later ones replay. */
let earlier: JobId;

beforeAll(async () => {
  federation = await HostileFederation.start();
  earlier = await federation.submit();
  expect(await federation.verdicts(earlier)).toEqual(everybody('finished'));
}, hangMs);
afterAll(() => federation?.close());

/** Runs a job under attack to its end at every participant; none of them may keep a model. */
async function verdictsUnder(attack: Attack, spec: object = {}): Promise<string[]> {
  const jobId = await federation.submit({ attack, spec });
  const verdicts = await federation.verdicts(jobId);
  for (const name of names) {
    expect(existsSync(join(federation.jobFolder(name, jobId), 'model.json'))).toBe(false);
    expect(existsSync(join(federation.jobFolder(name, jobId), 'result.json'))).toBe(false);
  }
  return verdicts;
}

/** Each participant sees its own signature on the survivor set only. */
const unheard = rewritingPosts('survivorSignature', (post, receiver) =>
  post.sender === receiver ? post : undefined,
);
const said = (name: string, jobId: JobId, place: string) => federation.journals.get(name)!.said(jobId, place);

describe('a coordinator that changes a sum is noticed by every participant alone', () => {
  const deliver = deafening();
  test.each<[string, NonNullable<Attack['add']>, string]>([
    ['drops a contribution', (task) => addBlindly(task, task.uploads.slice(1)), 'SUM_SLOT_MISMATCH'],
    [
      'counts one twice in place of another',
      (task) => addBlindly(task, [task.uploads[0]!, task.uploads[0]!, task.uploads[2]!]),
      'SUM_SLOT_MISMATCH',
    ],
    [
      'scales a contribution',
      (task) => addBlindly(task, [...task.uploads, task.uploads[1]!]),
      'SUM_SLOT_MISMATCH',
    ],
    [
      'scales all contributions',
      (task) => addBlindly(task, [...task.uploads, ...task.uploads]),
      'SUM_SLOT_MISMATCH',
    ],
    [
      'adds to a value inside the ciphertext',
      async (task, honest) => {
        await honest(task);
        return shiftFirstValue(task);
      },
      'SUM_MAC_MISMATCH',
    ],
  ])(
    '%s',
    async (_, add, code) => {
      expect(await verdictsUnder({ deliver, add })).toEqual(everybody(`left ${code}`));
    },
    hangMs,
  );

  test(
    'swaps in the contribution of an earlier sum',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fedrisk-kept-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const add: Attack['add'] = async (task, honest) => {
        const sum = Number(task.output.split('/').at(-2));
        const [first, ...others] = task.uploads;
        const kept = join(folder, 'upload');
        if (sum === 2) await copyFile(first!.path, kept);
        return sum === 3 ? addBlindly(task, [{ ...first!, path: kept }, ...others]) : honest(task);
      };
      const spec = { training: { rounds: 2, batchRows: 32, learningRate: 0.05 } };
      expect(await verdictsUnder({ deliver, add }, spec)).toEqual(everybody('left SUM_SLOT_MISMATCH'));
    },
    hangMs,
  );

  test(
    'announces a sum of another size',
    async () => {
      const longer = rewriting('sumReady', (body) => ({ ...body, bytes: body.bytes + 1 }));
      expect(await verdictsUnder({ deliver: deafening(longer) })).toEqual(everybody('left SUM_MALFORMED'));
    },
    hangMs,
  );
});

describe('a coordinator that lies in the transcript is noticed by every participant alone', () => {
  const forged = new Cast(names);
  const lies: [string, () => Attack['deliver'] | Promise<Attack['deliver']>, string][] = [
    [
      'edits the spec',
      () =>
        rewriting(
          'submitted',
          (body) => ({ ...submittedEvent(creditSpec()), specDigest: body.specDigest }) as EventBody,
        ),
      'SIGNATURE_INVALID',
    ],
    [
      'replays a roster entry of an earlier job',
      async () => {
        const events = await federation.events(earlier);
        const join = events
          .flatMap(({ body }) => (body.kind === 'posted' ? [body.post] : []))
          .find(isJoinOf('bank-b'));
        return rewritingPosts('join', (post) => (post.sender === 'bank-b' ? join : post));
      },
      'ROSTER_ENTRY_REPLAYED',
    ],
    [
      'fixes another roster than it showed',
      () => rewriting('rosterFixed', () => ({ kind: 'rosterFixed', rosterDigest: digest('a') })),
      'ROSTER_MISMATCH',
    ],
    [
      'asks for mask keys of too many sums',
      () => rewriting('sumKeysRequested', (body) => ({ ...body, count: 4_000_000_000 })),
      'MESSAGE_MALFORMED',
    ],
    [
      'asks for mask keys out of order',
      () => rewriting('sumKeysRequested', (body) => ({ ...body, firstSum: 1 })),
      'SUM_OUT_OF_ORDER',
    ],
    [
      'starts a sum before there are mask keys',
      () =>
        rewriting('sumKeysRequested', ({ deadlineMs }) => {
          return { kind: 'sumStarted', sum: 0, purpose: 'magnitudes', round: 0, deadlineMs };
        }),
      'SUM_OUT_OF_ORDER',
    ],
    [
      'starts training before the statistics',
      () => rewriting('sumStarted', (body) => ({ ...body, purpose: 'update', round: 1 })),
      'SUM_OUT_OF_ORDER',
    ],
    [
      'injects mask keys that their sender never signed',
      () =>
        rewritingPosts('sumKeys', (post) => {
          if (post.sender !== 'bank-b') return post;
          return forged.post(creditSpec(), post.sender, post.body, post.rosterDigest);
        }),
      'SIGNATURE_INVALID',
    ],
    [
      'includes a contribution nobody announced',
      () => rewritingPosts('contribution', (post, receiver) => (post.sender === receiver ? post : undefined)),
      'SURVIVORS_MISMATCH',
    ],
    ['shows a sum before a quorum signed its survivor set', () => unheard, 'SURVIVORS_MISMATCH'],
    [
      'proposes fewer survivors than may be opened',
      () => rewriting('survivorsProposed', (body) => ({ ...body, members: body.members.slice(1) })),
      'SURVIVORS_TOO_FEW',
    ],
    [
      'shows a metric that nobody reported',
      () =>
        rewriting('sumAgreed', (body) => ({
          ...body,
          metrics: [{ name: 'auc' as const, round: 0, value: 0.99 }],
        })),
      'MODEL_DISAGREEMENT',
    ],
    [
      'declares another model agreed',
      () => rewriting('sumAgreed', (body) => ({ ...body, fingerprint: digest('b') })),
      'MODEL_DISAGREEMENT',
    ],
    [
      'declares the job finished after the first round',
      () =>
        rewriting('sumAgreed', (body) => {
          if (body.sum !== 2) return body;
          return {
            kind: 'finished',
            fingerprint: body.fingerprint,
            rounds: 1,
            bestRound: body.next.bestRound,
          };
        }),
      'MODEL_DISAGREEMENT',
    ],
    [
      'finishes with another model than all agreed on',
      () => rewriting('finished', (body) => ({ ...body, fingerprint: digest('c') })),
      'MODEL_DISAGREEMENT',
    ],
    [
      'finishes with another round’s model',
      () => rewriting('finished', (body) => ({ ...body, bestRound: body.bestRound + 1 })),
      'MODEL_DISAGREEMENT',
    ],
    [
      'sends what is no event',
      () =>
        rewriting('consented', () => ({
          kind: 'survivorsProposed',
          sum: 0,
          members: ['../x' as never],
          deadlineMs: 0,
        })),
      'MESSAGE_MALFORMED',
    ],
    [
      'relabels reveals of an earlier sum',
      () => {
        const kept = new Map<string, Post>();
        return rewritingPosts('reveal', (post) => {
          const { sum } = post.body;
          if (sum === 0) kept.set(post.sender, post);
          const old = kept.get(post.sender) as typeof post;
          return sum === 1 ? { ...old, body: { ...old.body, sum } } : post;
        });
      },
      'SIGNATURE_INVALID',
    ],
    [
      'shows the reveal of one participant as that of another',
      () => {
        let kept: Post | undefined;
        return rewritingPosts('reveal', (post) => {
          kept ??= post;
          return { ...post, body: kept.body as typeof post.body };
        });
      },
      'SIGNATURE_INVALID',
    ],
    [
      'announces the sum again that is under way',
      () =>
        rewriting('survivorsProposed', ({ sum, deadlineMs }) => {
          return { kind: 'sumStarted', sum, purpose: 'magnitudes', round: 0, deadlineMs };
        }),
      'SUM_OUT_OF_ORDER',
    ],
    [
      'sums the same round again under the next number',
      () =>
        rewriting('sumStarted', (body) => (body.sum === 3 ? { ...body, purpose: 'update', round: 1 } : body)),
      'SUM_OUT_OF_ORDER',
    ],
  ];

  test.each(lies)(
    '%s',
    async (_, lie, code) => {
      expect(await verdictsUnder({ deliver: deafening(await lie()) })).toEqual(everybody(`left ${code}`));
    },
    hangMs,
  );

  test(
    'and nobody reveals a share before a quorum signed',
    async () => {
      const jobId = await federation.submit({ attack: { deliver: deafening(unheard) } });
      await federation.verdicts(jobId);
      for (const name of names) expect(said(name, jobId, 'reveal/0')).toBeUndefined();
    },
    hangMs,
  );
});

describe('a coordinator that shows different things to different participants', () => {
  const only = (victim: string, deliver: NonNullable<Attack['deliver']>): Attack => ({
    deliver: (event, receiver, jobId) => (receiver === victim ? deliver(event, receiver, jobId) : event),
  });

  test(
    'two sums: whoever is shown the wrong one ends the job for all',
    async () => {
      const other = rewriting('sumReady', (body) => ({ ...body, digest: digest('d') }));
      expect(await verdictsUnder(only('platform-x', other))).toEqual([
        'failed SUM_DIGEST_MISMATCH',
        'failed SUM_DIGEST_MISMATCH',
        'left SUM_DIGEST_MISMATCH',
      ]);
    },
    hangMs,
  );

  test(
    'two survivor sets: nobody reveals for the second, and the job ends for all',
    async () => {
      const fewer = rewriting('survivorsProposed', (body) => ({ ...body, members: body.members.slice(1) }));
      const jobId = await federation.submit({ attack: only('platform-x', fewer) });
      expect(await federation.verdicts(jobId)).toEqual([
        'failed SURVIVORS_TOO_FEW',
        'failed SURVIVORS_TOO_FEW',
        'left SURVIVORS_TOO_FEW',
      ]);
      expect(said('platform-x', jobId, 'reveal/0')).toBeUndefined();
    },
    hangMs,
  );

  test(
    'two rosters, with the help of a participant that signs two entries',
    async () => {
      const entries = new Map<string, PostOf<'join'>>();
      const attack: Attack = {
        deliver: (event, receiver, jobId) => {
          const { body } = event;
          if (receiver !== 'platform-x') return event;
          if (body.kind === 'posted' && body.post.body.kind === 'join') {
            const { sender, body: join } = body.post;
            const shown = sender === 'bank-b' ? { ...join, sealKey: '7'.repeat(64) } : join;
            entries.set(sender, shown);
            return { ...event, body: { kind: 'posted', post: federation.post(sender, jobId, shown) } };
          }
          if (body.kind !== 'rosterFixed') return event;
          const roster = [...entries].map(([name, { kind: _, ...entry }]) => ({
            name: name as never,
            ...entry,
          }));
          const { specDigest } = entries.get('bank-b')!;
          return { ...event, body: { kind: 'rosterFixed', rosterDigest: rosterDigest(specDigest, roster) } };
        },
      };
      // platform-x signs nothing of the roster that the others see, so that they can only wait.
      const verdicts = await verdictsUnder(attack, { deadlines: { keyingSeconds: 6 } });
      expect(verdicts).toEqual(['failed DEADLINE_MISSED', 'failed DEADLINE_MISSED', 'left ROSTER_MISMATCH']);
    },
    hangMs,
  );

  test(
    'the survivor set withheld from one, but not what the others sign: it leaves',
    async () => {
      const attack = only(
        'platform-x',
        rewriting('survivorsProposed', () => undefined),
      );
      const jobId = await federation.submit({ attack });
      expect(await federation.verdicts(jobId)).toEqual([
        'failed MESSAGE_UNEXPECTED',
        'failed MESSAGE_UNEXPECTED',
        'left MESSAGE_UNEXPECTED',
      ]);
      expect(said('platform-x', jobId, 'reveal/0')).toBeUndefined();
    },
    hangMs,
  );

  test(
    'everything withheld from one: it waits, reveals nothing, and the deadline names it',
    async () => {
      let deaf = false;
      const attack = only('platform-x', (event) => {
        deaf ||= event.body.kind === 'survivorsProposed';
        return deaf && event.body.kind !== 'failed' ? undefined : event;
      });
      const jobId = await federation.submit({
        attack,
        spec: { deadlines: { openingSeconds: 6, rejoinSeconds: 6 } },
      });
      expect(await federation.verdicts(jobId)).toEqual(everybody('failed DEADLINE_MISSED'));
      expect((await federation.shown(jobId)).detail).toContain('platform-x');
      expect(said('platform-x', jobId, 'reveal/0')).toBeUndefined();
    },
    hangMs,
  );
});

function isJoinOf(name: string) {
  return ({ sender, body }: Post) => sender === name && body.kind === 'join';
}
