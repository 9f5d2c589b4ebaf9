import type { ServerWritableStream } from '@grpc/grpc-js';
import type { JobId } from '../../contract/index.js';
import type { WatchJobRequest__Output } from '../../proto/gen/fedrisk/v1/WatchJobRequest.js';
import type { WatchJobResponse } from '../../proto/gen/fedrisk/v1/WatchJobResponse.js';
import { wire } from '../../proto/index.js';
import { type JobBook, jobView, type LiveJob, type ViewSources } from '../jobs/index.js';
import { isUnfinished } from '../rounds/index.js';
import { taken } from './taken.js';

/** Changes closer together than this are shown as one. */
const pauseMs = 100;

/** Messages go out as the bytes of one. */
type WatchCall = ServerWritableStream<WatchJobRequest__Output, WatchJobResponse | Uint8Array>;

/** A job as everybody who watches it is shown it now. */
interface ShownView {
  readonly bytes: Uint8Array;
  /** The job has ended. */
  readonly last: boolean;
}

/** Shows jobs now, after every change, and a last time when they ended, to however many watch. */
export class JobWatches {
  readonly #watched = new Map<JobId, WatchedJob>();

  constructor(
    private readonly parts: {
      readonly book: JobBook;
      readonly sources: () => ViewSources;
      /** How long a view may wait for its reader. */
      readonly unreadMs: number;
    },
  ) {
    parts.book.watch(({ charter }) => this.#watched.get(charter.jobId)?.changed());
  }

  /** Serves one watcher, who is looked at again before each view. What it does not read in time is left out. */
  async serve(call: WatchCall, job: LiveJob, checkCaller: () => Promise<unknown>): Promise<void> {
    const watched = this.#watched.get(job.jobId) ?? new WatchedJob(job, this.parts.sources);
    this.#watched.set(job.jobId, watched);
    let wake = () => {};
    const look = () => wake();
    watched.watchers.add(look);
    call.on('cancelled', look);
    try {
      for (let shown: ShownView | undefined; !call.cancelled; ) {
        const { view } = watched;
        if (view === shown) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        await checkCaller();
        await taken(call, view.bytes, this.parts.unreadMs);
        if (view.last) return;
        shown = view;
      }
    } finally {
      watched.watchers.delete(look);
      if (watched.watchers.size === 0 && this.#watched.get(job.jobId) === watched) {
        this.#watched.delete(job.jobId);
        watched.stop();
      }
    }
  }
}

/** A job while somebody watches it: after changes its view is made once for all of them. */
class WatchedJob {
  readonly watchers = new Set<() => void>();
  view: ShownView;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly job: LiveJob,
    private readonly sources: () => ViewSources,
  ) {
    this.view = this.#made();
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.view = this.#made();
      for (const look of this.watchers) look();
    }, pauseMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #made(): ShownView {
    const { state } = this.job;
    const message = { job: jobView(state, this.sources()) };
    const bytes = wire.JobsService.service.WatchJob.responseSerialize(message as never);
    return { bytes, last: !isUnfinished(state) };
  }
}
