import { once } from 'node:events';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { type ChannelOptions, type Client, credentials, makeClientConstructor, status } from '@grpc/grpc-js';
import {
  errorMetadata,
  type HexDigest,
  type JobId,
  limits,
  type ParticipantName,
  type PostBody,
  postDigest,
  postToWire,
} from '../contract/index.js';
import { coordinatorServerName, type Signer } from '../crypto/identity/index.js';
import { wire } from '../proto/index.js';
import { countEvents } from './load-messages.js';

const service = wire.ParticipantService.service;
/** Reads sessions as bytes: a crowd in one process cannot afford to parse what each of it is shown. */
const RawService = makeClientConstructor(
  {
    ...service,
    Session: { ...service.Session, responseDeserialize: (bytes: Buffer) => bytes },
  },
  'ParticipantService',
);
export const channelOptions: ChannelOptions = {
  'grpc.ssl_target_name_override': coordinatorServerName,
  'grpc.default_authority': coordinatorServerName,
  'grpc.use_local_subchannel_pool': 1,
};
const heartbeatMs = 5_000;

export interface PartyIdentity {
  readonly name: ParticipantName;
  readonly organisation: string;
  readonly certificateFingerprint: HexDigest;
  readonly signer: Signer;
  readonly tls: { readonly authority: Buffer; readonly key: Buffer; readonly certificate: Buffer };
}

/** A ciphertext that is uploaded again and again. */
export interface ReadyUpload {
  readonly bytes: Buffer;
  readonly digest: HexDigest;
}

type StubOf = InstanceType<typeof wire.ParticipantService>;

/** One participant as the coordinator sees it: a certificate, a session, signed posts and uploads; nothing behind it. */
export class LoadParty {
  readonly name: ParticipantName;
  /** Bytes of messages, both ways, and events shown. */
  up = 0;
  down = 0;
  events = 0;
  messages = 0;
  /** Calls that were refused for their pace and made again. */
  repeated = 0;
  readonly #stub: StubOf;
  #beat: NodeJS.Timeout | undefined;
  #session: ReturnType<StubOf['Session']> | undefined;

  constructor(
    readonly identity: PartyIdentity,
    address: string,
  ) {
    this.name = identity.name;
    const { authority, key, certificate } = identity.tls;
    const channel = credentials.createSsl(authority, key, certificate);
    this.#stub = new RawService(address, channel, channelOptions) as Client as StubOf;
  }

  /** Opens the session; resolves at the welcome. */
  async connect(version: string, shown: (message: Buffer) => void = () => {}): Promise<void> {
    const session = this.#stub.Session();
    this.#session = session;
    session.on('error', (error) => {
      if (!isCancelled(error)) throw error;
    });
    session.write({ body: 'hello', hello: { version, cursors: [], takesPacked: true } });
    this.#beat = setInterval(() => session.write({ body: 'heartbeat', heartbeat: {} }), heartbeatMs);
    const welcomed = once(session, 'data');
    session.on('data', (message: Buffer) => {
      this.down += message.length;
      this.messages += 1;
      this.events += countEvents(message);
      shown(message);
    });
    await welcomed;
  }

  async say(jobId: JobId, digest: HexDigest | '', bodies: readonly PostBody[]): Promise<void> {
    for (let at = 0; at < bodies.length; at += limits.postsTogether) {
      const posts = [];
      for (const body of bodies.slice(at, at + limits.postsTogether)) {
        const unsigned = { sender: this.name, rosterDigest: digest, body };
        posts.push(
          postToWire({ ...unsigned, signature: this.identity.signer.sign(postDigest(jobId, unsigned)) }),
        );
        // A crowd that signs in one go answers no heartbeat meanwhile.
        await setImmediate();
      }
      const request = { jobId, posts };
      this.up += service.PostAll.requestSerialize(request as never).length;
      await this.#untilTaken((done) => this.#stub.PostAll(request, done));
    }
  }

  async upload(jobId: JobId, sum: number, { bytes, digest }: ReadyUpload): Promise<void> {
    this.up += bytes.length;
    await this.#untilTaken((done) => {
      const call = this.#stub.Upload(done);
      call.on('error', () => undefined);
      void (async () => {
        call.write({
          body: 'header',
          header: { jobId, sum, digest, bytes: bytes.length, offset: 0, to: '' },
        });
        for (let at = 0; at < bytes.length; at += limits.chunkBytes) {
          const chunk = bytes.subarray(at, at + limits.chunkBytes);
          if (!call.write({ body: 'chunk', chunk })) await once(call, 'drain');
        }
        call.end();
      })();
    });
  }

  /** Reads a sum and forgets it. */
  async download(jobId: JobId, sum: number): Promise<void> {
    for await (const { chunk } of this.#stub.Download({ jobId, sum, from: '', offset: 0 })) {
      this.down += (chunk as Buffer).length;
    }
  }

  close(): void {
    clearInterval(this.#beat);
    this.#session?.cancel();
    this.#stub.close();
  }

  async #untilTaken(start: (done: (error: Error | null) => void) => void): Promise<void> {
    for (;;) {
      const error = await new Promise<Error | null>((resolve) => start(resolve));
      // A job ends with a quorum of reports: the others come too late.
      if (error === null || codeOf(error) === 'JOB_ENDED') return;
      if (codeOf(error) !== 'RATE_LIMITED') throw new Error(`${this.name}: ${error.message}`);
      this.repeated += 1;
      await delay(200);
    }
  }
}

function codeOf(error: Error): unknown {
  const { metadata } = error as { metadata?: { get(key: string): unknown[] } };
  return metadata?.get(errorMetadata.code)[0];
}

function isCancelled(error: Error): boolean {
  return (error as { code?: number }).code === status.CANCELLED;
}
