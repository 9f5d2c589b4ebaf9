import Table from 'cli-table3';
import type { DemoReport, JobReport } from '../../learning/report/index.js';
import { bytes, paragraph, seconds, signed } from './figures.js';

/** The closing page: solo against joint of the horizontal jobs, time and bytes of all, and who could decrypt. */
export function summary(report: DemoReport, files: readonly string[]): string {
  return [
    ...report.jobs.map(jobTable),
    paragraph(
      'AUC and KS on the test rows of all participants; the demo owns all three homes, so it may pool them to compare.',
    ),
    paragraph(costLine(report)),
    paragraph(protectionLine(report.jobs)),
    `Written: ${files.join(', ')}`,
  ].join('\n\n');
}

function jobTable(job: JobReport): string {
  const table = new Table({
    head: [`${job.name} (${job.model})`, 'AUC', 'KS', 'gain in AUC', 'gain in KS'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
    // Without rules between rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const [name, solo] of Object.entries(job.solo)) {
    table.push([
      `${name} alone`,
      solo.auc.toFixed(4),
      solo.ks.toFixed(4),
      signed(job.joint.auc - solo.auc),
      signed(job.joint.ks - solo.ks),
    ]);
  }
  table.push(['joint model', job.joint.auc.toFixed(4), job.joint.ks.toFixed(4), '', '']);
  return table.toString();
}

function costLine({ totals }: DemoReport): string {
  const each = Object.entries(totals.bytesUp).map(([name, up]) => `${name} ${bytes(up)}`);
  return `Total time ${seconds(totals.seconds)}. Encrypted bytes sent in all jobs: ${each.join(', ')}.`;
}

function protectionLine(jobs: readonly JobReport[]): string {
  const encryption = jobs[0]?.encryption;
  if (encryption === undefined) return 'Nothing was trained.';
  const { scheme, n, logQ, t, keyHolders, others } = encryption;
  const exceptions = others.map(({ purpose, parameters }) => `; ${purpose}: ${parameters}`).join('');
  return (
    `Encrypted: every statistic, update and score histogram of the horizontal jobs, with ${scheme} ` +
    `(N = ${n}, log q = ${logQ}, t = ${t}${exceptions}), masked pairwise; could decrypt: ${keyHolders.join(', ')}, each only masked vectors and the sum; ` +
    'the coordinator holds no key.'
  );
}
