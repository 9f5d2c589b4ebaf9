import { scalingStatement } from '../scorecard/points-scale.js';
import { lineChart } from './chart.js';
import { count, list } from './figures.js';
import { type Column, html, type Markup, table } from './markup.js';
import { pageOf } from './page.js';
import { courseCharts, courseTable } from './trees-course.js';
import { importanceBars, importanceTable } from './trees-importance.js';
import type { TreeReport, TreesReport } from './trees-types.js';
import { gainSentence, measured } from './vertical-section.js';

/** The report of boosted trees, for their label holder: it names what it alone knows, and of partners' features codes. */
export function renderTreesReport(report: TreesReport): string {
  const { name, labelHolder, evaluation, rows } = report;
  const partners = partnersOf(report);
  const names = report.parties.map((party) => party.name);
  return pageOf(`${name}: boosted trees`, [
    html`<p class="lead">${
      evaluation === null
        ? `${labelHolder} and ${partners} grew trees together; the held-out customers have one class, so nothing could be measured.`
        : gainSentence(labelHolder, partners, evaluation)
    }</p>
<p>Job <code>${report.job}</code>, purpose ${report.purpose}, ended ${report.saved}. Written by ${labelHolder} for itself: losses, importance and points stand nowhere else.</p>
<h2>What was joined</h2>
${joinedTable(report)}
<p>${count(rows.common)} customers are common to all: ${count(rows.train)} trained, of which ${count(rows.calibrate)} only stopped and calibrated, and ${count(rows.heldOut)} were held out to measure.</p>
<h2>Trees</h2>
<p>${treesSentence(report)}</p>
<div class="charts">
${courseCharts(report.course, report.trees, { axis: 'tree', alone: evaluation?.solo }).map(lineChart)}
</div>
${courseTable(report.course, report.trees, 'tree', treeColumns)}
<h3>How they were grown</h3>
<dl>${Object.entries(report.settings).map(([term, words]) => html`<dt>${term}</dt><dd>${words}</dd>`)}</dl>
${evaluation === null ? [] : measured(evaluation, labelHolder)}
<h2>Importance of the features</h2>
<div class="charts">${[importanceBars(report.importance, names), importanceTable(report.importance, 'Party')]}</div>
<p>A partner's features stand under codes, which its own part of the model explains. They are parted between groups of at least ${report.groupRows} customers, so finer differences do not count.</p>
<h2>Who could decrypt what, and what was released</h2>
${protection(report)}`,
  ]);
}

const treeColumns: readonly Column<TreeReport>[] = [
  { title: 'Own splits', numeric: true, cell: ({ ownSplits }) => ownSplits },
  { title: 'Partners’ splits', numeric: true, cell: ({ partnerSplits }) => partnerSplits },
  { title: 'Nodes by level', cell: ({ nodes }) => nodes.join(' ') },
];

function partnersOf({ parties, labelHolder }: TreesReport): string {
  return list(parties.map(({ name }) => name).filter((name) => name !== labelHolder));
}

function joinedTable({ parties, labelHolder }: TreesReport): Markup {
  return table<TreesReport['parties'][number]>(
    'Features of each side; customers were matched by private set intersection',
    [
      { title: 'Party', cell: ({ name }) => name },
      { title: 'Dataset', cell: ({ dataset }) => dataset },
      { title: 'Features', numeric: true, cell: ({ features }) => features },
      { title: 'Labels', cell: ({ name }) => (name === labelHolder ? 'yes' : 'no') },
    ],
    parties,
  );
}

function treesSentence({ trees, course, labelHolder }: TreesReport): string {
  const splits = course
    .slice(0, trees)
    .reduce(
      ([own, others], { ownSplits, partnerSplits }) => [own + ownSplits, others + partnerSplits] as const,
      [0, 0] as readonly [number, number],
    );
  const beyond = course.length - trees;
  const stopped =
    beyond > 0
      ? ` ${count(beyond)} more were grown in which the loss of validation customers fell no further.`
      : '';
  return `${count(trees)} trees score, with ${count(splits[0])} splits on features of ${labelHolder} and ${count(splits[1])} on features of partners.${stopped}`;
}

function protection(report: TreesReport): Markup {
  const { labelHolder, groupRows, scoresReleased, scaling, evaluation, fingerprint } = report;
  const partners = partnersOf(report);
  return html`<dl>
<dt>Key of ${labelHolder}</dt><dd>decrypted sums of gradients over groups of at least ${groupRows} of its customers in bins of ${partners}, under feature codes</dd>
<dt>${partners}</dt><dd>decrypted nothing; learned which customers reach nodes, and which of the own bins part them</dd>
<dt>Coordinator</dt><dd>decrypted nothing: it held no key and passed sealed parcels on; it saw names, sizes, times, digests and released metrics</dd>
<dt>Labels</dt><dd>left ${labelHolder} as encrypted gradients only; no exact functional of them was released</dd>
<dt>Sides of splits</dt><dd>of ${count(scoresReleased)} customers reached ${labelHolder}: left or right at each partner split</dd>
<dt>Points</dt><dd>${scalingStatement(scaling)}</dd>${
    evaluation === null
      ? []
      : [
          html`
<dt>Calibration</dt><dd>slope ${evaluation.calibration.slope.toFixed(3)}, intercept ${evaluation.calibration.intercept.toFixed(3)}, on ${count(evaluation.calibration.rows)} customers</dd>`,
        ]
  }
<dt>Model of ${labelHolder}</dt><dd>SHA-256 <code>${fingerprint}</code></dd>
</dl>`;
}
