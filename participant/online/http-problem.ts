import type { IncomingMessage } from 'node:http';
import { CodedError, errorCatalogue, toCodedError } from '../../contract/index.js';

/** What a caller did wrong in HTTP itself. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly error: CodedError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    {
      code = 'MESSAGE_MALFORMED',
      headers = {},
    }: { code?: CodedError['code']; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.error = new CodedError(code, message);
    this.headers = headers;
  }
}

export interface HttpFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly code: string;
    readonly message: string;
    readonly action: string;
    readonly parties: readonly string[];
  };
}

/** By the kind of a code: what the caller can do about it. */
const statusOfKind = {
  input: 422,
  refused: 403,
  identity: 502,
  missing: 404,
  conflict: 409,
  protocol: 502,
  unavailable: 503,
  limit: 429,
  internal: 500,
} as const;

/** The answer to a failed request. Of an error nobody foresaw only that it happened. */
export function failureOf(thrown: unknown): HttpFailure {
  const error = thrown instanceof HttpProblem ? thrown.error : toCodedError(thrown);
  const { code, parties } = error;
  const { kind, action } = errorCatalogue[code];
  const status =
    thrown instanceof HttpProblem ? thrown.status : code === 'SCORE_TIMEOUT' ? 504 : statusOfKind[kind];
  const message = code === 'INTERNAL' ? 'an unexpected error; the log has the particulars' : error.message;
  return {
    status,
    headers: thrown instanceof HttpProblem ? thrown.headers : {},
    body: { code, message, action, parties },
  };
}

/**
 * The body of a request, as text. @throws {HttpProblem} 413 beyond the limit, 400 for bytes that are no UTF-8 or a body that broke off.
 */
export async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<string> {
  const tooLarge = () =>
    new HttpProblem(413, `a request has at most ${maxBytes} bytes`, {
      code: 'MESSAGE_TOO_LARGE',
      headers: { connection: 'close' },
    });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (thrown) {
    if (thrown instanceof HttpProblem) throw thrown;
    throw new HttpProblem(400, 'the body broke off or is no UTF-8');
  }
}
