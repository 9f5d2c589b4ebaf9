import { bytes, count, seconds } from './figures.js';
import { html, type Markup, table } from './markup.js';
import type { PhaseReport, VerticalReport } from './vertical-types.js';

/** Bytes and seconds of each phase and party. */
export function verticalCost(report: VerticalReport): Markup {
  const names = report.parties.map(({ name }) => name);
  return html`<h3>Time and bytes</h3>
${costTable(phasesOf(report.phases), names)}
${iterationWords(report.phases)}
${batchWords(report)}`;
}

/** The iterations of the fit as one phase. */
function phasesOf(phases: readonly PhaseReport[]): PhaseReport[] {
  const fit = phases.filter(({ iteration }) => iteration > 0);
  const rest = phases.filter(({ iteration }) => iteration === 0);
  if (fit.length === 0) return rest;
  const whole = { ...together(fit), phase: `fitting, ${fit.length} iterations` };
  const before = rest.filter((phase) => phases.indexOf(phase) < phases.indexOf(fit[0]!));
  return [...before, whole, ...rest.filter((phase) => !before.includes(phase))];
}

function together(phases: readonly PhaseReport[]): PhaseReport {
  const added = (pick: 'bytes' | 'work') => {
    const totals: Record<string, number> = {};
    for (const phase of phases) {
      for (const [name, value] of Object.entries(phase[pick])) totals[name] = (totals[name] ?? 0) + value;
    }
    return totals;
  };
  return {
    phase: 'all',
    iteration: 0,
    seconds: phases.reduce((total, phase) => total + phase.seconds, 0),
    bytes: added('bytes'),
    work: added('work'),
  };
}

function costTable(phases: readonly PhaseReport[], names: readonly string[]): Markup {
  const rows = [...phases, together(phases)];
  return table<PhaseReport>(
    'Wall time of each phase; what each party sent, sealed end to end, and how long it worked',
    [
      { title: 'Phase', cell: ({ phase }) => phase },
      { title: 'Wall time', numeric: true, cell: (phase) => seconds(phase.seconds) },
      ...names.flatMap((name) => [
        { title: `${name} sent`, numeric: true, cell: (phase: PhaseReport) => bytes(phase.bytes[name] ?? 0) },
        {
          title: `${name} worked`,
          numeric: true,
          cell: (phase: PhaseReport) => seconds(phase.work[name] ?? 0),
        },
      ]),
    ],
    rows,
    ({ phase }) => phase === 'all',
  );
}

function iterationWords(phases: readonly PhaseReport[]): Markup {
  const fit = phases.filter(({ iteration }) => iteration > 0);
  if (fit.length === 0) return html``;
  const all = together(fit);
  const sent = Object.values(all.bytes).reduce((total, value) => total + value, 0);
  return html`<p>One iteration: ${bytes(Math.round(sent / fit.length))} over the wire, all parties together, in ${seconds(all.seconds / fit.length)}.</p>`;
}

function batchWords({ batch, labelHolder }: VerticalReport): Markup {
  if (batch === null) return html``;
  const sent = Object.values(batch.bytes).reduce((total, value) => total + value, 0);
  return html`<h3>Batch score</h3>
<p>${batch.name} scored ${count(batch.customers)} common customers in ${seconds(batch.seconds)} with ${bytes(sent)} sent. ${labelHolder} holds probability, points and both sides' shares of the points in <code>${batch.file}</code>; the others learned no score.</p>`;
}
