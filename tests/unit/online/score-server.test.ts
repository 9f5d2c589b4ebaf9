import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCatalogue } from '../../../contract/index.js';
import { type ScoreServer, serveScores } from '../../../participant/online/score-server.js';
import { OnlineStage, quiet, relayTo } from './stage.js';

let stage: OnlineStage;
let server: ScoreServer;
/** Lets the partner answer; replaced where it must not yet. */
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  stage = await OnlineStage.set();
  stage.give('bank-a', [
    [1, 500, 'no'],
    [2, 500, 'no'],
  ]);
  stage.give('platform-b', [[1, 25]]);
  const relay = relayTo(stage, new Map([['platform-b', stage.answering('platform-b')]]));
  const asking = stage.asking(async (question) => {
    await gate;
    return relay(question);
  });
  server = await serveScores({
    ...{ host: '127.0.0.1', port: 0, mostUnderWay: 2, log: quiet },
    score: (asked) => asking.score(asked),
    health: async () => ({ ok: true }),
  });
});
afterAll(async () => {
  await server.close();
  await stage.close();
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: expectations check the shape.
  readonly body: any;
}

function send(
  path: string,
  {
    method = 'POST',
    body = '',
    headers = { 'content-type': 'application/json' },
  }: { method?: string; body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { host, port } = server;
    const call = request({ host, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: JSON.parse(Buffer.concat(chunks).toString()),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}
const score = (body: unknown) => send('/v1/score', { body: JSON.stringify(body) });

/** Of what other threads bring about. */
const patient = { timeout: 30_000 };

describe('the HTTP port of the label holder', () => {
  it('scores one customer a request', async () => {
    const { status, headers, body } = await score({ id: '1' });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(Object.keys(body).sort()).toEqual([
      'contributions',
      'points',
      'probability',
      'reasons',
      'requestId',
    ]);
    const given = await score({ id: '1', features: { Amount: 500, Records: 'no' } });
    expect(given.body.points).toBe(body.points);
  });

  it('says that it is well', async () => {
    expect(await send('/v1/health', { method: 'GET', headers: {} })).toMatchObject({
      status: 200,
      body: { ok: true },
    });
  });

  it('gives errors as code, message and action', async () => {
    const { status, body } = await score({ id: '2' });
    expect(status).toBe(404);
    expect(body).toEqual({
      code: 'SCORE_UNKNOWN_CUSTOMER',
      message: expect.stringContaining('platform-b'),
      action: errorCatalogue.SCORE_UNKNOWN_CUSTOMER.action,
      parties: ['platform-b'],
    });
    expect(await score({ id: '1', features: { Amount: 500 } })).toMatchObject({
      status: 422,
      body: { code: 'SCHEMA_DRIFT' },
    });
  });

  it.each([
    ['no JSON', 'no json', 400],
    ['cut JSON', '{"id": "1"', 400],
    ['a list', '[]', 400],
    ['several customers', '{"id": ["1", "2"]}', 400],
    ['no id', '{}', 400],
    ['an empty id', '{"id": ""}', 400],
    ['a number as id', '{"id": 1}', 400],
    ['a long id', JSON.stringify({ id: 'x'.repeat(201) }), 400],
    ['an unknown field', '{"id": "1", "limit": 3}', 400],
    ['features of another type', '{"id": "1", "features": {"Amount": true}}', 400],
    ['nested features', '{"id": "1", "features": {"Amount": {"a": 1}}}', 400],
    ['features that are infinite', '{"id": "1", "features": {"Amount": 1e999, "Records": "no"}}', 400],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ['nothing', '', 400],
    ['too much', JSON.stringify({ id: '1', features: { Amount: 'x'.repeat(200_000) } }), 413],
  ])('refuses a body with %s', async (_, body, status) => {
    const reply = await send('/v1/score', { body });
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ code: expect.any(String), action: expect.any(String) });
  });

  it('refuses a body that grows beyond the limit without saying its length', async () => {
    const socket = connect(server.port, server.host);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.write(
      'POST /v1/score HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let turn = 0; turn < 4; turn++) socket.write(chunk);
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each([
    ['another path', '/v1/scores', {}, 404],
    ['GET of a score', '/v1/score', { method: 'GET' }, 405],
    ['POST of health', '/v1/health', {}, 405],
    ['a form', '/v1/score', { headers: { 'content-type': 'text/plain' }, body: '{"id":"1"}' }, 415],
    ['no content type', '/v1/score', { headers: {}, body: '{"id":"1"}' }, 415],
    [
      'another host, as a page in a browser would name it',
      '/v1/score',
      { headers: { host: 'attacker.example:7090', 'content-type': 'application/json' }, body: '{"id":"1"}' },
      403,
    ],
  ])('refuses %s', async (_, path, call, status) => {
    const reply = await send(path, call);
    expect(reply.status).toBe(status);
    expect(reply.body.code).toMatch(/^[A-Z_]+$/);
  });

  it('turns away more than it may have under way', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const busy = [score({ id: '1' }), score({ id: '1' })];
    await expect.poll(async () => (await score({ id: '1' })).status, patient).toBe(429);
    open();
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200]);
    gate = Promise.resolve();
    expect((await score({ id: '1' })).status).toBe(200);
  });

  it('cannot listen where somebody else does', async () => {
    const taken = { host: server.host, port: server.port, mostUnderWay: 1, log: quiet };
    const again = serveScores({
      ...taken,
      score: () => Promise.reject(new Error()),
      health: async () => ({}),
    });
    await expect(again).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
