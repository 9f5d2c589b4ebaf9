import { bestFirst, reportedRows, type ScoredRows, type Tie } from './ranked-rows.js';

export interface ScoreBand {
  /** Lowest and highest points of customers in the band. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Of all rows. */
  readonly share: number;
  readonly bads: number;
  readonly badRate: number;
  /** Share of all rows in this band and better ones: approved when this band is the last to pass. */
  readonly cumulativeApproval: number;
  /** Share of all bads in this band and worse ones: caught when this band is the first to be declined. */
  readonly cumulativeBadCapture: number;
}

/** Even bands by rows, or lower bounds of all bands but the worst, falling or rising. */
export type BandChoice = { readonly bands: number } | { readonly bounds: readonly number[] };

/**
 * Score bands, best first. Equal points stay in one band, so even bands are even up to ties. A band under 5 rows
 * joins the next worse one, the worst one the next better; none is left when there are fewer than 5 rows.
 */
export function scoreBands(scored: ScoredRows, choice: BandChoice): ScoreBand[] {
  const ties = bestFirst(scored);
  const rows = scored.points.length;
  const totalBads = ties.reduce((sum, { bads }) => sum + bads, 0);
  if (rows < reportedRows) return [];
  const groups = joinedSmall(
    'bands' in choice ? evenGroups(ties, rows, choice.bands) : byBounds(ties, choice),
  );
  let passed = 0;
  let badsBetter = 0;
  return groups.map((group) => {
    const own = group.reduce((sum, tie) => sum + tie.rows, 0);
    const bads = group.reduce((sum, tie) => sum + tie.bads, 0);
    const cumulativeBadCapture = totalBads === 0 ? 0 : (totalBads - badsBetter) / totalBads;
    passed += own;
    badsBetter += bads;
    return {
      from: group.at(-1)!.points,
      to: group[0]!.points,
      rows: own,
      share: own / rows,
      bads,
      badRate: bads / own,
      cumulativeApproval: passed / rows,
      cumulativeBadCapture,
    };
  });
}

/** A tie falls into the band of its best row. */
function evenGroups(ties: readonly Tie[], rows: number, bands: number): Tie[][] {
  const groups: Tie[][] = Array.from({ length: bands }, () => []);
  let passed = 0;
  for (const tie of ties) {
    groups[Math.floor((passed * bands) / rows)]!.push(tie);
    passed += tie.rows;
  }
  return groups.filter((group) => group.length > 0);
}

function byBounds(ties: readonly Tie[], { bounds }: { readonly bounds: readonly number[] }): Tie[][] {
  const falling = [...bounds].sort((a, b) => b - a);
  const groups: Tie[][] = Array.from({ length: falling.length + 1 }, () => []);
  for (const tie of ties) groups[falling.filter((bound) => tie.points < bound).length]!.push(tie);
  return groups.filter((group) => group.length > 0);
}

function joinedSmall(groups: Tie[][]): Tie[][] {
  const small = (group: readonly Tie[]) => group.reduce((sum, { rows }) => sum + rows, 0) < reportedRows;
  const joined: Tie[][] = [];
  for (const group of groups) {
    const last = joined.at(-1);
    if (last && small(last)) last.push(...group);
    else joined.push([...group]);
  }
  const worst = joined.at(-1)!;
  if (joined.length > 1 && small(worst)) {
    joined.pop();
    joined.at(-1)!.push(...worst);
  }
  return joined;
}
