import { CodedError, type ErrorCode } from '../contract/index.js';
import type { JobsClient } from './client.js';
import { shortJobId } from './views/state.js';

const mostListed = 1000;

/**
 * The full id of a job that a person named by its id or by the first digits of it.
 * @throws {CodedError} JOB_UNKNOWN, or CONFIG_INVALID when it is no job id or fits several jobs.
 */
export async function resolveJobId(client: JobsClient, text: string): Promise<string> {
  if (/^job-[0-9a-f]{32}$/.test(text)) return text;
  checkPrefix(text);
  return onlyJob(text, await client.list('', mostListed), 'JOB_UNKNOWN').jobId;
}

/**
 * The one row whose job id begins with `text`.
 * @throws {CodedError} `missing` when there is none, CONFIG_INVALID when there are several or it is no job id.
 */
export function onlyJob<Row extends { readonly jobId: string }>(
  text: string,
  rows: readonly Row[],
  missing: ErrorCode,
): Row {
  checkPrefix(text);
  const fitting = rows.filter(({ jobId }) => jobId.startsWith(text));
  if (fitting.length > 1) {
    const candidates = fitting.map(({ jobId }) => shortJobId(jobId)).join(', ');
    throw new CodedError('CONFIG_INVALID', `JOB: "${text}" fits ${fitting.length} jobs: ${candidates}`);
  }
  const [row] = fitting;
  if (!row) throw new CodedError(missing, `${text} fits no job here`);
  return row;
}

function checkPrefix(text: string): void {
  if (/^job-[0-9a-f]{4,32}$/.test(text)) return;
  throw new CodedError('CONFIG_INVALID', `JOB: "${text}" is not job- and at least 4 hex digits`);
}
