import type { ServerWritableStream } from '@grpc/grpc-js';
import type { WatchJobRequest__Output } from '../../proto/gen/fedrisk/v1/WatchJobRequest.js';
import type { WatchJobResponse } from '../../proto/gen/fedrisk/v1/WatchJobResponse.js';
import { type JobBook, jobView, type LiveJob, type ViewSources } from '../jobs/index.js';
import { isUnfinished } from '../rounds/index.js';
import { drained } from './transfer.js';

/** Changes closer together than this are shown as one. */
const pauseMs = 100;

type WatchCall = ServerWritableStream<WatchJobRequest__Output, WatchJobResponse>;

/** Shows a job now, after every change, and a last time when it ended. The caller is looked at again each time. */
export async function watchJob(
  call: WatchCall,
  book: JobBook,
  job: LiveJob,
  sources: () => ViewSources,
  checkCaller: () => Promise<unknown>,
): Promise<void> {
  let changed = true;
  let wake = () => {};
  const unsubscribe = book.watch(({ charter }) => {
    if (charter.jobId !== job.jobId) return;
    changed = true;
    wake();
  });
  call.on('cancelled', () => wake());
  try {
    while (!call.cancelled) {
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      changed = false;
      await checkCaller();
      const { state } = job;
      if (!call.write({ job: jobView(state, sources()) })) await drained(call);
      if (!isUnfinished(state)) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    unsubscribe();
  }
}
