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
 * Whether a participant that leaves a horizontal job with this code takes the whole job with it: somebody broke the
 * protocol. With any other code it failed for itself, and the others go on if enough are left.
 */
export function endsJob(code: ErrorCode): boolean {
  const { kind }: ErrorEntry = errorCatalogue[code];
  return kind === 'protocol' || kind === 'identity';
}

/** Whether a machine does not answer, or cannot store anything, for now: who hears it tries the same again later. */
export function isOutage(code: ErrorCode): boolean {
  return code === 'COORDINATOR_UNREACHABLE' || code === 'STORAGE_FULL';
}

/**
 * An error with a code of the catalogue. `message` is one sentence with the particulars; it never holds
 * data of a domain, only names, counts, fields and limits. Rooms subclass it to narrow the code.
 */
export class CodedError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  /** Participants at fault or that must act, when known. */
  readonly parties: readonly string[];
  /** Id of the call that was refused with it; finds its line in the coordinator's log. Empty for errors of our own. */
  readonly call: string;

  constructor(
    code: C,
    message: string,
    options: { cause?: unknown; parties?: readonly string[]; call?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.parties = options.parties ?? [];
    this.call = options.call ?? '';
  }
}

/** What the system and SQLite say when the machine refuses a write. */
const storageRefusals: readonly (readonly [RegExp, string])[] = [
  [/^(ENOSPC|EDQUOT|SQLITE_FULL)$/, 'the disk is full'],
  [/^(EROFS|SQLITE_READONLY(_[A-Z_]+)?)$/, 'the disk is read-only'],
  [/^(EIO|SQLITE_IOERR(_[A-Z_]+)?)$/, 'the disk fails'],
  [/^SQLITE_BUSY(_[A-Z_]+)?$/, 'another process holds the database'],
  [/^SQLITE_CANTOPEN(_[A-Z_]+)?$/, 'a file of the database cannot be opened'],
];

/**
 * The coded form of anything thrown: STORAGE_FULL for a write that the machine refused, without the path that its
 * message can hold; what else has no code becomes INTERNAL with its message kept as cause.
 */
export function toCodedError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  const [, why] = storageRefusals.find(([codes]) => typeof code === 'string' && codes.test(code)) ?? [];
  if (why !== undefined) {
    return new CodedError('STORAGE_FULL', `nothing can be stored: ${why} (${code})`, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CodedError('INTERNAL', `unexpected: ${message}`, { cause: thrown });
}
