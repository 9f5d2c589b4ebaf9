import { CodedError } from '../../contract/index.js';
import { sketchDistance } from '../../learning/index.js';
import type { Journal, OpenedSum } from '../journal/index.js';

/**
 * Log-odds, root mean square over own held-out rows. Below this a model counts as the same: most scores are still in the
 * cell of the histogram they were in (1/1280 around even odds, with 8,192 bins), and updates lead the same way.
 */
const sameModelWithin = 1e-3;

/**
 * PROTOCOLS §2: two sums of the same integers over two sets differ by what those hold who are in one of them. Asked for every
 * sum with us in it against all that were opened over the same rows, in this job and in others.
 *
 * Sums over the same model need the same set, however the sets differ: several differences can be solved for one
 * participant. Of sums that hold counts no two may be near: such a job is not barred for ever because others with other
 * participants were there before.
 * @throws {CodedError} STATISTICS_DIFFERENCING
 */
export function refuseDifferencing({ statistics }: Pick<Journal, 'statistics'>, now: OpenedSum): void {
  const ledger = statistics
    .of(now.population)
    .filter(({ jobId, sum }) => jobId !== now.jobId || sum !== now.sum);
  const holdsCounts = (one: OpenedSum) =>
    isStatistic(one) || !ledger.some(({ jobId, sum }) => jobId === one.jobId && sum < one.sum);
  for (const earlier of ledger) {
    const difference = differenceOf(earlier, now);
    if (difference === 0) continue;
    if (measureTheSame(earlier, now)) {
      throw new CodedError(
        'STATISTICS_DIFFERENCING',
        `${earlier.jobId} opened a sum over the same rows and the same model for other participants; ${remedy(now)}`,
      );
    }
    const alike = (holdsCounts(earlier) && holdsCounts(now)) || (isUntrained(earlier) && isUntrained(now));
    if (earlier.jobId !== now.jobId && alike && difference <= nearest(earlier, now)) {
      throw new CodedError(
        'STATISTICS_DIFFERENCING',
        `${earlier.jobId} opened statistics of the same rows for nearly the same participants: ${difference} more or fewer`,
      );
    }
  }
}

/**
 * Writes a sum down before anything of it leaves. Of two jobs that were approved at the same time only one is opened. A level of a
 * tree says nothing that an earlier one did not: the same job, model and members.
 */
export function spendStatistic(journal: Pick<Journal, 'statistics'>, sum: OpenedSum): void {
  refuseDifferencing(journal, sum);
  const { population, jobId, model } = sum;
  const known = journal.statistics
    .of(population)
    .some(
      (one) => one.jobId === jobId && model && one.model?.key === model.key && differenceOf(one, sum) === 0,
    );
  if (!known) journal.statistics.keep(sum);
}

/** An untrained model of zeros is the same whatever the seed is. */
function remedy(now: OpenedSum): string {
  const same = 'start again with the same participants in it';
  return isUntrained(now) ? same : `${same}, or with another training.seed`;
}

/** Participants in one of two sets. */
function differenceOf({ members }: OpenedSum, now: OpenedSum): number {
  const other = new Set(now.members);
  const common = members.filter((name) => other.has(name)).length;
  return members.length + other.size - 2 * common;
}

/** A coalition of c takes its own parts out of a difference, and one more is alone in it. */
function nearest(earlier: OpenedSum, now: OpenedSum): number {
  return Math.max(2, Math.max(earlier.colluders, now.colluders) + 1);
}

function isStatistic({ purpose }: OpenedSum): boolean {
  return purpose === 'magnitudes' || purpose === 'moments';
}

function measureTheSame({ model: one }: OpenedSum, { model: other }: OpenedSum): boolean {
  if (one === undefined || other === undefined) return false;
  if (one.key === other.key) return true;
  const [a, b] = [one.sketch, other.sketch];
  return a.length > 0 && b.length > 0 && sketchDistance(a, b) <= sameModelWithin;
}

/** A model that says the same of everybody, as a logistic one does before its first round: its scores are counts. */
function isUntrained({ model }: OpenedSum): boolean {
  return model?.sketch.length === 0;
}
