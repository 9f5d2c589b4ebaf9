import { deflateRawSync } from 'node:zlib';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventToWire, type JobId, limits } from '../../../contract/index.js';
import { Link } from '../../../participant/session/link.js';
import { unpacked } from '../../../participant/session/packed.js';
import { Session } from '../../../participant/session/session.js';
import type { SessionRequest__Output } from '../../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { SessionResponse } from '../../../proto/gen/fedrisk/v1/SessionResponse.js';
import { wire } from '../../../proto/index.js';
import { coded } from '../../support/coded.js';

const jobId = `job-${'3'.repeat(32)}` as JobId;
const { responseSerialize } = wire.ParticipantService.service.Session;

function event(index: number) {
  const body = { kind: 'cancelled', by: 'ana', reason: 'no longer wanted' } as const;
  return { jobId, event: eventToWire({ index, atMs: 7, body }) };
}

function packedOf(message: SessionResponse): Buffer {
  return deflateRawSync(responseSerialize(message));
}

/** A coordinator that greets and then sends what it is told to, one list of messages for each session. */
async function coordinatorThatSends(...lists: SessionResponse[][]) {
  const greetings: SessionRequest__Output[] = [];
  const server = new Server();
  server.addService(wire.ParticipantService.service, {
    Session: (stream: {
      on(event: 'data', listener: (message: SessionRequest__Output) => void): void;
      write(message: SessionResponse): void;
    }) => {
      stream.on('data', (message) => {
        if (!message.hello) return;
        stream.write({ body: 'welcome', welcome: { heartbeatMs: 5000, version: '0.2.0' } });
        for (const each of lists[greetings.length] ?? []) stream.write(each);
        greetings.push(message);
      });
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
  const [shown, lost]: [number[], string[]] = [[], []];
  const session = new Session(link, '0.2.0', {
    cursors: () => [],
    event: (_, { index }) => shown.push(index),
    malformed: (_, { code }) => lost.push(code),
    connected: () => undefined,
    scoreQuestion: async () => ({ code: 'SCORE_REFUSED' }) as never,
    disconnected: ({ code }) => lost.push(code),
  });
  session.open();
  onTestFinished(() => session.close());
  return { greetings, shown, lost };
}

describe('packed events', () => {
  test('are those that were packed', () => {
    const events = [event(4), event(5)];
    expect(unpacked(packedOf({ events })).map((each) => each.event?.index)).toEqual([4, 5]);
  });

  test('may not be longer than a message, however short they come', () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * limits.messageBytes));
    expect(bomb.length).toBeLessThan(limits.messageBytes / 10);
    expect(coded(() => unpacked(bomb))).toBe('MESSAGE_TOO_LARGE');
  });

  test.each([
    ['torn', packedOf({ events: [event(0)] }).subarray(0, -5)],
    ['not packed', responseSerialize({ events: [event(0)] })],
    ['no message inside', deflateRawSync(Buffer.from('ff'.repeat(20), 'hex'))],
  ])('are refused when %s', (_, bytes) => {
    expect(coded(() => unpacked(bytes))).toBe('MESSAGE_MALFORMED');
  });

  test('hold no packed events in their turn', () => {
    const inner = packedOf({ events: [event(0)] });
    expect(unpacked(packedOf({ packed: inner }))).toEqual([]);
  });
});

describe('a session', () => {
  test('says that it takes packed events, and shows them in order among others', async () => {
    const { greetings, shown } = await coordinatorThatSends([
      { events: [event(0)] },
      { packed: packedOf({ events: [event(1), event(2)] }) },
      { events: [event(3)] },
    ]);
    await expect.poll(() => shown).toEqual([0, 1, 2, 3]);
    expect(greetings.map(({ hello }) => hello?.takesPacked)).toEqual([true]);
  });

  test('ends at a bomb, and another begins', async () => {
    const bomb = deflateRawSync(Buffer.alloc(2 * limits.messageBytes));
    const { shown, lost } = await coordinatorThatSends([{ packed: bomb }], [{ events: [event(0)] }]);
    await expect.poll(() => shown, { timeout: 10_000 }).toEqual([0]);
    expect(lost).toEqual(['MESSAGE_TOO_LARGE']);
  });
});
