import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type HexDigest,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
  specDigest,
  systemClock,
} from '../../contract/index.js';
import type { Adder } from '../../coordinator/adding/index.js';
import { folderBlobs } from '../../coordinator/blobs/index.js';
import { Registry } from '../../coordinator/identity/index.js';
import { JobBook } from '../../coordinator/jobs/index.js';
import { createInvitation, initCoordinator, startCoordinator } from '../../coordinator/main.js';
import { isUnfinished } from '../../coordinator/rounds/index.js';
import { ScoreRelay } from '../../coordinator/rpc/index.js';
import type { Store } from '../../coordinator/store/index.js';
import { decodeToken } from '../../crypto/identity/index.js';
import { Cast, organisationOf, specFor } from '../support/cast.js';
import { PostgresStage } from '../support/postgres-stage.js';
import { party } from '../unit/coordinator/support/honest.js';
import { TableJob } from '../unit/coordinator/support/table-job.js';
import { bank, platform, verticalSpec } from '../unit/coordinator/support/vertical.js';

const postgres = new PostgresStage('replicas are');
const log = { info: () => {}, warn: () => {}, error: () => {} };
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe.runIf(postgres.present)('replicas in one process', () => {
  beforeAll(() => postgres.start());
  afterEach(() => postgres.tidy());
  afterAll(() => postgres.stop());

  const openBook = async (store: Store) => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrisk-replica-'));
    const blobs = folderBlobs(folder);
    const book = new JobBook({ store, blobs, adder: {} as Adder, clock: systemClock, log });
    await book.restore();
    postgres.closing(async () => {
      await book.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return book;
  };
  /** A replica whose notifications are lost: it knows what it looks up by itself. */
  const deaf = (store: Awaited<ReturnType<typeof postgres.store>>): Store => {
    const { replicas } = store;
    return {
      ...store,
      replicas: {
        self: replicas.self,
        claim: (jobIds, ttlMs) => replicas.claim(jobIds, ttlMs),
        release: () => replicas.release(),
        announce: (text, ttlMs) => replicas.announce(text, ttlMs),
        others: () => replicas.others(),
        send: (to, letter) => replicas.send(to, letter),
        receive: () => replicas.receive(),
        listen: () => async () => {},
      },
    };
  };

  const names = ['bank-a', 'bank-b', 'platform-x'];
  const stage = () => {
    const cast = new Cast(names);
    const spec = specFor(names, { colluders: 0 });
    const sender = (name: string) => ({
      name: name as ParticipantName,
      organisation: organisationOf(name),
      role: name.startsWith('platform') ? ('platform' as const) : ('bank' as const),
      certificateFingerprint: '0'.repeat(64) as HexDigest,
      identityKey: cast.signer(name).publicKey,
    });
    const consents = names.map((name) =>
      cast.post(spec, name, {
        ...{ kind: 'consent', specDigest: specDigest(spec) },
        ...{ approved: true, code: '', detail: '' },
      } as Post['body']),
    );
    const joins = names.map((name) => cast.join(spec, name));
    return { spec, jobId: jobIdOfSpec(spec), sender, consents, joins };
  };

  test('posts at both at once, in any order and twice: each is stored once, and both say where', async () => {
    const url = await postgres.newDatabase();
    const books = [
      await openBook(await postgres.store(url)),
      await openBook(deaf(await postgres.store(url))),
    ] as const;
    const { spec, jobId, sender, consents, joins } = stage();
    await books[0].submit(spec, { name: 'ana', organisation: 'Bank A' }, '');
    const say = async (post: Post) => {
      const indexes = await Promise.all(
        books.map(async (book) => (await book.find(jobId)).post(post, sender(post.sender))),
      );
      expect(new Set(indexes).size).toBe(1);
      return indexes[0]!;
    };
    const indexes = await Promise.all(consents.map(say));
    indexes.push(...(await Promise.all(joins.map(say))));
    const store = await postgres.store(url);
    const posted = (await store.readEvents(jobId, 0, 1000)).filter(({ body }) => body.kind === 'posted');
    expect(posted.map(({ index }) => index)).toEqual([...indexes].sort((a, b) => a - b));
    for (const book of books) await (await book.find(jobId)).catchUp();
    const [one, two] = [await books[0].find(jobId), await books[1].find(jobId)];
    expect(two.state).toEqual(one.state);
    expect(one.state.kind).toBe('keying');
  });

  test('one that has heard nothing refuses nothing that the other would take, and answers for what it took', async () => {
    const url = await postgres.newDatabase();
    const [one, two] = [
      await openBook(await postgres.store(url)),
      await openBook(deaf(await postgres.store(url))),
    ];
    const { spec, jobId, sender, consents, joins } = stage();
    await one.submit(spec, { name: 'ana', organisation: 'Bank A' }, '');
    const [here, there] = [await one.find(jobId), await two.find(jobId)];
    const first = await here.post(consents[0]!, sender('bank-a'));
    for (const post of consents.slice(1)) await here.post(post, sender(post.sender));
    expect(there.state.kind).toBe('awaiting-consent');
    // Out of place in the state it knows, in place in the one that is stored.
    await there.post(joins[0]!, sender('bank-a'));
    expect(await there.post(consents[0]!, sender('bank-a'))).toBe(first);
    await here.cancel('ana', 'enough');
    await expect(there.post(joins[1]!, sender('bank-b'))).rejects.toMatchObject({ code: 'JOB_ENDED' });
    expect(two.live()).toEqual([]);
  });

  test('a job goes to the other when the one that leads it closes', async () => {
    const url = await postgres.newDatabase();
    const stores = [await postgres.store(url), await postgres.store(url)] as const;
    const books = [await openBook(stores[0]), await openBook(stores[1])] as const;
    const { spec, jobId } = stage();
    await books[0].submit(spec, { name: 'ana', organisation: 'Bank A' }, '');
    await until(() => books[1].live().length === 1);
    expect(await stores[1].replicas.claim([jobId], 15_000)).toEqual([]);
    await books[0].close();
    expect(await stores[1].replicas.claim([jobId], 15_000)).toEqual([{ jobId, token: 2 }]);
    expect(isUnfinished((await books[1].find(jobId)).state)).toBe(true);
  });

  test('a store belongs to the coordinator that was made in it, and to copies of its home', async () => {
    const store = await postgres.newDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'fedrisk-owner-'));
    postgres.closing(async () => rmSync(folder, { recursive: true, force: true }));
    const order = (name: string) => ({
      ...{ home: join(folder, name), name, organisation: 'Hub', hosts: ['127.0.0.1'] },
      ...{ address: '127.0.0.1:1', enrolmentAddress: '127.0.0.1:2' },
    });
    const start = { host: '127.0.0.1', port: 0, enrolmentPort: 0, logLevel: 'silent' } as const;
    await initCoordinator({ ...order('first'), store });
    await initCoordinator(order('stranger'));
    const party = { home: join(folder, 'first'), name: 'ann', organisation: 'Bank A', role: 'scientist' };
    const { token } = await createInvitation(party);
    cpSync(join(folder, 'first'), join(folder, 'copy'), { recursive: true });
    for (const name of ['first', 'copy']) {
      // The setting that init left in the home is enough.
      const { close } = await startCoordinator({ ...start, home: join(folder, name) });
      await close();
    }
    const foreign = startCoordinator({ ...start, home: join(folder, 'stranger'), store });
    await expect(foreign).rejects.toMatchObject({ code: 'HOME_INVALID' });
    const empty = startCoordinator({
      ...start,
      home: join(folder, 'first'),
      store: await postgres.newDatabase(),
    });
    await expect(empty).rejects.toMatchObject({ code: 'HOME_INVALID' });
    const registry = new Registry((await postgres.store(store)).registryLog, systemClock);
    await registry.refresh();
    const { invitationId } = decodeToken(token);
    await registry.enrol({
      ...{ invitationId, name: 'ann' as ParticipantName, organisation: 'Bank A', role: 'scientist' as const },
      ...{
        certificateFingerprint: 'ab'.repeat(32) as HexDigest,
        certificatePem: '',
        identityKey: '' as const,
      },
      ...{ requestDigest: 'cd'.repeat(32) as HexDigest, expiresMs: 2 ** 41 },
    });
    await expect(initCoordinator({ ...order('third'), store })).rejects.toMatchObject({
      code: 'HOME_EXISTS',
    });
  });

  describe('a score question to a holder at the other replica', () => {
    const { state } = TableJob.of(verticalSpec()).run();
    const { jobId } = state.charter;
    const requestId = '7'.padStart(32, '0');
    const sealed = {
      enc: new Uint8Array(32).fill(1),
      ciphertext: new Uint8Array(48).fill(2),
      signature: 'ab'.repeat(64),
    };
    const answer = {
      enc: new Uint8Array(32).fill(3),
      ciphertext: new Uint8Array(48).fill(4),
      signature: 'cd'.repeat(64),
    };
    type Asked = { readonly requestId?: string; readonly sealed?: { readonly ciphertext?: unknown } | null };

    /** The label holder asks at one; `holder` is what the session at two does with a question. */
    const stageScores = async (
      holder: (relay: ScoreRelay, asked: Asked) => object | undefined,
      answerMs = 5000,
    ) => {
      const url = await postgres.newDatabase();
      const [one, two] = [await postgres.store(url), await postgres.store(url)];
      const relay = (replicas: typeof one.replicas) => {
        const presence = { replicaOf: () => two.replicas.self };
        const book = { find: async () => ({ state }), presence } as unknown as JobBook;
        return new ScoreRelay({ book, clock: systemClock, log, answerMs, replicas });
      };
      const [asking, answering] = [relay(one.replicas), relay(two.replicas)];
      postgres.closing(asking.serve(() => undefined));
      postgres.closing(answering.serve((_, question) => holder(answering, question as Asked)));
      await Promise.all(
        [one, two].map(
          ({ replicas }) => new Promise<void>((ready) => replicas.listen({ reconnected: ready })),
        ),
      );
      const asked = asking.ask(
        { ...party(bank), kind: 'participant' } as never,
        { jobId, to: platform, requestId, sealed },
        () => undefined,
      );
      return { asked, rows: () => two.replicas.receive() };
    };

    test('is asked there, sealed as it is, and answered here; nothing of it stays', async () => {
      const { asked, rows } = await stageScores((relay, question) => {
        expect(new Uint8Array(question.sealed?.ciphertext as Uint8Array)).toEqual(sealed.ciphertext);
        queueMicrotask(() =>
          relay.answered(platform, { requestId: question.requestId, sealed: answer, code: '' }),
        );
        return {};
      });
      const given = (await asked).sealed!;
      expect(new Uint8Array(given.ciphertext as Uint8Array)).toEqual(answer.ciphertext);
      expect(await rows()).toEqual([]);
    });

    test('is refused with the code of the holder', async () => {
      const { asked } = await stageScores((relay, question) => {
        queueMicrotask(() =>
          relay.answered(platform, { requestId: question.requestId, code: 'POLICY_DENIED' }),
        );
        return {};
      });
      await expect(asked).rejects.toMatchObject({ code: 'SCORE_REFUSED', parties: [platform] });
    });

    test('ends at once when the session is there no more', async () => {
      const { asked } = await stageScores(() => undefined, 10 ** 6);
      await expect(asked).rejects.toMatchObject({ code: 'SCORE_TIMEOUT', parties: [platform] });
    });
  });
});
