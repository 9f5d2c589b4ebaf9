import { ascending } from './auc-interval.js';
import { probabilityOf } from './elementary.js';
import type { ScoreGroup } from './metrics.js';

/** Rows of one band of the ranking, worst scores first. */
export interface LiftRow {
  /** 1 is the band with the highest scores. */
  readonly band: number;
  readonly rows: number;
  /** Bad rows; not whole where a tied group lies across an edge and is shared out evenly. */
  readonly bads: number;
  readonly badRate: number;
  /** badRate over that of all rows. */
  readonly lift: number;
  /** Share of all bad rows in this band and the worse ones: the gain curve. */
  readonly gain: number;
  /** Bad rate of this band and the worse ones, over that of all rows. */
  readonly cumulativeLift: number;
  /** Mean probability of bad by the model; beside badRate it shows calibration. */
  readonly meanProbability: number;
}

/** No band reports fewer. */
const minimumRows = 5;

/**
 * Lift and gain by bands of equal size, ten unless that leaves fewer than 5 rows to a band. `logOdds` are calibrated
 * log-odds of bad, labels 1 bad, 0 good. Tied rows count by their average, so the order of rows does not
 * matter. Empty when there are fewer than 5 rows or no bad one.
 */
export function liftTable(logOdds: ArrayLike<number>, labels: ArrayLike<number>, bands = 10): LiftRow[] {
  return liftOfGroups(groupsOf(logOdds, labels), bands);
}

/** The same of rows that are counted by score, in ascending order. */
export function liftOfGroups(groups: readonly ScoreGroup[], bands = 10): LiftRow[] {
  const rows = groups.reduce((sum, { bad, good }) => sum + bad + good, 0);
  const count = Math.min(bands, Math.floor(rows / minimumRows));
  const ranking = cumulated(groups);
  const total = ranking(rows);
  if (count < 1 || total.bads === 0) return [];
  const edges = Array.from({ length: count + 1 }, (_, band) => Math.round((band * rows) / count));
  return edges.slice(1).map((end, index) => {
    const start = edges[index]!;
    const [from, to] = [ranking(start), ranking(end)];
    const badRate = (to.bads - from.bads) / (end - start);
    const overall = total.bads / rows;
    return {
      band: index + 1,
      rows: end - start,
      bads: to.bads - from.bads,
      badRate,
      lift: badRate / overall,
      gain: to.bads / total.bads,
      cumulativeLift: to.bads / end / overall,
      meanProbability: (to.probability - from.probability) / (end - start),
    };
  });
}

/**
 * Bad rate of the rows approved when the best `approval` share of rows by score is approved (0 < approval <= 1).
 * Tied rows at the cut count by their average. Undefined without rows.
 */
export function badRateAt(
  logOdds: ArrayLike<number>,
  labels: ArrayLike<number>,
  approval: number,
): number | undefined {
  const rows = logOdds.length;
  const approved = Math.round(approval * rows);
  if (approved === 0) return undefined;
  const ranking = cumulated(groupsOf(logOdds, labels));
  return (ranking(rows).bads - ranking(rows - approved).bads) / approved;
}

interface Cumulated {
  readonly bads: number;
  readonly probability: number;
}

function groupsOf(logOdds: ArrayLike<number>, labels: ArrayLike<number>): ScoreGroup[] {
  const groups: { logOdds: number; bad: number; good: number }[] = [];
  for (const row of ascending(logOdds)) {
    const score = logOdds[row]!;
    if (groups.at(-1)?.logOdds !== score) groups.push({ logOdds: score, bad: 0, good: 0 });
    groups.at(-1)![labels[row] === 1 ? 'bad' : 'good']++;
  }
  return groups;
}

/** Sums over the `worst` rows with the highest scores, linear inside tied groups. */
function cumulated(groups: readonly ScoreGroup[]): (worst: number) => Cumulated {
  const ends: number[] = [0];
  const bads: number[] = [0];
  const probability: number[] = [0];
  for (const { logOdds, bad, good } of groups.toReversed()) {
    if (bad + good === 0) continue;
    ends.push(ends.at(-1)! + bad + good);
    bads.push(bads.at(-1)! + bad);
    probability.push(probability.at(-1)! + (bad + good) * probabilityOf(logOdds));
  }
  return (worst) => {
    const group = ends.findIndex((end) => end >= worst);
    if (group <= 0) return { bads: 0, probability: 0 };
    const share = (worst - ends[group - 1]!) / (ends[group]! - ends[group - 1]!);
    const between = (sums: number[]) => sums[group - 1]! + share * (sums[group]! - sums[group - 1]!);
    return { bads: between(bads), probability: between(probability) };
  };
}
