import { fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatCount, formatTime } from '../text/units.js';
import { printable } from '../text/width.js';
import type { Coefficient, FeatureRow, VerticalRow } from '../vertical-models.js';
import { evaluationPart, signed } from './vertical-evaluation.js';
import { valueTable } from './vertical-values.js';

/** What a finished vertical job left at this node. */
export function verticalModelPage(row: VerticalRow, palette: Palette): string {
  const values = row.features.map(({ count, ...feature }) => ({ ...feature, bins: count }));
  return page(
    head(row, palette),
    row.type === 'training' || row.type === 'boosting' ? measuredPart(row, palette) : '',
    importancePart(row, palette),
    coefficientPart(row, palette),
    valueTable(values, palette),
    ...row.features.map((feature) => binTable(feature, palette)),
  );
}

function head(row: VerticalRow, palette: Palette): string {
  const { rows, evaluation, scaling } = row;
  return fields(
    [
      ['job', row.jobId, palette.strong],
      ['name', row.name],
      [
        'kind',
        `vertical ${row.type}, ${holdsLabels(row) ? 'labels at this node' : `labels at ${row.labelHolder}`}`,
      ],
      ['with', row.parties.filter((party) => party !== row.me).join(', ')],
      ['customers', `${formatCount(rows.own)} own, ${formatCount(rows.common)} common to all`],
      ['', useWords(row)],
      ['scores', row.scoresFile === undefined ? '' : `HOME/jobs/${row.jobId}/scores.csv`],
      ['calibration', evaluation ? calibrationWords(evaluation) : ''],
      [
        'points',
        scaling
          ? `${scaling.base} at ${scaling.odds} good to 1 bad, ${scaling.pdo} more double these odds`
          : '',
      ],
      ['released', releasedWords(row)],
      ['saved', formatTime(row.savedMs)],
      ['model digest', row.fingerprint],
    ],
    palette,
  );
}

function holdsLabels({ me, labelHolder }: VerticalRow): boolean {
  return me === labelHolder;
}

function useWords({ type, rows }: VerticalRow): string {
  if (type === 'scoring') return '';
  return `${formatCount(rows.train)} to train, ${formatCount(rows.heldOut)} held out`;
}

function calibrationWords({ calibration, calibratedApart }: NonNullable<VerticalRow['evaluation']>): string {
  const { slope, intercept, rows, bads } = calibration;
  const on = calibratedApart ? 'training customers' : 'held-out customers, which also measure';
  return `slope ${slope.toFixed(3)}, intercept ${intercept.toFixed(3)}, on ${formatCount(rows)} ${on} (${formatCount(bads)} bad)`;
}

function releasedWords(row: VerticalRow): string[] {
  const { labelFunctionals, scoresReleased, labelHolder } = row;
  const what = row.type === 'boosting' ? 'sides of splits' : 'score parts';
  const scores = `${what} of ${formatCount(scoresReleased)} customers`;
  return [
    labelFunctionals > 0 ? `${formatCount(labelFunctionals)} label functionals to others` : '',
    scoresReleased > 0 ? `${scores} ${holdsLabels(row) ? 'to this node' : `to ${labelHolder}`}` : '',
  ].filter((line) => line !== '');
}

function measuredPart(row: VerticalRow, palette: Palette): string {
  if (row.evaluation) return evaluationPart(row.evaluation, palette);
  if (!holdsLabels(row)) return '';
  return row.scoresReleased === 0
    ? 'The job released no score (scores.release: none), so nothing could be measured.'
    : 'The held-out customers have one class only, so nothing could be measured.';
}

function importancePart(
  { trees = 0, importance = [], codes = {}, me, labelHolder }: VerticalRow,
  palette: Palette,
): string {
  if (trees === 0) return '';
  const right = (name: string) => ({ head: name, align: 'right' as const });
  const holds = me === labelHolder;
  const gains = importance.reduce((sum, { gain }) => sum + gain, 0);
  const covers = importance.reduce((sum, { cover }) => sum + cover, 0);
  return [
    table(
      [
        { head: 'FEATURE', wraps: true },
        { head: holds ? 'OF' : 'CODE' },
        right('SPLITS'),
        ...(holds ? [right('GAIN'), right('COVER')] : []),
      ],
      importance.map(({ party, feature, splits, gain, cover }) => [
        printable(feature),
        holds ? party : (codes[feature] ?? '-'),
        formatCount(splits),
        ...(holds ? [shareOf(gain, gains), shareOf(cover, covers)] : []),
      ]),
      palette,
    ),
    paragraph(
      holds
        ? `In ${formatCount(trees)} trees: share of what splits took off the loss, and of the rows they parted, by cover. A partner's features stand under codes; which is which stands in its own part of the model.`
        : `Splits of own features, and the code under which ${labelHolder} knows each. What they gained is known to ${labelHolder} alone.`,
    ),
  ].join('\n');
}

/** A tree that is one leaf has nothing to share. */
function shareOf(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '-';
}

function coefficientPart({ coefficients, leftOut }: VerticalRow, palette: Palette): string {
  if (coefficients === undefined) return '';
  return [
    coefficientTable(coefficients, palette),
    ...(leftOut.length === 0
      ? []
      : [paragraph(`Not in the fit, because they explain nothing: ${leftOut.join(', ')}`)]),
    paragraph(
      "Calibrated log-odds of bad per unit of WOE. Errors and p-values are conditional on the partner's columns: correlation with them is left out. VIF is among own columns.",
    ),
  ].join('\n');
}

function coefficientTable(rows: readonly Coefficient[], palette: Palette): string {
  const right = (name: string) => ({ head: name, align: 'right' as const });
  return table(
    [
      { head: 'OWN FEATURE', wraps: true },
      right('COEFFICIENT'),
      right('STD ERROR'),
      right('Z'),
      right('P-VALUE'),
      right('VIF'),
    ],
    rows.map(({ name, coefficient, standardError, z, pValue, vif }) => [
      name,
      signed(coefficient, 4),
      standardError.toFixed(4),
      z.toFixed(2),
      probabilityWords(pValue),
      vif >= 1000 ? '>= 1000' : vif.toFixed(2),
    ]),
    palette,
  );
}

export function probabilityWords(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

/** Bins of an own feature; of a partner's nothing but the information value is known here. */
function binTable({ feature, iv, band, rows, woe, labels }: FeatureRow, palette: Palette): string {
  if (rows === undefined || labels === undefined) return '';
  const all = rows.reduce((sum, count) => sum + count, 0);
  return table(
    [
      { head: `${printable(feature)}, IV ${iv.toFixed(4)} (${band})`, wraps: true, atLeast: 34 },
      { head: 'TRAINING ROWS', align: 'right' },
      { head: 'SHARE', align: 'right' },
      { head: 'WOE', align: 'right' },
    ],
    rows.map((count, bin) => [
      labels[bin] ?? '',
      formatCount(count),
      all > 0 ? `${((100 * count) / all).toFixed(1)} %` : '-',
      woe?.[bin] === undefined ? '-' : signed(woe[bin], 4),
    ]),
    palette,
  );
}
