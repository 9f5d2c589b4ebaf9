import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type EventBody,
  type JobId,
  type ParticipantName,
  type PostOf,
  systemClock,
} from '../../contract/index.js';
import { type SumId, unpackJobKeys } from '../../crypto/secure-sum/index.js';
import { everyTest } from '../support/every-test.js';
import { deafening, rewriting } from '../support/hostile-attacks.js';
import { type Attack, fiveNames, HostileFederation, type Lie, until } from '../support/hostile-federation.js';
import { reencrypted, type WrongReveal } from '../support/hostile-lies.js';

const hangMs = 120_000;
const liar = 'bank-b';
const honest = fiveNames.filter((name) => name !== liar);
/** Every participant trains the same in every job: no column follows a key of the job. */
const features = { Age: 'number', Amount: 'number' };

let federation: HostileFederation;
/** Fingerprint of the model that nobody disturbed. */
let reference: string;
beforeAll(async () => {
  federation = await HostileFederation.start(fiveNames);
  reference = await modelOf(await federation.submit({ spec: { features } }));
}, hangMs);
afterAll(() => federation?.close());

/** The one model with which everybody finishes. */
async function modelOf(jobId: JobId): Promise<string> {
  expect(await federation.verdicts(jobId)).toEqual(fiveNames.map(() => 'finished'));
  const models = fiveNames.map((name) => {
    const text = readFileSync(join(federation.jobFolder(name, jobId), 'result.json'), 'utf8');
    return (JSON.parse(text) as { fingerprint: string }).fingerprint;
  });
  expect(new Set(models).size).toBe(1);
  return models[0] as string;
}

async function transcript(jobId: JobId): Promise<EventBody[]> {
  return (await federation.events(jobId)).map(({ body }) => body);
}

async function recoveries(jobId: JobId): Promise<{ sender: string; body: PostOf<'recovery'> }[]> {
  const posts = (await transcript(jobId)).flatMap((body) => (body.kind === 'posted' ? [body.post] : []));
  return posts.flatMap(({ sender, body }) => (body.kind === 'recovery' ? [{ sender, body }] : []));
}

/** Encrypts each reveal of the liar anew with another seed, or for another place. */
function revealing(wrong: Omit<WrongReveal, 'key' | 'at'>): Lie {
  return (post, jobId) => {
    if (post.body.kind !== 'reveal') return post;
    const { sum } = post.body;
    const journal = federation.journals.get(liar)!;
    const { reveal: key } = unpackJobKeys(journal.secret(jobId, 'job-keys')!.reveal());
    const body = <K extends 'survivorSignature' | 'contribution'>(kind: K) =>
      journal.said(jobId, `${kind}/${sum}`)!.body as PostOf<K>;
    const { purpose, round } = body('contribution');
    const sumId: SumId = { jobId, round, purpose, sum };
    const at = { sumId, survivorDigest: body('survivorSignature').survivorDigest };
    return reencrypted(post, { key, at, ...wrong });
  };
}

function flipping(at: number) {
  return (bytes: Uint8Array) => bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));
}

describe('a member whose seed does not fit its commitment stops nobody, and nobody is blamed for it', () => {
  const lies: readonly [string, Lie][] = [
    ['another seed', revealing({ change: flipping(0) })],
    ['a reveal for another survivor set', revealing({ survivorDigest: 'e'.repeat(64) })],
  ];
  const furtherLies: readonly [string, Lie][] = [
    ['another salt', revealing({ change: flipping(47) })],
    ['a reveal without a seed', revealing({ change: () => new Uint8Array(0) })],
  ];
  test.each(everyTest ? [...lies, ...furtherLies] : lies)(
    '%s',
    async (_, lie) => {
      // Time stands still at the coordinator: whoever waited for it to pass would wait for ever.
      federation.frozenMs = systemClock.now();
      onTestFinished(() => {
        federation.frozenMs = undefined;
      });
      const jobId = await federation.submit({ lies: { [liar]: lie }, spec: { features } });
      expect(await modelOf(jobId)).toBe(reference);
      const bodies = await transcript(jobId);
      const sets = bodies.flatMap((body) => (body.kind === 'survivorsProposed' ? [body] : []));
      for (const { members } of sets) expect([...members].sort()).toEqual([...fiveNames]);
      const said = await recoveries(jobId);
      for (const { sum } of sets) {
        const senders = said.filter(({ body }) => body.sum === sum).map(({ sender }) => sender);
        expect(senders.sort()).toEqual(honest);
      }
      for (const { body } of said) expect(body).toMatchObject({ cause: 'doubted', members: [liar] });
      const calls = ['stalled', 'recoveryAsked', 'failed', 'revoked'];
      expect(bodies.filter(({ kind }) => calls.includes(kind))).toEqual([]);
      expect(bodies.some((body) => body.kind === 'posted' && body.post.body.kind === 'abort')).toBe(false);
    },
    hangMs,
  );
});

test(
  'a member whose seed does not fit is named at once where nothing opens without it',
  async () => {
    federation.frozenMs = systemClock.now();
    onTestFinished(() => {
      federation.frozenMs = undefined;
    });
    // Five shares of five reconstruct.
    const spec = { features, colluders: 3 };
    const lies = { [liar]: revealing({ change: flipping(0) }) };
    const jobId = await federation.submit({ lies, spec });
    for (const verdict of await federation.verdicts(jobId)) {
      expect(verdict).toMatch(/^(left|failed) COMMITMENT_MISMATCH$/);
    }
    expect((await transcript(jobId)).at(-1)).toMatchObject({
      kind: 'failed',
      code: 'COMMITMENT_MISMATCH',
      parties: [liar],
    });
  },
  hangMs,
);

/** The second round of training of a job that may go on without one of five. */
const sum = 3;
const outsider = 'platform-x';
const members = fiveNames.filter((name) => name !== outsider);
const smallJob = {
  features,
  model: { kind: 'mlp', hidden: [4] },
  training: { rounds: 2, batchRows: 32, learningRate: 0.05 },
  deadlines: { graceSeconds: 1 },
};

/** Says something of the sum only when the transcript holds an event. */
function keptUntil(kind: EventBody['kind'], what: 'contribution' | 'reveal'): Lie {
  return async (post, jobId) => {
    if (post.body.kind !== what || post.body.sum !== sum) return post;
    const shown = (body: EventBody) => body.kind === kind && 'sum' in body && body.sum === sum;
    await until(async () => (await transcript(jobId)).some(shown));
    return post;
  };
}

async function membersOf(jobId: JobId): Promise<readonly string[] | undefined> {
  const sets = (await transcript(jobId)).filter((body) => body.kind === 'survivorsProposed');
  return sets.find((set) => set.sum === sum)?.members;
}

// Behind the seed of 48 bytes stands the share of the one who is outside, and at its end the position of that share.
test.runIf(everyTest).each([
  ['a wrong share', flipping(50)],
  ['a share of another position', flipping(48 + 32)],
])(
  '%s of the mask secret of who is outside stops nobody',
  async (_, change) => {
    const lies = {
      [outsider]: keptUntil('survivorsProposed', 'contribution'),
      [liar]: revealing({ change }),
    };
    const jobId = await federation.submit({ spec: smallJob, lies });
    await modelOf(jobId);
    expect(await membersOf(jobId)).toEqual(members);
  },
  hangMs,
);

describe('a coordinator that asks for the seed of somebody outside the survivor set', () => {
  const silent = 'bank-d';

  function asking(missing: readonly string[]): EventBody {
    return { kind: 'recoveryAsked', sum, missing: missing as ParticipantName[] };
  }

  test.each<[string, NonNullable<Attack['deliver']>, Record<string, Lie>]>([
    [
      'beside a member that is missing',
      rewriting('recoveryAsked', ({ missing }) => asking([...missing, outsider])),
      { [silent]: keptUntil('recoveryAsked', 'reveal') },
    ],
    [
      'while nobody is missing',
      rewriting('posted', (body) => {
        const { post } = body;
        return post.body.kind === 'reveal' && post.body.sum === sum ? asking([outsider]) : body;
      }),
      {},
    ],
  ])(
    '%s: everybody leaves, and no share of a seed does',
    async (_, deliver, lies) => {
      const late = { [outsider]: keptUntil('survivorsProposed', 'contribution') };
      const attack = { deliver: deafening(deliver) };
      const jobId = await federation.submit({ attack, spec: smallJob, lies: { ...late, ...lies } });
      expect(await federation.verdicts(jobId)).toEqual(fiveNames.map(() => 'left SURVIVORS_MISMATCH'));
      expect(await membersOf(jobId)).toEqual(members);
      expect(await recoveries(jobId)).toEqual([]);
      for (const name of fiveNames) {
        for (const cause of ['missing', 'doubted']) {
          expect(federation.journals.get(name)!.said(jobId, `recovery/${sum}/${cause}`)).toBeUndefined();
        }
      }
    },
    hangMs,
  );
});
