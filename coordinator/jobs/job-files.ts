import type { JobId } from '../../contract/index.js';
import type { Blobs } from '../blobs/index.js';
import { isExchanging, isSumming, type JobState, stepsDoneWith, sumsDoneWith } from '../rounds/index.js';

/** Ciphertexts and parcels of one job, as long as somebody may ask for them; their digests stay in the transcript. */
export class JobFiles {
  /** Files of steps or sums below this number are deleted. */
  #swept = 0;
  /** Of sums below this number nobody needs the uploads. */
  #added = 0;

  constructor(
    private readonly jobId: JobId,
    private readonly blobs: Blobs,
  ) {}

  /** Deletes what nobody may ask for any more. */
  async sweep(state: JobState): Promise<void> {
    const { blobs, jobId } = this;
    if (state.kind === 'failed' || state.kind === 'cancelled') return await blobs.removeJob(jobId);
    const at = state.kind === 'finished' ? state.at : state;
    if (isExchanging(at)) {
      // Everybody has reported, and reports on nothing that it had not opened.
      if (state.kind === 'finished') return await blobs.removeJob(jobId);
      return await this.#sweepBelow(stepsDoneWith(at));
    }
    if (!isSumming(at)) return;
    await this.#sweepBelow(sumsDoneWith(at, this.#swept));
    const { sum, phase } = at.current;
    await this.#lightenBelow(phase === 'collecting' || phase === 'unmasking' ? sum : sum + 1);
  }

  /** Whoever is away needs the sums that it missed, not what they were added up from. */
  async #lightenBelow(added: number): Promise<void> {
    this.#added = Math.max(this.#added, this.#swept);
    for (; this.#added < added; this.#added++) await this.blobs.removeUploads(this.jobId, this.#added);
  }

  async #sweepBelow(done: number): Promise<void> {
    for (; this.#swept < done; this.#swept++) await this.blobs.removeSum(this.jobId, this.#swept);
  }
}
