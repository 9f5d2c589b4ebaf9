import { scalingStatement } from '../scorecard/points-scale.js';
import type { ScoreGain } from '../scorecard/score-gain.js';
import type { SwapCell } from '../scorecard/swap-set.js';
import type { CoefficientRow } from '../vertical/significance.js';
import { count, dash, list, percent, score, seconds, signed } from './figures.js';
import { html, type Markup, table } from './markup.js';
import { bandChart, calibrationChart, gainChart, valueChart } from './vertical-charts.js';
import { verticalCost } from './vertical-cost.js';
import type { PartyReport, VerticalReport } from './vertical-types.js';

/** What the joint model adds over that of the label holder alone, in a sentence. */
export function verticalHeadline({ name, labelHolder, parties, evaluation }: VerticalReport): string {
  const partners = list(parties.map((party) => party.name).filter((party) => party !== labelHolder));
  if (evaluation === null) {
    return `${name}: ${labelHolder} and ${partners} trained a joint model; no score was released to measure it.`;
  }
  return `${name}: ${gainSentence(labelHolder, partners, evaluation)}`;
}

/** The same without the name of the job. */
export function gainSentence(
  labelHolder: string,
  partners: string,
  { solo, joint, aucGain }: ScoreGain,
): string {
  return `${labelHolder} alone has AUC ${score(solo.auc.value)}, together with ${partners} ${score(joint.auc.value)}: a gain of ${signed(aucGain.value)} (95 % interval ${signed(aucGain.low)} to ${signed(aucGain.high)}, ${probability(aucGain.pValue)}).`;
}

/** Everything about one vertical job. */
export function verticalSection(report: VerticalReport): Markup {
  const { evaluation, labelHolder } = report;
  return html`<h2>${report.name}: same customers, different features</h2>
<p>${report.data}</p>
<p>Vertical training, logistic regression on WOE columns: ${report.status} in ${seconds(report.seconds)}. Labels at ${labelHolder}; no row left its side.</p>
<h3>What was joined</h3>
${joinedTable(report)}
<p>Of the ${count(report.rows.common)} common customers ${count(report.rows.train)} trained the model and ${count(report.rows.heldOut)} were held out to measure it.</p>
${evaluation === null ? html`<p>No score was released, so nothing could be measured.</p>` : measured(evaluation, labelHolder)}
<h3>Information value of the features</h3>
<div class="charts">${[valueChart(report), valueTable(report)]}</div>
<h3>Coefficients</h3>
${coefficientTable(report.parties)}
<p>Calibrated log-odds of bad for one unit of WOE. Each party knows its own rows only. Standard errors and p-values are conditional on the partner's columns: correlation with them is left out, so no exclusion should rest on a p-value near its threshold. VIF is among a party's own columns.</p>
<h3>Who could decrypt what, and what was released</h3>
${protection(report)}
${verticalCost(report)}`;
}

function joinedTable({ parties, rows, labelHolder }: VerticalReport): Markup {
  return table<PartyReport>(
    'Customers and features of each side; matched by private set intersection',
    [
      { title: 'Party', cell: ({ name }) => name },
      { title: 'Own customers', numeric: true, cell: ({ customers }) => count(customers) },
      { title: 'In common', numeric: true, cell: () => count(rows.common) },
      { title: 'Share', numeric: true, cell: ({ customers }) => percent(rows.common / customers, 1) },
      { title: 'Features', numeric: true, cell: ({ features }) => features },
      { title: 'Labels', cell: ({ name }) => (name === labelHolder ? 'yes' : 'no') },
    ],
    parties,
  );
}

/** The joint model on held-out customers: gain, decisions, bands, calibration. */
export function measured(evaluation: ScoreGain, labelHolder: string): Markup {
  return html`<h3>The joint model against ${labelHolder} alone</h3>
${gainTable(evaluation, labelHolder)}
<div class="charts">${[gainChart('AUC', evaluation, 'auc'), gainChart('KS', evaluation, 'ks')]}</div>
<h3>Decisions at the same approval rate</h3>
${swapTable(evaluation, labelHolder)}
<h3>Score bands and calibration</h3>
<div class="charts">${[bandChart(evaluation), calibrationChart(evaluation.lift)]}</div>
${bandTable(evaluation)}`;
}

function gainTable({ rows, bad, joint, solo, aucGain, ksGain }: ScoreGain, labelHolder: string): Markup {
  const interval = ({ low, high }: { readonly low: number; readonly high: number }) =>
    `${score(low)} to ${score(high)}`;
  const gain = (value: number) => html`<span class="${value < 0 ? 'down' : 'up'}">${signed(value)}</span>`;
  const loss = (name: string, pick: 'brier' | 'logLoss') => ({
    name,
    joint: [score(joint.metrics[pick]), dash],
    solo: [score(solo.metrics[pick]), dash],
    // Lower is better here: a fall is a gain.
    gain: [
      html`<span class="${joint.metrics[pick] > solo.metrics[pick] ? 'down' : 'up'}">${signed(joint.metrics[pick] - solo.metrics[pick])}</span>`,
      dash,
    ],
  });
  const both = <T>(
    of: { readonly value: T; readonly low: number; readonly high: number },
    show: (value: T) => string | Markup,
  ) => [show(of.value), interval(of)];
  // Gini = 2 AUC - 1, and its interval with it.
  const gini = (of: { value: number; low: number; high: number }, shift: number) => ({
    value: 2 * of.value - shift,
    low: 2 * of.low - shift,
    high: 2 * of.high - shift,
  });
  const lines = [
    { name: 'AUC', joint: both(joint.auc, score), solo: both(solo.auc, score), gain: both(aucGain, gain) },
    { name: 'KS', joint: both(joint.ks, score), solo: both(solo.ks, score), gain: both(ksGain, gain) },
    {
      name: 'Gini',
      joint: both(gini(joint.auc, 1), score),
      solo: both(gini(solo.auc, 1), score),
      gain: both(gini(aucGain, 0), gain),
    },
    loss('Brier', 'brier'),
    loss('Log loss', 'logLoss'),
  ];
  type Line = (typeof lines)[number];
  return table<Line>(
    `On ${count(rows)} held-out customers, ${count(bad)} of them bad; 95 % intervals by DeLong (AUC) and bootstrap (KS); gain in AUC: ${probability(aucGain.pValue)}`,
    [
      { title: 'Measure', cell: ({ name }) => name },
      { title: `${labelHolder} alone`, numeric: true, cell: ({ solo: [value] }) => value! },
      { title: 'Joint', numeric: true, cell: ({ joint: [value] }) => value! },
      { title: 'Difference', numeric: true, cell: ({ gain: [value] }) => value! },
      { title: 'Alone, interval', numeric: true, cell: ({ solo: [, range] }) => range! },
      { title: 'Joint, interval', numeric: true, cell: ({ joint: [, range] }) => range! },
      { title: 'Difference, interval', numeric: true, cell: ({ gain: [, range] }) => range! },
    ],
    lines,
  );
}

function swapTable({ swaps }: ScoreGain, labelHolder: string): Markup {
  type Swap = ScoreGain['swaps'][number];
  const rows = (cell: SwapCell) => (cell === null ? 'under 5' : count(cell.rows));
  const rate = (cell: SwapCell) => (cell === null || cell.rows === 0 ? dash : percent(cell.badRate, 1));
  return table<Swap>(
    'Swapped in: declined by the own model and approved by the joint one; swapped out: the reverse',
    [
      { title: 'Approved', cell: ({ approval }) => percent(approval, 0) },
      {
        title: `Bad rate, ${labelHolder} alone`,
        numeric: true,
        cell: ({ badRate }) => percent(badRate.bank, 2),
      },
      { title: 'Bad rate, joint', numeric: true, cell: ({ badRate }) => percent(badRate.joint, 2) },
      { title: 'Swapped in', numeric: true, cell: ({ swapIn }) => rows(swapIn) },
      { title: 'Bad rate', numeric: true, cell: ({ swapIn }) => rate(swapIn) },
      { title: 'Swapped out', numeric: true, cell: ({ swapOut }) => rows(swapOut) },
      { title: 'Bad rate', numeric: true, cell: ({ swapOut }) => rate(swapOut) },
    ],
    swaps,
  );
}

function bandTable({ bands }: ScoreGain): Markup {
  type Band = ScoreGain['bands'][number];
  return table<Band>(
    'Score bands of held-out customers, the best first; more points are better',
    [
      { title: 'Points', cell: ({ from, to }) => `${Math.round(from)}\u00a0to\u00a0${Math.round(to)}` },
      { title: 'Customers', numeric: true, cell: ({ rows }) => count(rows) },
      { title: 'Share', numeric: true, cell: ({ share }) => percent(share, 1) },
      { title: 'Bads', numeric: true, cell: ({ bads }) => count(bads) },
      { title: 'Bad rate', numeric: true, cell: ({ badRate }) => percent(badRate, 1) },
      { title: 'Approved so far', numeric: true, cell: (band) => percent(band.cumulativeApproval, 1) },
      {
        title: 'Bads caught from here',
        numeric: true,
        cell: (band) => percent(band.cumulativeBadCapture, 1),
      },
    ],
    bands,
  );
}

function valueTable({ features }: VerticalReport): Markup {
  type Value = VerticalReport['features'][number];
  return table<Value>(
    'Under 0.02 useless, 0.1 weak, 0.3 medium, 0.5 strong; above that suspect: look for leakage',
    [
      { title: 'Feature', cell: ({ feature }) => feature },
      { title: 'Party', cell: ({ party }) => party },
      { title: 'Bins', numeric: true, cell: ({ bins }) => bins },
      { title: 'IV', numeric: true, cell: ({ iv }) => iv.toFixed(4) },
      { title: 'Band', cell: ({ band }) => band },
    ],
    [...features].sort((a, b) => b.iv - a.iv),
  );
}

function coefficientTable(parties: readonly PartyReport[]): Markup {
  type Row = CoefficientRow & { readonly party: string };
  return table<Row>(
    'As each party holds them; the demo may show both, because it owns both homes',
    [
      { title: 'Feature', cell: ({ name }) => name },
      { title: 'Party', cell: ({ party }) => party },
      { title: 'Coefficient', numeric: true, cell: ({ coefficient }) => signed(coefficient) },
      { title: 'Std error', numeric: true, cell: ({ standardError }) => standardError.toFixed(4) },
      { title: 'z', numeric: true, cell: ({ z }) => z.toFixed(2).replace('-', '−') },
      {
        title: 'p-value',
        numeric: true,
        cell: ({ pValue }) => (pValue < 0.0001 ? '< 0.0001' : pValue.toFixed(4)),
      },
      { title: 'VIF', numeric: true, cell: ({ vif }) => (vif >= 1000 ? '≥ 1000' : vif.toFixed(2)) },
    ],
    parties.flatMap(({ name: party, coefficients }) => coefficients.map((row) => ({ ...row, party }))),
  );
}

function protection({
  labelHolder,
  parties,
  labels,
  scoresReleased,
  scaling,
  evaluation,
}: VerticalReport): Markup {
  const holders = parties.map(({ name }) => name).filter((name) => name !== labelHolder);
  const partners = list(holders);
  return html`<dl>
<dt>Keys of ${labelHolder}</dt><dd>decrypt bad counts per bin and gradients of ${partners}; both arrive masked, and only ${labelHolder} can take the mask off its counts, only the owner off a gradient</dd>
<dt>Key of ${holders[0] ?? dash}</dt><dd>decrypts the gradient of ${labelHolder}, masked by ${labelHolder}</dd>
<dt>Coordinator</dt><dd>decrypts nothing: it held no key and passed sealed parcels on; it saw names, sizes, times, digests and released metrics</dd>
<dt>Customer keys</dt><dd>crossed blinded on an elliptic curve; each side learned the size of the other's set and which of its own customers are common</dd>
<dt>Labels</dt><dd>crossed encrypted only. Their functionals that were released (bins with WOE, columns of the fit): ${count(labels.released)} of a life-long budget of ${count(labels.budget)} of this label set</dd>
<dt>Scores</dt><dd>parts of ${count(scoresReleased)} customers reached ${labelHolder}, rounded to 1/64 log-odds, to measure and calibrate</dd>
<dt>Points</dt><dd>${scalingStatement(scaling)}</dd>${
    evaluation === null
      ? []
      : [
          html`
<dt>Calibration</dt><dd>slope ${evaluation.calibration.slope.toFixed(3)}, intercept ${evaluation.calibration.intercept.toFixed(3)}, on ${count(evaluation.calibration.rows)} customers that were not held out</dd>`,
        ]
  }
</dl>`;
}

function probability(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(4)}`;
}
