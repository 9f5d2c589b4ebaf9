import type { CodedError } from '../../contract/index.js';
import type { JobLog } from '../jobs/index.js';

/** Distinct refusals remembered; the oldest go first. */
const remembered = 5000;

/** Logs each refused message once: a client that repeats it fills no disk. */
export class RefusalLog {
  readonly #seen = new Set<string>();

  constructor(private readonly log: JobLog) {}

  record(rpc: string, caller: string, error: CodedError): void {
    const key = [rpc, caller, error.code, error.message].join(' ');
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const oldest = this.#seen.values().next().value;
    if (this.#seen.size > remembered && oldest !== undefined) this.#seen.delete(oldest);
    const fields = { rpc, caller, code: error.code, detail: error.message };
    if (error.code === 'INTERNAL') this.log.error({ ...fields, err: error.cause ?? error }, 'call failed');
    else this.log.warn(fields, 'call refused');
  }
}
