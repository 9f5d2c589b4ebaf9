import type { LiftRow } from '../metrics/lift.js';
import type { Metrics } from '../metrics/metrics.js';
import { scalingStatement } from '../scorecard/points-scale.js';
import { lineChart } from './chart.js';
import { count, dash, list, percent, score } from './figures.js';
import type { JointReport, JointTreeReport } from './joint-types.js';
import { type Column, html, type Markup, table } from './markup.js';
import { pageOf } from './page.js';
import { courseCharts, courseTable } from './trees-course.js';
import { importanceBars, importanceTable } from './trees-importance.js';
import { calibrationChart } from './vertical-charts.js';
import { gainSentence, measured } from './vertical-section.js';

/** The report of a horizontal job's model, for one of its participants: joint figures, and what own customers show. */
export function renderJointReport(report: JointReport): string {
  const { name, kind, me, gain, scaling } = report;
  return pageOf(`${name}: ${kind}`, [
    html`<p class="lead">${headline(report)}</p>
<p>Job <code>${report.job}</code>, purpose ${report.purpose}, ended ${report.saved}. Written by ${me} for itself: joint figures are the same at every participant, those of own customers stand nowhere else.</p>
<h2>What was learnt from</h2>
<dl>
<dt>Participants</dt><dd>${list(report.participants)}, each with customers of its own</dd>
<dt>Dataset</dt><dd>${report.dataset}, ${count(report.features)} features that all of them have</dd>${
      report.rows === undefined
        ? []
        : [
            html`
<dt>Customers</dt><dd>${count(report.rows)} to train, of all participants together</dd>`,
          ]
    }
</dl>
${courseSection(report)}
<h2>On held-out customers of all participants</h2>
${jointSection(report)}
${
  gain === undefined
    ? html`<p>On customers of ${me} alone nothing was compared: its held-out ones have one class, or it trains no model of its own.</p>`
    : html`<h2>On held-out customers of ${me}</h2>
${measured(gain, me)}
<p class="quiet">Points of both models: ${scalingStatement(scaling)}. Neither is calibrated.</p>`
}
${importanceSection(report)}
<h2>Who could decrypt what, and what was released</h2>
${protection(report)}`,
  ]);
}

function headline({ me, participants, gain, metrics }: JointReport): string {
  const others = list(participants.filter((participant) => participant !== me));
  if (gain) return `On its own held-out customers ${gainSentence(me, others, gain)}`;
  if (metrics) {
    return `The joint model of ${list(participants)} has AUC ${score(metrics.auc)} on held-out customers of all of them.`;
  }
  return `${list(participants)} trained a model together; the held-out customers have one class, so nothing could be measured.`;
}

const treeColumns: readonly Column<JointTreeReport>[] = [
  { title: 'Splits', numeric: true, cell: ({ splits }) => splits },
  { title: 'Nodes by level', cell: ({ nodes }) => nodes.join(' ') },
];

function courseSection({ course, trees, kept, settings }: JointReport): Markup {
  const axis = trees ? 'tree' : 'round';
  return html`<h2>${trees ? 'Trees' : 'Rounds'}</h2>
<p>${trees ? treesSentence(trees.course, kept) : roundsSentence(course.length, kept)}</p>
<div class="charts">
${courseCharts(trees?.course ?? course, kept, { axis }).map(lineChart)}
</div>
${trees ? courseTable(trees.course, kept, axis, treeColumns) : courseTable(course, kept, axis)}
<h3>${trees ? 'How they were grown' : 'How it was trained'}</h3>
<dl>${Object.entries(settings).map(([term, words]) => html`<dt>${term}</dt><dd>${words}</dd>`)}</dl>`;
}

function treesSentence(course: readonly JointTreeReport[], kept: number): string {
  const splits = course.slice(0, kept).reduce((sum, tree) => sum + tree.splits, 0);
  const beyond = course.length - kept;
  const stopped =
    beyond > 0
      ? ` ${count(beyond)} more were grown in which the loss of validation customers fell no further.`
      : '';
  return `${count(kept)} trees score, with ${count(splits)} splits.${stopped}`;
}

function roundsSentence(rounds: number, kept: number): string {
  const which = rounds === kept ? 'the last' : `that of round ${kept}`;
  return `${count(rounds)} rounds of training; the model that is kept is ${which}.`;
}

function jointSection({ metrics, lift }: JointReport): Markup {
  if (metrics === undefined) return html`<p>They have one class, so nothing could be measured.</p>`;
  const figure = (title: string, pick: (of: Metrics) => number): Column<Metrics> => ({
    ...{ title, numeric: true },
    cell: (of) => score(pick(of)),
  });
  return html`${table<Metrics>(
    `The model that is kept, on ${count(metrics.rows)} customers, ${count(metrics.positives)} of them bad; from summed histograms of scores`,
    [
      { title: 'Model', cell: () => 'joint' },
      figure('AUC', ({ auc }) => auc),
      figure('KS', ({ ks }) => ks),
      figure('Gini', ({ gini }) => gini),
      figure('Brier', ({ brier }) => brier),
      figure('Log loss', ({ logLoss }) => logLoss),
    ],
    [metrics],
  )}
${lift.length === 0 ? [] : [html`<div class="charts">${[calibrationChart(lift), liftTable(lift)]}</div>`]}`;
}

function liftTable(lift: readonly LiftRow[]): Markup {
  return table<LiftRow>(
    'Bands of the ranking, the worst scores first; bads caught in this band and those above',
    [
      { title: 'Band', cell: ({ band }) => band },
      { title: 'Customers', numeric: true, cell: ({ rows }) => count(rows) },
      { title: 'Bad rate', numeric: true, cell: ({ badRate }) => percent(badRate, 1) },
      { title: 'Predicted', numeric: true, cell: ({ meanProbability }) => percent(meanProbability, 1) },
      { title: 'Lift', numeric: true, cell: (row) => row.lift.toFixed(2) },
      { title: 'Bads caught', numeric: true, cell: ({ gain }) => percent(gain, 1) },
    ],
    lift,
  );
}

function importanceSection({ trees, me }: JointReport): Markup {
  if (trees === undefined) return html``;
  return html`<h2>Importance of the features</h2>
<div class="charts">${[importanceBars(trees.importance, [me]), importanceTable(trees.importance)]}</div>
<p>Gain and cover over the rows of all participants. Each of them summed groups of at least ${trees.groupRows} of its customers, so finer differences do not count.</p>`;
}

function protection({ trees, release, fingerprint, agreedFingerprint, participants }: JointReport): Markup {
  const what = trees
    ? `sums of gradients in the nodes of trees by feature and bin, none of them over fewer than ${trees.groupRows} customers of anybody; counts by value; score histograms`
    : 'updates of the model; statistics of the features; score histograms';
  return html`<dl>
<dt>Decrypted</dt><dd>by ${list(participants)}: ${what}; always sums over several of them, under masks until they agreed on whose</dd>
<dt>Coordinator</dt><dd>decrypted nothing: it held no key and added ciphertexts; it saw names, sizes, times, digests and released metrics</dd>
<dt>Released</dt><dd>${release.length === 0 ? dash : release.join(', ')}</dd>
<dt>Model</dt><dd>SHA-256 <code>${fingerprint}</code>, the same at every participant; agreed as <code>${agreedFingerprint}</code></dd>
</dl>`;
}
