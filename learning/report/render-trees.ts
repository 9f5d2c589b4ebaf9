import { scalingStatement } from '../scorecard/points-scale.js';
import { type LineSpec, lineChart } from './chart.js';
import { featureBars } from './feature-bars.js';
import { count, dash, list, percent, score } from './figures.js';
import { html, type Markup, table } from './markup.js';
import { pageOf } from './page.js';
import type { ImportanceReport, TreeReport, TreesReport } from './trees-types.js';
import { gainSentence, measured } from './vertical-section.js';

/** The report of boosted trees, for their label holder: it names what it alone knows, and of partners' features codes. */
export function renderTreesReport(report: TreesReport): string {
  const { name, labelHolder, evaluation, rows } = report;
  const partners = partnersOf(report);
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
${courseCharts(report).map(lineChart)}
</div>
${courseTable(report)}
<h3>How they were grown</h3>
<dl>${Object.entries(report.settings).map(([term, words]) => html`<dt>${term}</dt><dd>${words}</dd>`)}</dl>
${evaluation === null ? [] : measured(evaluation, labelHolder)}
<h2>Importance of the features</h2>
<div class="charts">${[importanceBars(report), importanceTable(report)]}</div>
<p>A partner's features stand under codes, which its own part of the model explains. They are parted between groups of at least ${report.groupRows} customers, so finer differences do not count.</p>
<h2>Who could decrypt what, and what was released</h2>
${protection(report)}`,
  ]);
}

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

function courseCharts({ course, trees, evaluation }: TreesReport): LineSpec[] {
  const chart = (
    title: string,
    pick: (tree: TreeReport) => number | undefined,
    level?: LineSpec['level'],
  ): LineSpec => {
    const points = course.map((tree, at) => ({ round: at + 1, value: pick(tree) ?? null }));
    const [first, last] = [points[0], points[trees - 1]];
    return {
      ...{ title, axis: 'tree', points },
      description: `from ${score(first?.value ?? null)} after the first to ${score(last?.value ?? null)} after tree ${trees}`,
      ...(level && { level }),
    };
  };
  const alone = (pick: 'auc' | 'ks') =>
    evaluation
      ? { name: 'own features alone', value: evaluation.solo.metrics[pick], named: 'end' as const }
      : undefined;
  return [
    chart('Log-loss of training customers', ({ trainingLoss }) => trainingLoss),
    chart('Log-loss of validation customers', ({ validationLoss }) => validationLoss),
    chart('AUC on held-out customers', ({ auc }) => auc, alone('auc')),
    chart('KS on held-out customers', ({ ks }) => ks, alone('ks')),
  ].filter(({ points }) => points.some(({ value }) => value !== null));
}

/** A long course is told by every so many trees: the pictures show the rest. */
const mostRows = 25;

function courseTable({ course, trees }: TreesReport): Markup {
  const all = course.map((tree, at) => ({ tree, number: at + 1 }));
  const every = Math.ceil(all.length / mostRows);
  const shown = all.filter(
    ({ number }) => every === 1 || number === 1 || number % every === 0 || number === trees,
  );
  const value = (digits: number | undefined) => score(digits ?? null);
  return table<(typeof all)[number]>(
    `${every === 1 ? 'Every tree' : `One tree in ${every}`}, and the model after it`,
    [
      { title: 'Tree', cell: ({ number }) => number },
      { title: 'AUC', numeric: true, cell: ({ tree }) => value(tree.auc) },
      { title: 'KS', numeric: true, cell: ({ tree }) => value(tree.ks) },
      { title: 'Training loss', numeric: true, cell: ({ tree }) => value(tree.trainingLoss) },
      { title: 'Validation loss', numeric: true, cell: ({ tree }) => value(tree.validationLoss) },
      { title: 'Own splits', numeric: true, cell: ({ tree }) => tree.ownSplits },
      { title: 'Partners’ splits', numeric: true, cell: ({ tree }) => tree.partnerSplits },
      { title: 'Nodes by level', cell: ({ tree }) => tree.nodes.join(' ') },
    ],
    shown,
    ({ number }) => number === trees,
  );
}

function importanceBars({ importance, parties }: TreesReport): Markup {
  const gains = sum(importance.map(({ gain }) => gain));
  return featureBars(
    'Share of the gain',
    importance.map(({ party, feature, gain }) => ({ party, feature, value: share(gain, gains) ?? 0 })),
    parties.map(({ name }) => name),
    { least: 0.05, words: (value) => percent(value, 1) },
  );
}

function importanceTable({ importance }: TreesReport): Markup {
  const gains = sum(importance.map(({ gain }) => gain));
  const covers = sum(importance.map(({ cover }) => cover));
  const words = (part: number | null) => (part === null ? dash : percent(part, 1));
  return table<ImportanceReport>(
    'Gain: what splits took off the loss. Cover: the customers they parted, each by p (1 − p)',
    [
      { title: 'Feature', cell: ({ feature }) => feature },
      { title: 'Party', cell: ({ party }) => party },
      { title: 'Splits', numeric: true, cell: ({ splits }) => splits },
      { title: 'Gain', numeric: true, cell: ({ gain }) => words(share(gain, gains)) },
      { title: 'Cover', numeric: true, cell: ({ cover }) => words(share(cover, covers)) },
    ],
    importance,
  );
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

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
