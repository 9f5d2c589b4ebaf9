import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { JobEvent, JobId, ParticipantName } from '../../../contract/index.js';
import { Bursts } from '../../../coordinator/rpc/bursts.js';
import { EventFeed } from '../../../coordinator/rpc/event-feed.js';
import { Frame } from '../../../coordinator/rpc/frames.js';
import { Session } from '../../../coordinator/rpc/session.js';
import { Turns } from '../../../coordinator/rpc/turns.js';
import { coordinatorServerName, privateKeyPem, readClientHome } from '../../../crypto/identity/index.js';
import { unaryCall } from '../../../participant/identity/index.js';
import { homeKeys } from '../../../participant/keystore/index.js';
import { wire } from '../../../proto/index.js';
import { codedAsync } from '../../support/coded.js';
import { Served } from './support/served.js';

const jobId = `job-${'4a'.repeat(16)}` as JobId;
const { Download, PostAll, Upload } = wire.ParticipantService.service;
/** Windows of a stream, in bytes: of one that waits, and on a connection with an upload under way. */
const [narrow, wide] = [16 * 1024, 256 * 1024];
/** What Node reads of a stream before anybody wants it, by version. */
const mostReadAhead = 64 * 1024;

describe('a message that many are sent', () => {
  it('is framed as gRPC frames a DownloadResponse, whole or without its beginning', () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40_000 });
    fc.assert(
      fc.property(chunk, fc.nat(), (bytes, skip) => {
        const skipped = skip % bytes.length;
        const expected = Download.responseSerialize({ chunk: Buffer.from(bytes.subarray(skipped)) });
        expect(Frame.ofChunk(bytes).behind(skipped).message).toEqual(expected);
      }),
    );
    const large = Buffer.alloc(256 * 1024, 7);
    expect(Frame.ofChunk(large).message.equals(Download.responseSerialize({ chunk: large }))).toBe(true);
  });
});

describe('sessions that take nothing', () => {
  it('are sent as many messages as there are turns, however many sessions; the others follow', async () => {
    const events: JobEvent[] = [
      { index: 0, atMs: 7, body: { kind: 'cancelled', by: 'ana', reason: 'x'.repeat(9_000) } },
    ];
    const feed = new EventFeed({ readEvents: async (_, from) => events.slice(from) });
    const bursts = new Bursts(feed);
    const turns = new Turns({ most: 8, mostEach: 1, heldMs: 3_600_000 });
    const held: (() => void)[] = [];
    let written = 0;
    const write = (_: Buffer, done: () => void) => {
      written += 1;
      held.push(done);
    };
    for (let place = 0; place < 1000; place++) {
      const name = `bank-${place}` as ParticipantName;
      const session = new Session(name, { writableLength: 0, write } as never, feed, bursts, turns);
      session.takesPacked = true;
      session.follow(jobId, 0, 1);
    }
    await expect.poll(() => written).toBe(8);
    await delay(50);
    expect(written).toBe(8);
    while (written < 1000) {
      expect(held.length).toBeLessThanOrEqual(8);
      for (const take of held.splice(0)) take();
      await delay(0);
    }
  });
});

describe('calls that wait for their turn', () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served.close());

  /** A bare connection of somebody, who keeps to no library. */
  async function connected(name: string): Promise<ClientHttp2Session> {
    const { certificatePem, authorityPem, secrets, config } = await readClientHome(join(served.folder, name));
    const key = privateKeyPem(homeKeys(secrets, config.role).tlsKey);
    const tls = { ca: authorityPem, cert: certificatePem, key, servername: coordinatorServerName };
    const connection = connect(`https://${served.address}`, tls);
    connection.on('error', () => undefined);
    onTestFinished(() => connection.destroy());
    return connection;
  }

  function begun(connection: ClientHttp2Session, path: string) {
    const headers = { 'content-type': 'application/grpc+proto', te: 'trailers' };
    const stream = connection.request({ ':method': 'POST', ':path': path, ...headers });
    stream.on('error', () => undefined);
    stream.resume();
    const code = new Promise<unknown>((resolve) => {
      const told = (fields: object) => {
        const { 'fedrisk-code': found } = fields as Record<string, unknown>;
        if (found !== undefined) resolve(found);
      };
      stream.on('response', told);
      stream.on('trailers', told);
    });
    return { stream, code };
  }

  /** Bytes sent so far, once no more go out. */
  async function settled({ socket }: ClientHttp2Session): Promise<number> {
    for (let sent = -1; ; ) {
      if (sent === socket.bytesWritten) return sent;
      sent = socket.bytesWritten;
      await delay(200);
    }
  }

  /** The prefix of a message that is to be so long. */
  function prefix(bytes: number): Buffer {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes, 1);
    return head;
  }

  it('leave posts with their sender, but for a window, and are read once those ahead took too long', async () => {
    const connection = await connected('bank-a');
    // As many as one caller is read at once, each begun and never ended.
    for (let call = 0; call < 4; call++) begun(connection, PostAll.path).stream.write(prefix(100));
    const before = await settled(connection);
    const { stream, code } = begun(connection, PostAll.path);
    const bytes = 300_000;
    stream.end(Buffer.concat([prefix(bytes), Buffer.alloc(bytes, 255)]));
    const first = (await settled(connection)) - before;
    expect(first).toBeGreaterThan(narrow);
    expect(first).toBeLessThan(narrow + mostReadAhead + 10_000);
    // Others are not behind it.
    const { node } = served.member('bank-b');
    const post = codedAsync(unaryCall((...rest) => node.postAll({ jobId, posts: [{}] }, ...rest)));
    expect(await post).toBe('MESSAGE_MALFORMED');
    expect(await code).toBe('MESSAGE_MALFORMED');
    expect(connection.socket.bytesWritten - before).toBeGreaterThan(bytes);
  });

  it('are widened for an upload under way, and only as long', async () => {
    const connection = await connected('bank-b');
    const windows: unknown[] = [];
    connection.on('remoteSettings', ({ initialWindowSize }) => windows.push(initialWindowSize));
    const { stream, code } = begun(connection, Upload.path);
    await expect.poll(() => windows).toEqual([narrow, wide]);
    stream.end(prefix(0));
    expect(await code).toBe('MESSAGE_MALFORMED');
    await expect.poll(() => windows).toEqual([narrow, wide, narrow]);
  });

  it('have one message: a second one, and none, are refused', async () => {
    const connection = await connected('platform-x');
    const twice = begun(connection, PostAll.path);
    twice.stream.end(Buffer.concat([prefix(0), prefix(0)]));
    const never = begun(connection, PostAll.path);
    never.stream.end();
    expect(await Promise.all([twice.code, never.code])).toEqual(['MESSAGE_MALFORMED', 'MESSAGE_MALFORMED']);
  });
});
