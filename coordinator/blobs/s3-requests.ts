import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'minio';
import { CodedError } from '../../contract/index.js';

/** A bucket of an S3-compatible store, and a folder in it. */
export interface S3Access {
  /** `s3://bucket/folder`; the folder may be absent. */
  readonly url: string;
  /** http(s)://host[:port]. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken?: string | undefined;
}

/** A connection on which nothing moves for this long is given up. */
const silentMs = 30_000;
/** Below what servers keep idle connections for, so that none is used as it closes. */
const idleMs = 2_000;
/** One request with its piece. */
const requestMs = 60_000;
/** Stores close connections as they please; whatever is asked here can be asked again. */
const attempts = 4;
const firstPauseMs = 100;
const connections = 8;

/**
 * @param pieceBytes of the largest object that is stored.
 * @throws {CodedError} CONFIG_INVALID
 */
export function clientOf(access: S3Access, pieceBytes: number) {
  const { endpoint, region, accessKey, secretKey, sessionToken } = access;
  const at = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (at === undefined || !/^https?:$/.test(at.protocol) || at.pathname !== '/') {
    throw new CodedError('CONFIG_INVALID', 'blobsEndpoint: must be http(s)://HOST or http(s)://HOST:PORT');
  }
  const useSSL = at.protocol === 'https:';
  const own = useSSL ? https : http;
  const agent = new own.Agent({ keepAlive: true, maxSockets: connections, timeout: idleMs });
  const client = new Client({
    ...{ endPoint: at.hostname.replace(/^\[|\]$/g, ''), useSSL, region, accessKey, secretKey },
    ...(at.port !== '' && { port: Number(at.port) }),
    ...(sessionToken !== undefined && { sessionToken }),
    partSize: pieceBytes,
    transportAgent: agent,
    transport: { request: impatient(own.request as typeof https.request) } as unknown as typeof https,
    // See `asked`: the client's own repetitions write to the console.
    retryOptions: { disableRetry: true },
  });
  return { client, close: () => agent.destroy() };
}

/** The client itself waits for ever. */
function impatient(request: typeof https.request) {
  return (options: https.RequestOptions, answered: (response: http.IncomingMessage) => void) => {
    const asked = request(options, answered);
    asked.setTimeout(silentMs, () => asked.destroy(new Error('silent')));
    return asked;
  };
}

/** Undefined of what the store does not have. */
export async function presentOrNot<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (['NotFound', 'NoSuchKey'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** What a request gives, made again while it finds no answer. */
export async function asked<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await within(request(), requestMs);
    } catch (error) {
      if (attempt === attempts || isAnswer(error) || error instanceof Late) throw error;
      await delay(firstPauseMs * 2 ** (attempt - 1));
    }
  }
}

class Late extends Error {}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late('late')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Za-z]{1,60}$/.test(code) ? code : 'closed';
}

/** Errors of the store are told by names of its own, those of connections by capitals of the system. */
export function isAnswer(error: unknown): boolean {
  const code = codeOf(error);
  return /[a-z]/.test(code) && !['closed', 'SlowDown', 'InternalError', 'ServiceUnavailable'].includes(code);
}

/** Without the cause: it can quote the request, which names the key. */
export function unreachable(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError(
    'COORDINATOR_UNREACHABLE',
    `the coordinator's ciphertext store does not answer (${codeOf(error)})`,
  );
}
