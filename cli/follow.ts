import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, isErrorCode, isOutage, toCodedError } from '../contract/index.js';
import type { JobsClient, JobView } from './client.js';
import { exitCodes } from './exit-codes.js';
import type { Invocation } from './invocation.js';
import { type ErrorReport, type Outcome, reportOf } from './output.js';
import { jobPage } from './views/job.js';
import { hasEnded, shortJobId } from './views/state.js';

/** A coordinator that restarts is back within seconds; after this long without it, people should know. */
const outageLimitMs = 300_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * Follows a job to its end, also over restarts of the coordinator, and tells how it ended: exit 0, 10 or 11.
 * Ctrl-C and --timeout stop the following, not the job.
 * @throws {CodedError} what the first call says; COORDINATOR_UNREACHABLE, STORAGE_FULL after five minutes without an answer.
 */
export async function followJob(
  invocation: Invocation,
  client: JobsClient,
  jobId: string,
  onView: (job: JobView) => void,
): Promise<Outcome> {
  const stop = new AbortController();
  let interrupted = false;
  const forget = invocation.runtime.onInterrupt(() => {
    interrupted = true;
    stop.abort();
  });
  const timer =
    invocation.timeoutMs === undefined ? undefined : setTimeout(() => stop.abort(), invocation.timeoutMs);
  try {
    let last: JobView | undefined;
    for await (const job of views(invocation, client, jobId, stop.signal)) {
      last = job;
      onView(job);
      if (hasEnded(job.state)) return outcomeOf(job, invocation);
    }
    return stoppedOutcome(jobId, last, interrupted);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

async function* views(
  { runtime: { clock } }: Invocation,
  client: JobsClient,
  jobId: string,
  signal: AbortSignal,
): AsyncGenerator<JobView> {
  let lastHeardMs: number | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      for await (const job of client.watch(jobId, signal)) {
        lastHeardMs = clock.now();
        pauseMs = firstPauseMs;
        yield job;
        if (hasEnded(job.state)) return;
      }
    } catch (thrown) {
      const error = toCodedError(thrown);
      const heardRecently = lastHeardMs !== undefined && clock.now() - lastHeardMs < outageLimitMs;
      if (!isOutage(error.code) || !heardRecently) throw error;
    }
    // An aborted pause is how Ctrl-C and --timeout end it.
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** The end of a job as the end of a command. */
export function outcomeOf(job: JobView, { runtime, palette }: Invocation): Outcome {
  const result = { data: { job }, text: jobPage(job, runtime.clock.now(), palette) };
  if (job.state === 'failed') {
    return { ...result, failure: { report: failureReport(job), exit: exitCodes.jobFailed } };
  }
  if (job.state === 'cancelled') {
    const report = reportOf(
      new CodedError('JOB_CANCELLED', `${shortJobId(job.jobId)} was cancelled: ${job.detail}`),
    );
    return { ...result, failure: { report, exit: exitCodes.jobCancelled } };
  }
  return result;
}

function failureReport(job: JobView): ErrorReport {
  const code = isErrorCode(job.code) ? job.code : 'INTERNAL';
  const message = `${shortJobId(job.jobId)} failed: ${job.detail}`;
  // A newer coordinator may know codes that this package does not.
  return { ...reportOf(new CodedError(code, message, { parties: job.parties })), code: job.code };
}

function stoppedOutcome(jobId: string, job: JobView | undefined, interrupted: boolean): Outcome {
  const why = interrupted ? 'Ctrl-C' : '--timeout passed';
  const state = job === undefined ? '' : ` (${job.state})`;
  const error = new CodedError('WAIT_STOPPED', `${why}; ${shortJobId(jobId)} goes on${state}`);
  return {
    data: { job: job ?? null },
    text: '',
    failure: { report: reportOf(error), exit: interrupted ? exitCodes.interrupted : exitCodes.limit },
  };
}
