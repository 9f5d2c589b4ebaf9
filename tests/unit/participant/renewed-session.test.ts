import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { Link } from '../../../participant/session/link.js';
import { Session } from '../../../participant/session/session.js';
import type { SessionRequest__Output } from '../../../proto/gen/fedrisk/v1/SessionRequest.js';
import { wire } from '../../../proto/index.js';

/** A coordinator that greets and shows nothing, as one whose store hangs. */
async function greeter(greeted: () => void): Promise<string> {
  const server = new Server();
  server.addService(wire.ParticipantService.service, {
    Session: (stream: {
      on(event: 'data', listener: (message: SessionRequest__Output) => void): void;
      write(message: object): void;
    }) => {
      stream.on('data', ({ hello }) => {
        if (!hello) return;
        stream.write({ body: 'welcome', welcome: { heartbeatMs: 60_000, version: '0.2.0' } });
        greeted();
      });
    },
  } as never);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

test('a session that shows nothing is renewed where calls are answered, and stays open else', async () => {
  const greetings: string[] = [];
  const lost: string[] = [];
  const [address, other] = [
    await greeter(() => greetings.push('first')),
    await greeter(() => greetings.push('second')),
  ];
  const channel = credentials.createInsecure();
  const link = new Link({ address, otherAddresses: [other], channel, channelOptions: {} });
  onTestFinished(() => link.close());
  const session = new Session(link, '0.2.0', {
    cursors: () => [],
    event: () => undefined,
    malformed: () => undefined,
    connected: () => undefined,
    scoreQuestion: async () => ({ code: 'SCORE_REFUSED' }) as never,
    disconnected: ({ code }) => lost.push(code),
  });
  onTestFinished(() => session.close());
  session.open();
  await expect.poll(() => greetings).toEqual(['first']);
  // A call that found the first one silent turned to the second; the session stays where it is.
  link.turnFrom(link.client);
  expect(lost).toEqual([]);
  session.renew();
  await expect.poll(() => greetings).toEqual(['first', 'second']);
  expect(lost).toEqual(['COORDINATOR_UNREACHABLE']);
});
