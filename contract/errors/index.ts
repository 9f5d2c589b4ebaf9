import { dataErrors } from './data.js';
import type { ErrorEntry } from './entry.js';
import { identityErrors } from './identity.js';
import { jobErrors } from './job.js';
import { policyErrors } from './policy.js';
import { sumErrors } from './sum.js';
import { trainingErrors } from './training.js';
import { verticalErrors } from './vertical.js';
import { wireErrors } from './wire.js';

/** Every code the product can raise. Codes are stable; messages are not. */
export const errorCatalogue = {
  ...identityErrors,
  ...jobErrors,
  ...policyErrors,
  ...dataErrors,
  ...trainingErrors,
  ...sumErrors,
  ...verticalErrors,
  ...wireErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
export type { ErrorEntry } from './entry.js';

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCatalogue, value);
}

/**
 * An error with a code of the catalogue. `message` is one sentence with the particulars; it never holds
 * data of a domain, only names, counts, fields and limits. Rooms subclass it to narrow the code.
 */
export class CodedError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  /** Participants at fault or that must act, when known. */
  readonly parties: readonly string[];

  constructor(code: C, message: string, options: { cause?: unknown; parties?: readonly string[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.parties = options.parties ?? [];
  }
}

/** The coded form of anything thrown; what has no code becomes INTERNAL with its message kept as cause. */
export function toCodedError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CodedError('INTERNAL', `unexpected: ${message}`, { cause: thrown });
}
