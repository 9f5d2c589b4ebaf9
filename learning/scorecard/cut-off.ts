import { bestFirst, reportedRows, type ScoredRows } from './ranked-rows.js';

export interface CutOff {
  /** Approve customers with this many points or more. */
  readonly points: number;
  /** Share of the rows that pass. */
  readonly approval: number;
  /** Bad rate among those that pass. */
  readonly badRate: number;
  /** Share of all bads that do not pass. */
  readonly badCapture: number;
}

/** The lowest cut-off that approves at most `approval` (0 to 1) of the rows; none when that is under 5 rows. */
export function cutOffForApproval(scored: ScoredRows, approval: number): CutOff | undefined {
  // Without the allowance 0.7 of 10 rows could be 6.999.
  return cutOffs(scored).findLast((cut) => cut.approval <= approval + 1e-12);
}

/** The lowest cut-off whose passing rows have at most this bad rate; none when there is none of 5 rows or more. */
export function cutOffForBadRate(scored: ScoredRows, badRate: number): CutOff | undefined {
  return cutOffs(scored).findLast((cut) => cut.badRate <= badRate + 1e-12);
}

/** All cut-offs that approve 5 rows or more, highest first. */
function cutOffs(scored: ScoredRows): CutOff[] {
  const ties = bestFirst(scored);
  const rows = scored.points.length;
  const totalBads = ties.reduce((sum, { bads }) => sum + bads, 0);
  let passed = 0;
  let passedBads = 0;
  const all = ties.map(({ points, rows: own, bads }) => {
    passed += own;
    passedBads += bads;
    return {
      passed,
      points,
      approval: passed / rows,
      badRate: passedBads / passed,
      badCapture: totalBads === 0 ? 0 : 1 - passedBads / totalBads,
    };
  });
  return all.filter((cut) => cut.passed >= reportedRows).map(({ passed: _, ...cut }) => cut);
}
