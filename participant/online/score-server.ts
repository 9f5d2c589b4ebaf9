import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Logger } from 'pino';
import { z } from 'zod';
import { CodedError, limits } from '../../contract/index.js';
import { parseJson } from '../../crypto/identity/index.js';
import type { JointScore, ScoreAsked } from './asking.js';
import { bodyOf, failureOf, HttpProblem } from './http-problem.js';

const maxBodyBytes = 128 * 1024;
const maxConnections = 256;
/** A caller that sends slowly holds a connection no longer than this. */
const requestMs = 10_000;
const idleMs = 60_000;

const scoreRequest = z.strictObject({
  id: z.string().min(1).max(200),
  features: z
    .record(
      z.string().max(64),
      z.union([z.number(), z.string().max(200), z.null()], 'must be a number, text or null'),
    )
    .refine(
      (value) => Object.keys(value).length <= limits.features,
      `must name at most ${limits.features} features`,
    )
    .optional(),
});

export interface ServerParts {
  score(asked: ScoreAsked): Promise<JointScore>;
  health(): Promise<object>;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Scores under way at once; more are turned away. */
  readonly mostUnderWay: number;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

export interface ScoreServer {
  readonly host: string;
  readonly port: number;
  /** Ends after the scores under way. */
  close(): Promise<void>;
}

/** True for hosts that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Scores over HTTP for systems of the label holder: POST /v1/score, GET /v1/health. It authenticates nobody, hence
 * loopback; anywhere else TLS and authentication belong in front.
 * @throws {CodedError} CONFIG_INVALID when host or port cannot be listened on.
 */
export async function serveScores(parts: ServerParts): Promise<ScoreServer> {
  const { host, port } = parts;
  const service = new ScoreService(parts);
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, keepAliveTimeout: idleMs, maxHeaderSize: 8192 },
    (request, response) => void service.handle(request, response),
  );
  server.maxConnections = maxConnections;
  await listening(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    host,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        // A connection becomes idle when its last answer is out; it would be kept alive for more.
        const sweep = setInterval(() => server.closeIdleConnections(), 50);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new CodedError('CONFIG_INVALID', `cannot listen on ${host}:${port} (${cause.code})`, { cause })),
    );
    server.listen(port, host, resolve);
  });
}

class ScoreService {
  readonly #parts: ServerParts;
  #underWay = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, 200, await this.#answer(request));
    } catch (thrown) {
      const { status, headers, body } = failureOf(thrown);
      const { log } = this.#parts;
      if (status >= 500) log.warn({ code: body.code, parties: body.parties }, 'a score failed');
      if (body.code === 'INTERNAL') log.error({ err: thrown }, 'unexpected');
      send(response, status, body, headers);
    }
  }

  async #answer(request: IncomingMessage): Promise<object> {
    this.#checkHost(request);
    const [path] = (request.url ?? '').split('?');
    switch (path) {
      case '/v1/health':
        allow(request, 'GET');
        return this.#parts.health();
      case '/v1/score':
        allow(request, 'POST');
        return this.#bounded(async () => this.#parts.score(await askedIn(request)));
      default:
        throw new HttpProblem(404, 'there are POST /v1/score and GET /v1/health');
    }
  }

  /** A page in a browser on this machine could reach a loopback port under a name of its own (DNS rebinding). */
  #checkHost({ headers }: IncomingMessage): void {
    if (!isLoopback(this.#parts.host)) return;
    const named = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    if (!isLoopback(named))
      throw new HttpProblem(403, 'the Host header names another machine', { code: 'ROLE_FORBIDDEN' });
  }

  async #bounded(run: () => Promise<object>): Promise<object> {
    const { mostUnderWay } = this.#parts;
    if (this.#underWay >= mostUnderWay) {
      throw new HttpProblem(429, `${mostUnderWay} scores are under way`, {
        code: 'RATE_LIMITED',
        headers: { 'retry-after': '1' },
      });
    }
    this.#underWay += 1;
    try {
      return await run();
    } finally {
      this.#underWay -= 1;
    }
  }
}

function allow(request: IncomingMessage, method: string): void {
  if (request.method !== method)
    throw new HttpProblem(405, `the method must be ${method}`, { headers: { allow: method } });
}

/** JSON by its content type only: a browser sends that to another origin after asking, and nobody here says yes. */
async function askedIn(request: IncomingMessage): Promise<ScoreAsked> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpProblem(415, 'the content type must be application/json');
  }
  const value = parseJson(await bodyOf(request, maxBodyBytes));
  if (value === undefined) throw new HttpProblem(400, 'the body is no JSON');
  const parsed = scoreRequest.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'body';
  throw new HttpProblem(400, `${field}: ${issue?.message}`);
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}

/** How an address stands in a URL. */
export function urlOf({ host, port }: Pick<ScoreServer, 'host' | 'port'>): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
