import { randomBytes } from 'node:crypto';
import { credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CodedError, errorMetadata, type JobId, type ParticipantName } from '../../../contract/index.js';
import {
  Link,
  type NodeParts,
  ParticipantNode,
  type ScoreQuestion,
} from '../../../participant/session/index.js';
import type { ScoreAnswer__Output } from '../../../proto/gen/fedrisk/v1/ScoreAnswer.js';
import type { SessionRequest__Output } from '../../../proto/gen/fedrisk/v1/SessionRequest.js';
import { wire } from '../../../proto/index.js';

const jobId = `job-${'2'.repeat(32)}` as JobId;
const sealed = {
  enc: new Uint8Array(32).fill(1),
  ciphertext: new Uint8Array(48).fill(2),
  signature: 'ab'.repeat(64),
};
const question = (change: object = {}) => ({
  jobId,
  from: 'bank-a',
  requestId: randomBytes(16).toString('hex'),
  sealed,
  ...change,
});

/** A coordinator that only relays score questions: asks a node, and answers askScore with `said`. */
async function relay(said: (asked: object) => object) {
  const answers: ScoreAnswer__Output[] = [];
  let ask: (question: object) => void = () => {};
  const server = new Server();
  server.addService(wire.ParticipantService.service, {
    Session: (stream: {
      on(event: 'data', listener: (message: SessionRequest__Output) => void): void;
      write(message: object): void;
    }) => {
      stream.on('data', ({ hello, scoreAnswer }) => {
        if (hello) stream.write({ body: 'welcome', welcome: { heartbeatMs: 5000, version: '0.2.0' } });
        if (scoreAnswer) answers.push(scoreAnswer);
      });
      ask = (asked) => stream.write({ body: 'scoreQuestion', scoreQuestion: asked });
    },
    AskScore: ({ request }: { request: object }, done: (error: object | null, answer?: object) => void) => {
      try {
        done(null, said(request));
      } catch (error) {
        done(error as object);
      }
    },
  } as never);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  const channel = credentials.createInsecure();
  const link = new Link({ address: `127.0.0.1:${port}`, channel, channelOptions: {} });
  onTestFinished(() => link.close());
  return { link, answers, ask: (asked: object) => ask(asked) };
}

async function holder(scoreQuestion?: NodeParts['scoreQuestion']) {
  const { link, answers, ask } = await relay(() => ({}));
  const node = new ParticipantNode({
    name: 'platform-b' as ParticipantName,
    version: '0.2.0',
    link,
    log: pino({ level: 'silent' }),
    journal: { jobs: () => [] },
    ...(scoreQuestion && { scoreQuestion }),
  } as unknown as NodeParts);
  node.start();
  onTestFinished(() => node.close());
  await node.connected;
  /** Asks all at once; gives the answers in the order of the questions. */
  return async (...asked: { requestId: string }[]) => {
    for (const each of asked) ask(each);
    await expect.poll(() => answers.length).toBe(asked.length);
    return asked.map(({ requestId }) => answers.find((answer) => answer.requestId === requestId)!);
  };
}

describe('a feature holder that is asked for a part of a score', () => {
  test('answers over its session, each question under its own id', async () => {
    const heard: ScoreQuestion[] = [];
    const ask = await holder(async (asked) => {
      heard.push(asked);
      // The second question is answered first.
      await new Promise((resolve) => setTimeout(resolve, heard.length === 1 ? 60 : 0));
      return { sealed: { ...asked.sealed, ciphertext: Buffer.from(asked.requestId) } };
    });
    const [one, two] = [question(), question()];
    const answers = await ask(one, two);
    expect(answers.map(({ sealed: each, code }) => [each?.ciphertext.toString(), code])).toEqual([
      [one.requestId, ''],
      [two.requestId, ''],
    ]);
    expect(heard[0]).toMatchObject({ jobId, from: 'bank-a', requestId: one.requestId });
    expect(Buffer.from(heard[0]!.sealed.enc).equals(Buffer.from(sealed.enc))).toBe(true);
  });

  test('refuses by default', async () => {
    const ask = await holder();
    expect(await ask(question())).toMatchObject([{ code: 'SCORE_REFUSED', sealed: null }]);
  });

  test.each([
    ['that it has no such customer', new CodedError('SCORE_UNKNOWN_CUSTOMER', 'customer 17')],
    ['what is wrong with its data', new CodedError('DATASET_INVALID', 'row 17')],
    ['an error that nobody foresaw', new Error('row 17')],
  ])('does not tell the coordinator %s', async (_, error) => {
    const ask = await holder(async () => {
      throw error;
    });
    expect(await ask(question())).toMatchObject([{ code: 'SCORE_REFUSED', sealed: null }]);
  });

  test('says that its limit is reached', async () => {
    const ask = await holder(async () => {
      throw new CodedError('RATE_LIMITED', 'enough for today');
    });
    expect(await ask(question())).toMatchObject([{ code: 'RATE_LIMITED' }]);
  });

  test.each([
    ['another id of a job', { jobId: '../../etc' }],
    ['a name that none can have', { from: 'Bank A' }],
    ['nothing sealed', { sealed: null }],
    ['no signature', { sealed: { ...sealed, signature: '' } }],
  ])('refuses %s without looking further', async (_, change) => {
    let heard = 0;
    const ask = await holder(async () => {
      heard += 1;
      return { code: 'SCORE_REFUSED' };
    });
    expect(await ask(question(change))).toMatchObject([{ code: 'SCORE_REFUSED' }]);
    expect(heard).toBe(0);
  });

  test('takes on a bounded number of questions at once', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let heard = 0;
    const ask = await holder(async ({ sealed: back }) => {
      heard += 1;
      // Those behind the last one taken come in the same stream: they are refused before this timer.
      if (heard === 64) setTimeout(open, 300);
      await gate;
      return { sealed: back };
    });
    const answers = await ask(...Array.from({ length: 70 }, () => question()));
    expect(answers.filter(({ code }) => code === 'RATE_LIMITED')).toHaveLength(6);
    expect(answers.filter((answer) => answer.sealed)).toHaveLength(64);
  });
});

describe('a label holder that asks', () => {
  const asked = { jobId, to: 'platform-b' as ParticipantName, requestId: '0'.repeat(32), sealed };

  test('gets the sealed answer', async () => {
    const { link } = await relay(() => ({ sealed }));
    expect(Buffer.from((await link.askScore(asked)).ciphertext).equals(Buffer.from(sealed.ciphertext))).toBe(
      true,
    );
  });

  test('gets the code of a refusal, at once', async () => {
    const { link } = await relay(() => {
      const metadata = new Metadata();
      metadata.set(errorMetadata.code, 'SCORE_TIMEOUT');
      throw { code: status.UNAVAILABLE, details: 'late', metadata };
    });
    await expect(link.askScore(asked)).rejects.toMatchObject({ code: 'SCORE_TIMEOUT' });
  });

  test('refuses an answer without content', async () => {
    const { link } = await relay(() => ({}));
    await expect(link.askScore(asked)).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });
});
