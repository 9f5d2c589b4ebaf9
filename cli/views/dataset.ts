import { CodedError } from '../../contract/index.js';
import { exitCodeOf } from '../exit-codes.js';
import { type Outcome, reportOf } from '../output.js';
import type { DatasetReport, FeatureReport } from '../participant-door.js';
import { fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatCount } from '../text/units.js';

/** All reports; a dataset with problems makes the command fail with the first of them. */
export function datasetOutcome(reports: readonly DatasetReport[], palette: Palette): Outcome {
  const outcome = {
    data: { datasets: reports },
    text:
      reports.length === 0
        ? 'There is no dataset file in this home folder.'
        : page(...reports.map((report) => datasetPage(report, palette))),
  };
  if (reports.length === 0) {
    const none = new CodedError(
      'DATASET_UNKNOWN',
      'there is no dataset file in this home folder (HOME/datasets/NAME.yaml)',
    );
    return { ...outcome, failure: { report: reportOf(none), exit: exitCodeOf(none) } };
  }
  const faulty = reports.filter(({ problems }) => problems.length > 0);
  const first = faulty[0]?.problems[0];
  if (!first) return outcome;
  const error = new CodedError(
    first.code,
    `${faulty.map(({ dataset }) => dataset).join(', ')}: ${first.detail}`,
  );
  return { ...outcome, failure: { report: reportOf(error), exit: exitCodeOf(error) } };
}

function datasetPage(report: DatasetReport, palette: Palette): string {
  return page(
    fields(
      [
        ['dataset', report.dataset, palette.strong],
        ['file', report.path],
        ['description', report.description],
        ['rows', rowWords(report)],
        ['held out', report.splitRule],
        ['bad', badWords(report)],
        ['label', report.labelled ? '' : 'none: brings features to vertical jobs only'],
        ['customer key', keyWords(report)],
      ],
      palette,
    ),
    featureTable(report.features, palette),
    report.problems.length === 0
      ? palette.good('no problem found')
      : report.problems.map(({ code, detail }) => paragraph(`${code}: ${detail}`)).join('\n'),
  );
}

function rowWords({ labelled, rows, trainRows, testRows }: DatasetReport): string {
  if (rows === 0) return 'none';
  if (!labelled) return formatCount(rows);
  return `${formatCount(rows)}: ${formatCount(trainRows)} for training, ${formatCount(testRows)} held out`;
}

/** Without a row there is no rate. */
function badWords({ labelled, rows, badRate }: DatasetReport): string {
  return labelled && rows > 0 ? `${(badRate * 100).toFixed(2)} % of labelled rows` : '';
}

/** What vertical jobs match customers by. */
function keyWords({ id }: DatasetReport): string {
  return `${id.column}, ${id.normalise.length === 0 ? 'as it stands' : `by ${id.normalise.join(', ')}`}`;
}

/** Columns that say nothing are left out: equal names, counts that are zero everywhere. */
function featureTable(features: readonly FeatureReport[], palette: Palette): string {
  if (features.length === 0) return '';
  const mapped = features.some(({ name, column }) => name !== column);
  const strayed = features.some(({ outside }) => outside > 0);
  const unfit = features.some((feature) => feature.unfit > 0);
  const count = (head: string) => ({ head, align: 'right' as const });
  return table(
    [
      { head: 'FEATURE', wraps: true },
      ...(mapped ? [{ head: 'COLUMN', wraps: true as const }] : []),
      { head: 'TYPE' },
      count('MISSING'),
      ...(strayed ? [count('OUTSIDE')] : []),
      ...(unfit ? [count('UNFIT')] : []),
      { head: 'VALUES', wraps: true },
    ],
    features.map((feature) => [
      feature.name,
      ...(mapped ? [feature.column] : []),
      feature.type,
      missingWords(feature),
      ...(strayed ? [countWords(feature.outside)] : []),
      ...(unfit ? [countWords(feature.unfit)] : []),
      valueWords(feature),
    ]),
    palette,
  );
}

const countWords = (count: number) => (count === 0 ? '-' : formatCount(count));

function missingWords({ missing, missingShare }: FeatureReport): string {
  return missing === 0 ? '-' : `${formatCount(missing)} (${(missingShare * 100).toFixed(1)} %)`;
}

const shownLevels = 3;

function valueWords({ type, min, max, mean, levels, top }: FeatureReport): string {
  if (type === 'category') {
    if (!levels) return '-';
    const frequent = (top ?? []).slice(0, shownLevels).map(({ level }) => level);
    return `${levels} ${levels === 1 ? 'level' : 'levels'}: ${frequent.join(', ')}${levels > shownLevels ? ', ...' : ''}`;
  }
  if (min === undefined || max === undefined || mean === undefined) return '-';
  return `${short(min)} to ${short(max)}, mean ${short(mean)}`;
}

/** Four significant digits, without an exponent where people expect none. */
function short(value: number): string {
  const rounded = Number(value.toPrecision(4));
  return Math.abs(rounded) < 1e9 ? String(rounded) : rounded.toExponential();
}
