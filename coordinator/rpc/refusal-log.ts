import { randomBytes } from 'node:crypto';
import { type CodedError, type ErrorCode, type JobId, jobId } from '../../contract/index.js';
import type { JobLog } from '../jobs/index.js';

/** Distinct refusals remembered; the oldest go first. */
const remembered = 5000;

/** What a call is about, as its message says; in the log beside its id. */
export interface CallSubject {
  readonly jobId?: JobId;
  /** The sum, or the step of a vertical job. */
  readonly sum?: number;
}

/**
 * Logs each refused message once: a client that repeats it fills no disk. A refusal has a call id, which goes to the
 * caller too; a repetition is answered with the id of the call that was logged, so that whatever id a person quotes
 * finds its line.
 */
export class RefusalLog {
  readonly #seen = new Map<string, string>();
  /** Tells calls of this process from those of another replica, or of the one before a restart. */
  readonly #process = randomBytes(4).toString('hex');
  #calls = 0;

  constructor(
    private readonly log: JobLog,
    private readonly refused: (code: ErrorCode, rpc: string) => void = () => {},
  ) {}

  /** @returns the id of the call. */
  record(rpc: string, caller: string, error: CodedError, subject: CallSubject = {}): string {
    this.refused(error.code, rpc);
    const key = [rpc, caller, error.code, error.message, subject.jobId, subject.sum].join(' ');
    const earlier = this.#seen.get(key);
    if (earlier !== undefined) return earlier;
    const call = `${this.#process}-${(this.#calls++).toString(16)}`;
    this.#seen.set(key, call);
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > remembered && oldest !== undefined) this.#seen.delete(oldest);
    const fields = { call, rpc, caller, ...subject, code: error.code, detail: error.message };
    if (error.code === 'INTERNAL') this.log.error({ ...fields, err: error.cause ?? error }, 'call failed');
    else this.log.warn(fields, 'call refused');
    return call;
  }
}

/** What a foreign message says it is about; what does not parse is about nothing. */
export function subjectOf(message: unknown): CallSubject {
  const { jobId: named, sum, post, posts } = (message ?? {}) as Record<string, unknown>;
  const parsed = jobId.safeParse(named);
  const inPost = numberIn(Array.isArray(posts) ? posts[0] : post);
  const number = typeof sum === 'number' ? sum : inPost;
  return {
    ...(parsed.success && { jobId: parsed.data }),
    ...(Number.isSafeInteger(number) && number !== undefined && { sum: number }),
  };
}

/** The sum or step of a post: its body lies under the name of its kind. */
function numberIn(post: unknown): number | undefined {
  const { body } = (post ?? {}) as Record<string, unknown>;
  if (typeof body !== 'string') return undefined;
  const { sum, step } = ((post as Record<string, unknown>)[body] ?? {}) as Record<string, unknown>;
  return typeof sum === 'number' ? sum : typeof step === 'number' ? step : undefined;
}
