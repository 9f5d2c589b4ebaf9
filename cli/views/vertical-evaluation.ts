import { page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { type Column, table } from '../text/table.js';
import { formatCount } from '../text/units.js';
import type { Evaluation, Interval, SwapCell } from '../vertical-models.js';

const right = (head: string): Column => ({ head, align: 'right' });
const percent = (share: number | null, digits = 1) =>
  share === null ? 'under 5' : `${(100 * share).toFixed(digits)} %`;

/** With its sign, as differences and WOE are read. */
export function signed(value: number, digits: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`;
}

/** The joint model against the bank's own, and its decisions, on held-out customers. */
export function evaluationPart(evaluation: Evaluation, palette: Palette): string {
  return page(
    `${gainTable(evaluation, palette)}\n${gainNote(evaluation)}`,
    approvalTable(evaluation, palette),
    bandTable(evaluation, palette),
    calibrationTable(evaluation, palette),
  );
}

function gainTable({ joint, solo, aucGain, ksGain }: Evaluation, palette: Palette): string {
  // Gini = 2 AUC - 1, and its interval with it.
  const gini = (auc: Interval) => ({
    value: 2 * auc.value - 1,
    low: 2 * auc.low - 1,
    high: 2 * auc.high - 1,
  });
  const giniGain = { value: 2 * aucGain.value, low: 2 * aucGain.low, high: 2 * aucGain.high };
  const loss = (name: string, pick: 'brier' | 'logLoss') => [
    name,
    joint.metrics[pick].toFixed(4),
    solo.metrics[pick].toFixed(4),
    signed(joint.metrics[pick] - solo.metrics[pick], 4),
  ];
  return table(
    [{ head: 'HELD OUT' }, { head: 'JOINT MODEL' }, { head: 'OWN FEATURES ALONE' }, { head: 'GAIN' }],
    [
      ['AUC', within(joint.auc), within(solo.auc), within(aucGain, true)],
      ['KS', within(joint.ks), within(solo.ks), within(ksGain, true)],
      ['Gini', within(gini(joint.auc)), within(gini(solo.auc)), within(giniGain, true)],
      loss('Brier', 'brier'),
      loss('log loss', 'logLoss'),
    ],
    palette,
  );
}

/** `0.8140 [0.784, 0.844]`. */
function within({ value, low, high }: Omit<Interval, 'level'>, gain = false): string {
  const point = gain ? signed(value, 4) : value.toFixed(4);
  return `${point} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

function gainNote({ rows, bad, aucGain }: Evaluation): string {
  const p = aucGain.pValue < 0.0001 ? 'p < 0.0001' : `p = ${aucGain.pValue.toFixed(4)}`;
  return paragraph(
    `${formatCount(rows)} customers, ${formatCount(bad)} bad; ${100 * aucGain.level} % intervals; gain in AUC ${p} (DeLong), KS by bootstrap.`,
  );
}

function approvalTable({ swaps }: Evaluation, palette: Palette): string {
  return table(
    [
      right('APPROVED'),
      right('BAD RATE ALONE'),
      right('JOINT'),
      right('SWAPPED IN'),
      right('BAD'),
      right('SWAPPED OUT'),
      right('BAD'),
    ],
    swaps.map(({ approval, badRate, swapIn, swapOut }) => [
      percent(approval),
      percent(badRate.bank, 2),
      percent(badRate.joint, 2),
      ...cellWords(swapIn),
      ...cellWords(swapOut),
    ]),
    palette,
  );
}

function cellWords(cell: SwapCell): [string, string] {
  if (cell === null) return ['under 5', '-'];
  return [formatCount(Math.round(cell.rows)), cell.rows === 0 ? '-' : percent(cell.badRate)];
}

function bandTable({ bands }: Evaluation, palette: Palette): string {
  if (bands.length === 0) return '';
  return table(
    [
      right('POINTS'),
      right('CUSTOMERS'),
      right('SHARE'),
      right('BADS'),
      right('BAD RATE'),
      right('APPROVED'),
      right('BADS CAUGHT'),
    ],
    bands.map((band) => [
      `${Math.round(band.from)} to ${Math.round(band.to)}`,
      formatCount(band.rows),
      percent(band.share),
      formatCount(band.bads),
      percent(band.badRate),
      percent(band.cumulativeApproval),
      percent(band.cumulativeBadCapture),
    ]),
    palette,
  );
}

/** Worst scores first: what was predicted, and what happened. */
function calibrationTable({ lift }: Evaluation, palette: Palette): string {
  if (lift.length === 0) return '';
  return table(
    [
      right('WORST FIRST'),
      right('CUSTOMERS'),
      right('PREDICTED'),
      right('BAD RATE'),
      right('LIFT'),
      right('GAIN'),
    ],
    lift.map((row) => [
      String(row.band),
      formatCount(row.rows),
      percent(row.meanProbability),
      percent(row.badRate),
      row.lift.toFixed(2),
      percent(row.gain),
    ]),
    palette,
  );
}
