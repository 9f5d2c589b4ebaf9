import { CodedError, type HexDigest, type JobId } from '../../contract/index.js';
import type { Journal } from '../journal/index.js';

/** Whose sum over which of our rows a job opens. */
interface Statistic {
  readonly population: HexDigest;
  readonly members: readonly string[];
  readonly jobId: JobId;
}

/**
 * PROTOCOLS §2: two sums over nearly the same members differ by what one or two of them hold. Warm starts count too:
 * their first sum holds the scores of a model that the earlier job measured on the rows of all its members.
 * @throws {CodedError} STATISTICS_DIFFERENCING
 */
export function refuseDifferencing(journal: Journal, { population, members, jobId }: Statistic): void {
  const now = new Set(members);
  const close = journal.statistics(population).find((earlier) => {
    const gone = earlier.members.filter((name) => !now.has(name)).length;
    const difference = gone + (now.size - (earlier.members.length - gone));
    return earlier.jobId !== jobId && difference >= 1 && difference <= 2;
  });
  if (close === undefined) return;
  throw new CodedError(
    'STATISTICS_DIFFERENCING',
    `${close.jobId} opened statistics of the same rows for one or two participants more or fewer`,
  );
}

/** Checked again where it is spent: of two jobs that were approved at the same time only one is opened. */
export function spendStatistic(journal: Journal, statistic: Statistic): void {
  refuseDifferencing(journal, statistic);
  journal.keepStatistic(statistic.population, statistic.members, statistic.jobId);
}
