import { CodedError, isOutage, type ParticipantName } from '../../contract/index.js';
import { type StepWork, TellingFailure } from './step-work.js';

/**
 * Runs what opens counts of a holder; that it fails says something of the labels as well, and is charged. A machine that
 * cannot go on for now, or work that nobody wants any more, fails whatever the labels are: the step is then done again or
 * not at all, and nobody is told anything.
 * @throws {TellingFailure} with what is to be charged, for coded errors but those.
 */
export async function telling<T>(
  { jobId, signal }: Pick<StepWork, 'jobId' | 'signal'>,
  holder: ParticipantName,
  releasedOver: { readonly rows: number; readonly bad: number },
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || isOutage(thrown.code) || signal.aborted) throw thrown;
    const question = `refused/${jobId}`;
    const release = { holder, kind: 'binning', question, functionals: 1, answer: '' } as const;
    throw new TellingFailure(thrown, { releases: [release], releasedOver });
  }
}
