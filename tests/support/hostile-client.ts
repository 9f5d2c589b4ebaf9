import { randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { type ChannelCredentials, Client, Metadata, type requestCallback } from '@grpc/grpc-js';
import { errorMetadata, isRemoteFailure, remoteError } from '../../contract/index.js';
import { channelOptions } from '../../participant/identity/index.js';
import { wire } from '../../proto/index.js';

/** How a call failed: the code a client of ours would show, and the one that stood in the metadata. */
export interface Refusal {
  readonly code: string;
  readonly stated: string;
}

/** A client without manners: no limit on what it sends, no check of what it says. */
export class RudeClient {
  readonly node: InstanceType<typeof wire.ParticipantService>;
  readonly #raw: Client;

  constructor(address: string, channel: ChannelCredentials) {
    const options = {
      ...channelOptions,
      'grpc.max_send_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    };
    this.node = new wire.ParticipantService(address, channel, options);
    this.#raw = new Client(address, channel, options);
  }

  close(): void {
    this.node.close();
    this.#raw.close();
  }

  post(request: object): Promise<Refusal | undefined> {
    return refusalOf((done) => this.node.Post(request, done));
  }

  postAll(request: object): Promise<Refusal | undefined> {
    return refusalOf((done) => this.node.PostAll(request, done));
  }

  getUpload(request: object): Promise<Refusal | undefined> {
    return refusalOf((done) => this.node.GetUpload(request, done));
  }

  /** Any bytes as a message of a method. */
  send(method: string, bytes: Buffer): Promise<Refusal | undefined> {
    const same = (value: Buffer) => value;
    const path = `/fedrisk.v1.ParticipantService/${method}`;
    return refusalOf((done) => this.#raw.makeUnaryRequest(path, same, same, bytes, new Metadata(), {}, done));
  }

  upload(messages: readonly object[]): Promise<Refusal | undefined> {
    return refusalOf((done) => {
      const call = this.node.Upload(done);
      call.on('error', () => undefined);
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  /** Says things on a session until the coordinator ends it. */
  session(messages: readonly object[]): Promise<Refusal> {
    const call = this.node.Session();
    call.on('data', () => undefined);
    const over = new Promise<Refusal>((resolve) => call.on('error', (error) => resolve(refusal(error)!)));
    for (const message of messages) call.write(message);
    return over;
  }
}

function refusalOf(start: (done: requestCallback<unknown>) => unknown): Promise<Refusal | undefined> {
  return new Promise((resolve) => {
    start((error) => resolve(error ? refusal(error) : undefined));
  });
}

function refusal(error: unknown): Refusal | undefined {
  if (!isRemoteFailure(error)) throw error;
  return { code: remoteError(error).code, stated: String(error.metadata?.get(errorMetadata.code)[0] ?? '') };
}

/** Says nonsense on a plain TCP connection, or inside TLS when a context is given; resolves when the server hangs up. */
export function babble(address: string, context?: tls.ConnectionOptions): Promise<void> {
  const port = Number(address.split(':').at(-1));
  return new Promise((resolve) => {
    const socket = context
      ? tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'], ...context })
      : net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on(context ? 'secureConnect' : 'connect', () => {
      // The client preface of HTTP/2, then frames of no type in no order.
      if (context) socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      socket.write(randomBytes(64 * 1024));
    });
    socket.resume();
    socket.setTimeout(5000, () => socket.destroy());
  });
}
