import Table from 'cli-table3';
import type { JointGain, VerticalReport } from '../../learning/report/index.js';
import { bytes, paragraph, seconds, signed } from './figures.js';

/** What the joint model is worth to the bank, and where everything is. At most 80 columns. */
export function verticalSummary(report: VerticalReport): string {
  const { evaluation } = report;
  return [
    ...(evaluation === null ? [] : [gainTable(report, evaluation), paragraph(gainWords(evaluation))]),
    paragraph(valueWords(report)),
    paragraph(costWords(report)),
    placeWords(report),
  ].join('\n\n');
}

function gainTable({ name, labelHolder, parties }: VerticalReport, evaluation: JointGain): string {
  const { joint, solo, aucGain, ksGain, swaps } = evaluation;
  const partners = parties.map((party) => party.name).filter((party) => party !== labelHolder);
  const table = new Table({
    head: [name, `${labelHolder} alone`, `with ${partners.join(', ')}`, 'gain'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
    // Without rules between rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  const within = ({ value, low, high }: { value: number; low: number; high: number }) =>
    `${value.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const plain = (title: string, pick: 'gini' | 'brier') =>
    table.push([
      title,
      solo.metrics[pick].toFixed(4),
      joint.metrics[pick].toFixed(4),
      signed(joint.metrics[pick] - solo.metrics[pick]),
    ]);
  table.push(['AUC', within(solo.auc), within(joint.auc), signed(aucGain.value)]);
  table.push(['KS', within(solo.ks), within(joint.ks), signed(ksGain.value)]);
  plain('Gini', 'gini');
  plain('Brier', 'brier');
  for (const { approval, badRate } of swaps) {
    if (badRate.bank === null || badRate.joint === null) continue;
    const points = 100 * (badRate.joint - badRate.bank);
    table.push([
      `bad at ${Math.round(100 * approval)} % in`,
      percent(badRate.bank),
      percent(badRate.joint),
      `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(2)} pp`,
    ]);
  }
  return table.toString();
}

function gainWords({ rows, bad, aucGain }: JointGain): string {
  const p = aucGain.pValue < 0.0001 ? 'p < 0.0001' : `p = ${aucGain.pValue.toFixed(4)}`;
  return (
    `On ${rows} held-out customers, ${bad} bad; 95 % intervals; gain in AUC ${p}. ` +
    '"bad at 70 % in": share of bad customers when the best 70 % are approved.'
  );
}

const shownFeatures = 5;

function valueWords({ features }: VerticalReport): string {
  const best = [...features].sort((a, b) => b.iv - a.iv).slice(0, shownFeatures);
  return `Strongest features by IV: ${best.map(({ feature, party, iv }) => `${feature} of ${party} ${iv.toFixed(2)}`).join(', ')}.`;
}

function costWords({
  phases,
  labelHolder,
  parties,
  labels,
  scoresReleased,
  seconds: spent,
}: VerticalReport): string {
  const sent = phases.flatMap(({ bytes: each }) => Object.values(each)).reduce((total, up) => total + up, 0);
  const first = parties.find(({ name }) => name !== labelHolder)?.name ?? '';
  return (
    `Took ${seconds(spent)}, ${bytes(sent)} sent, sealed end to end. Could decrypt: ${labelHolder} masked ` +
    `counts and gradients, ${first} the masked gradient of ${labelHolder}, the coordinator nothing. ` +
    `Labels: ${labels.released} of ${labels.budget} functionals used; score parts of ${scoresReleased} customers released.`
  );
}

function placeWords({ parties, batch, labelHolder }: VerticalReport): string {
  const lines = parties.map(({ name }) =>
    name === labelHolder
      ? `  ${name}: its part of the model, calibration, metrics`
      : `  ${name}: its part of the model, and no score`,
  );
  const scores = batch === null ? [] : [`  scores of ${batch.customers} customers: ${batch.file}`];
  return ['Where things are:', ...lines, ...scores].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
