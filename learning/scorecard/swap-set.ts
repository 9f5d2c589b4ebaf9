import { reportedRows } from './ranked-rows.js';

/** One cell of the 2x2; null where it would hold between 0 and 5 rows. */
export type SwapCell = { readonly rows: number; readonly bads: number; readonly badRate: number } | null;

/** Decisions of two models that approve the same share of the same customers. */
export interface SwapSet {
  /** Share of the rows that either model approves. */
  readonly approval: number;
  readonly bothApprove: SwapCell;
  /** Declined by the bank's own model, approved by the joint one. */
  readonly swapIn: SwapCell;
  /** Approved by the bank's own model, declined by the joint one. */
  readonly swapOut: SwapCell;
  readonly bothDecline: SwapCell;
  /** Bad rate among those approved; null under 5 rows. */
  readonly badRate: { readonly bank: number | null; readonly joint: number | null };
}

/**
 * The bank's own model against the joint one at the same approval (0 to 1): points of both (higher is better)
 * and labels (1 bad) row by row. Both approve exactly round(approval · rows) customers: where equal points
 * cross the cut-off every tied row is approved in part, the expectation over drawing lots, so the result
 * does not depend on the order of rows and counts need not be whole. The lot of a row serves both models:
 * equal models swap nobody. Cells under 5 rows are withheld, and then so are the bad rates they follow from.
 */
export function swapSet(
  bank: ArrayLike<number>,
  joint: ArrayLike<number>,
  label: ArrayLike<number>,
  approval: number,
): SwapSet {
  const rows = label.length;
  const approved = Math.round(Math.min(1, Math.max(0, approval)) * rows);
  const byBank = approvedParts(bank, approved);
  const byJoint = approvedParts(joint, approved);
  const cells = { both: tally(), swapIn: tally(), swapOut: tally(), neither: tally() };
  for (let row = 0; row < rows; row++) {
    const [b, j, bad] = [byBank(bank[row]!), byJoint(joint[row]!), label[row]!];
    cells.both.add(Math.min(b, j), bad);
    cells.swapIn.add(Math.max(0, j - b), bad);
    cells.swapOut.add(Math.max(0, b - j), bad);
    cells.neither.add(1 - Math.max(b, j), bad);
  }
  const [bothApprove, swapIn, swapOut] = [cells.both.cell(), cells.swapIn.cell(), cells.swapOut.cell()];
  const rate = (one: SwapCell, other: SwapCell) =>
    one && other && approved >= reportedRows ? (one.bads + other.bads) / approved : null;
  return {
    approval: rows === 0 ? 0 : approved / rows,
    bothApprove,
    swapIn,
    swapOut,
    bothDecline: cells.neither.cell(),
    badRate: { bank: rate(bothApprove, swapOut), joint: rate(bothApprove, swapIn) },
  };
}

/** Part in which a customer with given points is approved, when exactly `approved` customers are. */
function approvedParts(points: ArrayLike<number>, approved: number): (points: number) => number {
  const rising = Float64Array.from(points).sort();
  if (approved <= 0) return () => 0;
  if (approved >= rising.length) return () => 1;
  const edge = rising[rising.length - approved]!;
  const above = rising.length - 1 - rising.lastIndexOf(edge);
  const tied = rising.lastIndexOf(edge) - rising.indexOf(edge) + 1;
  const part = (approved - above) / tied;
  return (value) => (value === edge ? part : Number(value > edge));
}

function tally() {
  let rows = 0;
  let bads = 0;
  return {
    add(part: number, bad: number) {
      rows += part;
      bads += part * bad;
    },
    cell(): SwapCell {
      // Parts add up with rounding: 4.999999999 rows are 5, 1e-12 are none.
      if (rows < 1e-6) return { rows: 0, bads: 0, badRate: 0 };
      return rows < reportedRows - 1e-6 ? null : { rows, bads, badRate: bads / rows };
    },
  };
}
