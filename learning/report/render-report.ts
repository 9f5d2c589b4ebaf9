import { bytes, score, seconds, signed } from './figures.js';
import { jobSection } from './job-section.js';
import { html, type Markup, table } from './markup.js';
import { pageOf } from './page.js';
import type { DemoReport, JobReport } from './types.js';
import { verticalHeadline, verticalSection } from './vertical-section.js';

/** The demo's report of all its jobs. */
export function renderReport(report: DemoReport): string {
  const participants = Object.keys(report.totals.bytesUp);
  return pageOf(report.title, [
    html`${report.vertical.map((job) => html`<p class="lead">${verticalHeadline(job)}</p>`)}
${report.jobs.map((job) => html`<p class="lead">${headline(job)}</p>`)}
${report.vertical.map(verticalSection)}
${report.jobs.length === 0 ? [] : [horizontalSummary(report)]}
${report.jobs.map((job, i) => jobSection(job, Object.keys(job.bytesUp), i))}
<h2>Totals</h2>
<p>The whole run, from the first process to the last answer, took ${seconds(report.totals.seconds)}.</p>
${table(
  'Protected bytes sent up over all jobs',
  [
    { title: 'Participant', cell: (name: string) => name },
    { title: 'Bytes up', numeric: true, cell: (name: string) => bytes(report.totals.bytesUp[name] ?? 0) },
  ],
  participants,
)}`,
  ]);
}

/** What all horizontal jobs share, before each of them. */
function horizontalSummary(report: DemoReport): Markup {
  return html`<h2>Horizontal training: same features, different customers</h2>
<p>${report.data}</p>
${summaryTable(report)}
<p class="quiet">AUC and KS are of the positive class bad, on the test rows of all participants together. A solo model was trained by one participant on its own training rows alone; the demo owns all parts, so it may score solo models on everybody's test rows to compare. The joint figures come from securely summed score histograms.</p>`;
}

function bestSolo(job: JobReport): [name: string, auc: number] | undefined {
  return Object.entries(job.solo)
    .map(([name, { auc }]): [string, number] => [name, auc])
    .sort((a, b) => b[1] - a[1])[0];
}

function headline(job: JobReport): string {
  const best = bestSolo(job);
  if (best === undefined) return `${job.name}: joint model AUC ${score(job.joint.auc)}.`;
  return `${job.name}: the joint model has AUC ${score(job.joint.auc)}, the best solo model (${best[0]}) ${score(best[1])}, a difference of ${signed(job.joint.auc - best[1])}.`;
}

interface SummaryRow {
  readonly job: JobReport;
  /** Empty for the joint model. */
  readonly participant: string;
}

function summaryTable({ jobs }: DemoReport): Markup {
  const rows = jobs.flatMap((job): SummaryRow[] => [
    ...Object.keys(job.solo).map((participant) => ({ job, participant })),
    { job, participant: '' },
  ]);
  const scores = ({ job, participant }: SummaryRow) =>
    participant === '' ? job.joint : job.solo[participant]!;
  const gain = (row: SummaryRow, pick: 'auc' | 'ks') =>
    row.participant === '' ? '' : difference(row.job.joint[pick] - scores(row)[pick]);
  return table<SummaryRow>(
    'Each participant alone against the joint model, on the same test rows',
    [
      {
        title: 'Model',
        cell: ({ job, participant }) =>
          participant === '' ? `${job.model}, joint` : `${job.model}, ${participant} alone`,
      },
      { title: 'AUC', numeric: true, cell: (row) => score(scores(row).auc) },
      { title: 'KS', numeric: true, cell: (row) => score(scores(row).ks) },
      { title: 'Joint gains in AUC', numeric: true, cell: (row) => gain(row, 'auc') },
      { title: 'Joint gains in KS', numeric: true, cell: (row) => gain(row, 'ks') },
    ],
    rows,
    ({ participant }) => participant === '',
  );
}

function difference(value: number): Markup {
  return html`<span class="${value < 0 ? 'down' : 'up'}">${signed(value)}</span>`;
}
