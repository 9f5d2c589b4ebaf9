import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { channelOptions, homeCredentials } from '../../../participant/identity/index.js';
import type { SessionRequest } from '../../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { wire } from '../../../proto/index.js';

/** The last release's messages as its clients read and write them. */
const released = loadPackageDefinition(
  loadSync('fedrisk/v1/participant.proto', {
    ...{ includeDirs: ['proto/released'], longs: Number, enums: String, defaults: true, oneofs: true },
  }),
) as unknown as { readonly fedrisk: { readonly v1: Pick<typeof wire, 'ParticipantService'> } };

/** An event as the last release reads it: `body` is missing where it knows no such kind. */
export interface ReleasedEvent {
  readonly jobId: string;
  readonly event: { readonly index: number; readonly body?: string; readonly posted?: { body?: string } };
}

/** A client of the last release for an enrolled participant. */
export async function releasedClient(home: string, address: string) {
  const { channel } = await homeCredentials(home);
  const { ParticipantService } = released.fedrisk.v1;
  return new ParticipantService(address, channel, { ...channelOptions, 'grpc.use_local_subchannel_pool': 1 });
}

/** Its session; `over` gives the error that ended it. */
export function releasedSession(client: Awaited<ReturnType<typeof releasedClient>>, version: string) {
  const call = client.session();
  const events: ReleasedEvent[] = [];
  const over = new Promise<Error | undefined>((resolve) => {
    call.on('error', resolve);
    call.on('end', () => resolve(undefined));
  });
  const greeted = new Promise<string>((resolve) => {
    call.on('data', (message: { welcome?: { version: string }; event?: unknown }) => {
      if (message.welcome) resolve(message.welcome.version);
      if (message.event) events.push(message.event as ReleasedEvent);
    });
  });
  call.write({ body: 'hello', hello: { version, cursors: [] } } as SessionRequest);
  const beat = setInterval(() => call.write({ body: 'heartbeat', heartbeat: {} } as SessionRequest), 100);
  const end = () => {
    clearInterval(beat);
    call.end();
    call.cancel();
  };
  return { events, over, greeted, end };
}
