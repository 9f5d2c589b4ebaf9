import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type HexDigest,
  type JobId,
  limits,
  type ParticipantName,
  type Post,
  type PostBody,
  type PostOf,
  postToWire,
} from '../../contract/index.js';
import { uploadBytes } from '../../crypto/secure-sum/adder.js';
import { Cast } from '../support/cast.js';
import { babble, type Refusal, RudeClient } from '../support/hostile-client.js';
import { type Attack, creditSpec, HostileFederation, names, until } from '../support/hostile-federation.js';

const hangMs = 180_000;
const digest = (fill: string) => fill.repeat(64) as HexDigest;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let federation: HostileFederation;
const clients = new Map<string, RudeClient>();

beforeAll(async () => {
  federation = await HostileFederation.start();
  for (const [name, { channel }] of federation.credentials) {
    clients.set(name, new RudeClient(federation.address, channel));
  }
}, hangMs);
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await federation?.close();
});

const client = (name: string) => clients.get(name)!;

/** A job that stands still in its first sum, because bank-b is shown nothing of it until the returned call. */
async function stalled(): Promise<{ jobId: JobId; goOn: () => Promise<void> }> {
  let held = true;
  let from = Number.POSITIVE_INFINITY;
  const deliver: Attack['deliver'] = (event, receiver) => {
    if (event.body.kind === 'sumStarted') from = Math.min(from, event.index);
    return held && receiver === 'bank-b' && event.index >= from ? undefined : event;
  };
  const jobId = await federation.submit({ attack: { deliver } });
  const contributions = async () =>
    (await federation.events(jobId)).filter(
      ({ body }) => body.kind === 'posted' && body.post.body.kind === 'contribution',
    );
  await until(async () => (await contributions()).length === 2);
  return {
    jobId,
    goOn: async () => {
      held = false;
      // A second session in bank-b's name ends its first one; bank-b comes back and asks for what it missed.
      const call = client('bank-b').node.Session();
      call.on('error', () => undefined);
      call.on('data', () => undefined);
      call.write({ hello: { version: '0.2.0', cursors: [] } });
      await until(async () => {
        const shown = await federation.shown(jobId);
        return shown.state !== 'preparing' || (await contributions()).length === 3;
      }).finally(() => call.cancel());
    },
  };
}

describe('messages that have no place', () => {
  let job: Awaited<ReturnType<typeof stalled>>;
  let jobId: JobId;
  let other: JobId;
  /** Posts that stand in the stalled job, and in another one. */
  let stands: Post[];
  let elsewhere: Post[];
  let roster: HexDigest;
  let before: number;

  beforeAll(async () => {
    other = await federation.submit();
    expect(await federation.verdicts(other)).toEqual(['finished', 'finished', 'finished']);
    job = await stalled();
    jobId = job.jobId;
    stands = await postsOf(jobId);
    elsewhere = await postsOf(other);
    roster = stands.at(-1)!.rosterDigest as HexDigest;
    before = stands.length;
  }, hangMs);

  const postsOf = async (id: JobId) =>
    (await federation.events(id)).flatMap(({ body }) => (body.kind === 'posted' ? [body.post] : []));
  const contribution = (change: Partial<PostOf<'contribution'>> = {}): PostBody => {
    const own = stands.map(({ body }) => body).find((body) => body.kind === 'contribution')!;
    return { ...own, digest: digest('a'), ...change } as PostBody;
  };
  const signed = (name: string, body: PostBody, digestOfRoster: HexDigest | '' = roster) =>
    federation.post(name, jobId, body, digestOfRoster);
  const say = (name: string, body: PostBody, digestOfRoster?: HexDigest | '') =>
    client(name).post({ jobId, post: postToWire(signed(name, body, digestOfRoster)) });
  const together = (posts: readonly Post[]) =>
    client('bank-a').postAll({ jobId, posts: posts.map(postToWire) });
  const header = (change: object = {}) => {
    return {
      body: 'header',
      header: { jobId, sum: 0, digest: sha256(Buffer.from('x')), bytes: 1, offset: 0, ...change },
    };
  };
  const chunk = (bytes: Buffer) => ({ body: 'chunk', chunk: bytes });

  type Bad = [string, string, () => Promise<Refusal | undefined>];
  const bad: Bad[] = [
    ['an empty post', 'MESSAGE_MALFORMED', () => client('bank-a').post({})],
    [
      'a job id that is a path',
      'MESSAGE_MALFORMED',
      () => client('bank-a').post({ jobId: '../../etc', post: {} }),
    ],
    [
      'a giant string',
      'MESSAGE_MALFORMED',
      () => client('bank-a').post({ jobId, post: { sender: 'a'.repeat(900_000) } }),
    ],
    [
      'a message over 1 MiB',
      'MESSAGE_TOO_LARGE',
      () => client('bank-a').post({ jobId, post: { sender: 'a'.repeat(limits.messageBytes) } }),
    ],
    [
      'bytes that are no protobuf',
      'MESSAGE_MALFORMED',
      () => client('bank-a').send('Post', Buffer.from('0a7fff', 'hex')),
    ],
    [
      'a job that does not exist',
      'JOB_UNKNOWN',
      () => client('bank-a').post({ jobId: `job-${'0'.repeat(32)}`, post: postToWire(stands[1]!) }),
    ],
    [
      'a post of another job',
      'SIGNATURE_INVALID',
      () =>
        client('bank-a').post({
          jobId,
          post: postToWire(elsewhere.find(({ sender }) => sender === 'bank-a')!),
        }),
    ],
    [
      'a post signed by a stranger',
      'SIGNATURE_INVALID',
      () =>
        client('bank-a').post({
          jobId,
          post: postToWire(new Cast(names).post(creditSpec(), 'bank-a', contribution())),
        }),
    ],
    [
      'a post in another name',
      'MESSAGE_UNEXPECTED',
      () => client('platform-x').post({ jobId, post: postToWire(signed('bank-b', contribution())) }),
    ],
    ['no posts at all', 'MESSAGE_MALFORMED', () => together([])],
    [
      'more posts than a call may hold',
      'MESSAGE_MALFORMED',
      () => together(Array.from({ length: limits.postsTogether + 1 }, () => stands[1]!)),
    ],
    [
      'a post in another name among own ones',
      'MESSAGE_UNEXPECTED',
      () => together(['bank-a', 'bank-b'].map((name) => signed(name, contribution()))),
    ],
    [
      'a bad post behind others that stand',
      'MESSAGE_CONFLICT',
      () =>
        together([...stands.filter(({ sender }) => sender === 'bank-a'), signed('bank-a', contribution())]),
    ],
    ['a post of an outsider', 'MESSAGE_UNEXPECTED', () => say('bank-o', contribution())],
    [
      'a post of a person',
      'ROLE_FORBIDDEN',
      () => client('ana').post({ jobId, post: postToWire(stands[0]!) }),
    ],
    ['other words in a place that is taken', 'MESSAGE_CONFLICT', () => say('bank-a', contribution())],
    ['another roster', 'ROSTER_MISMATCH', () => say('bank-b', contribution(), digest('b'))],
    ['a contribution to a later sum', 'MESSAGE_UNEXPECTED', () => say('bank-b', contribution({ sum: 1 }))],
    [
      'a contribution to another round',
      'MESSAGE_UNEXPECTED',
      () => say('bank-b', contribution({ purpose: 'update', round: 1 })),
    ],
    [
      'a contribution in another parameter set',
      'SUM_MALFORMED',
      () => say('bank-b', contribution({ parameterSet: 'wide' })),
    ],
    ['a contribution of another size', 'SUM_MALFORMED', () => say('bank-b', contribution({ bytes: 7 }))],
    ['a contribution nobody uploaded', 'UPLOAD_MISSING', () => say('bank-b', contribution())],
    [
      'a signature before there is a survivor set',
      'MESSAGE_UNEXPECTED',
      () => say('bank-b', { kind: 'survivorSignature', sum: 0, survivorDigest: digest('c') }),
    ],
    [
      'keys by one that is not first',
      'MESSAGE_UNEXPECTED',
      () =>
        say('platform-x', {
          kind: 'keyCommitments',
          heNarrow: digest('1'),
          heWide: digest('2'),
          mac: digest('3'),
          fingerprint: digest('4'),
          reveal: digest('5'),
        }),
    ],
    [
      'an abort without reason',
      'MESSAGE_MALFORMED',
      () => say('platform-x', { kind: 'abort', code: 'NO_SUCH_CODE', detail: '', sum: 0, party: '' }),
    ],
    [
      'an upload without header',
      'MESSAGE_MALFORMED',
      () => client('bank-b').upload([chunk(Buffer.from('x'))]),
    ],
    [
      'an upload with a path for a digest',
      'MESSAGE_MALFORMED',
      () => client('bank-b').upload([header({ digest: '../../../../etc/passwd' })]),
    ],
    [
      'an upload of an impossible size',
      'MESSAGE_MALFORMED',
      () => client('bank-b').upload([header({ bytes: limits.uploadBytes + 1 })]),
    ],
    [
      'an upload from the middle',
      'UPLOAD_OFFSET',
      () => client('bank-b').upload([header({ bytes: 9, offset: 3 }), chunk(Buffer.from('x'))]),
    ],
    [
      'an upload of other bytes than its digest',
      'UPLOAD_DIGEST',
      () => client('bank-b').upload([header(), chunk(Buffer.from('y'))]),
    ],
    [
      'an upload of more than was announced',
      'MESSAGE_TOO_LARGE',
      () => client('bank-b').upload([header(), chunk(Buffer.from('xx'))]),
    ],
    [
      'a chunk that is too large',
      'MESSAGE_TOO_LARGE',
      () =>
        client('bank-b').upload([
          header({ bytes: limits.chunkBytes + 1 }),
          chunk(Buffer.alloc(limits.chunkBytes + 1)),
        ]),
    ],
    [
      'an upload for a sum that is not open',
      'MESSAGE_UNEXPECTED',
      () => client('bank-b').upload([header({ sum: 1 })]),
    ],
    ['an upload by an outsider', 'ROLE_FORBIDDEN', () => client('bank-o').upload([header()])],
    [
      'an upload after a complete one',
      'MESSAGE_CONFLICT',
      () => client('bank-a').upload([header(), chunk(Buffer.from('x'))]),
    ],
    ['an upload to a job that ended', 'JOB_ENDED', () => client('bank-b').upload([header({ jobId: other })])],
    [
      'a question about another’s upload',
      'ROLE_FORBIDDEN',
      () => client('bank-o').getUpload({ jobId, sum: 0, digest: digest('a') }),
    ],
    [
      'a session that does not greet',
      'MESSAGE_MALFORMED',
      () => client('bank-o').session([{ heartbeat: {} }]),
    ],
    [
      'a session that greets twice',
      'MESSAGE_UNEXPECTED',
      () => client('bank-o').session([{ hello: { version: '0.2.0' } }, { hello: {} }]),
    ],
    [
      'a session with a giant greeting',
      'MESSAGE_MALFORMED',
      () => client('bank-o').session([{ hello: { version: 'v'.repeat(100_000) } }]),
    ],
  ];

  test.each(bad)(
    '%s: refused with %s, twice, and logged once',
    async (_, code, attempt) => {
      const logged = federation.logged.length;
      for (let time = 0; time < 2; time++) {
        const refusal = await attempt();
        expect(refusal?.code).toBe(code);
        expect(refusal?.stated).toBe(code);
      }
      const lines = federation.logged.slice(logged);
      expect(lines.filter((line) => line.code !== code)).toEqual([]);
      // None when the same caller was refused with the same words before.
      expect(lines.length).toBeLessThanOrEqual(1);
      expect(federation.logged.some((line) => line.code === code)).toBe(true);
    },
    hangMs,
  );

  // grpc-js itself answers for methods it does not know; the code follows from its status.
  test('a method that does not exist', async () => {
    expect(await client('bank-a').send('Steal', Buffer.alloc(0))).toEqual({
      code: 'MESSAGE_UNEXPECTED',
      stated: '',
    });
  });

  test('a message said again in its place is answered like the first time', async () => {
    for (const post of stands.filter(({ sender }) => sender === 'platform-x')) {
      expect(await client('platform-x').post({ jobId, post: postToWire(post) })).toBeUndefined();
    }
  });

  test('connections that speak no HTTP/2, no TLS, or show no certificate of this coordinator', async () => {
    const home = federation.homes.get('bank-b')!;
    const pem = (file: string) => readFileSync(join(home, file), 'utf8');
    await Promise.all([
      babble(federation.address),
      babble(federation.enrolmentAddress),
      babble(federation.address, {}),
      babble(federation.enrolmentAddress, {}),
    ]);
    const stranger = new RudeClient(federation.address, credentials.createSsl(Buffer.from(pem('ca.pem'))));
    expect((await stranger.post({}))?.code).toBe('COORDINATOR_UNREACHABLE');
    stranger.close();
  });

  test(
    '10,000 posts in a rush: most are turned away, and the log stays short',
    async () => {
      const logged = federation.logged.length;
      const codes = new Map<string, number>();
      const rush = async () => {
        for (let sent = 0; sent < 250; sent++) {
          const { code } = (await client('bank-o').post({ jobId: 'job-x' }))!;
          codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      };
      federation.frozenMs = Date.now();
      await Promise.all(Array.from({ length: 40 }, rush));
      federation.frozenMs = undefined;
      expect(Object.fromEntries(codes)).toEqual({ MESSAGE_MALFORMED: 2000, RATE_LIMITED: 8000 });
      expect(federation.logged.slice(logged).length).toBeLessThanOrEqual(2);
    },
    hangMs,
  );

  test(
    'after all of it the transcript is what it was, and the job goes on to its end',
    async () => {
      expect(await postsOf(jobId)).toHaveLength(before);
      expect((await federation.shown(jobId)).state).toBe('preparing');
      await job.goOn();
      expect(await federation.verdicts(jobId)).toEqual(['finished', 'finished', 'finished']);
      expect(federation.logged.filter(({ level }) => level === 'error')).toEqual([]);
    },
    hangMs,
  );
});

test(
  'a participant that lies about the shape of its contribution ends the job under its name',
  async () => {
    const { jobId } = await stalled();
    const events = await federation.events(jobId);
    const posts = events.flatMap(({ body }) => (body.kind === 'posted' ? [body.post] : []));
    const own = posts.find(({ body }) => body.kind === 'contribution')! as Post & {
      body: PostOf<'contribution'>;
    };
    const valueCount = own.body.valueCount + 1;
    const bytes = Buffer.alloc(uploadBytes({ ...own.body, valueCount, contributors: 3 }));
    const body = { ...own.body, valueCount, bytes: bytes.length, digest: sha256(bytes) as HexDigest };
    const header = { jobId, sum: 0, digest: body.digest, bytes: bytes.length, offset: 0 };
    const messages = [
      { body: 'header', header },
      { body: 'chunk', chunk: bytes },
    ];
    await client('bank-b').upload(messages);
    const post = federation.sign('bank-b', jobId, { ...own, sender: 'bank-b' as ParticipantName, body });
    expect(await client('bank-b').post({ jobId, post: postToWire(post) })).toBeUndefined();
    await until(async () => (await federation.shown(jobId)).state === 'failed');
    const { code, detail } = await federation.shown(jobId);
    expect({ code, detail }).toEqual({ code: 'SUM_SHAPE', detail: expect.stringContaining('bank-b') });
  },
  hangMs,
);
