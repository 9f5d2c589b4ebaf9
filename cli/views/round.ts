import type { RoundView } from '../client.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatCount, formatDuration, formatMetric, formatTime } from '../text/units.js';
import { metricLines } from './metrics.js';
import { shortDigest, stateColour } from './state.js';
import { hasSteps, stretchPage, stretchTable } from './vertical-round.js';

/** As many metrics as fit beside the rest. */
const shownMetrics = 3;
const metricHeads: Readonly<Record<string, string>> = {
  auc: 'AUC',
  ks: 'KS',
  trainLoss: 'LOSS',
  logLoss: 'LOGLOSS',
  gini: 'GINI',
  brier: 'BRIER',
};

/** One row a secure sum: statistics, training rounds, evaluation. Metrics are those of the model after it. */
export function roundTable(rounds: readonly RoundView[], palette: Palette): string {
  if (rounds.length === 0) return 'No round has started yet.';
  if (rounds.some(hasSteps)) return stretchTable(rounds, palette);
  const someLeftOut = rounds.some(({ leftOut }) => leftOut.length > 0);
  const measured = new Set(rounds.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  const names = Object.keys(metricHeads)
    .filter((name) => measured.has(name))
    .slice(0, shownMetrics);
  return table(
    [
      { head: 'SUM', align: 'right' },
      { head: 'PURPOSE' },
      { head: 'ROUND', align: 'right' },
      { head: 'STATE', wraps: true, colour: stateColour(palette) },
      ...(someLeftOut ? [{ head: 'IN', align: 'right' as const }] : []),
      { head: 'TOOK', align: 'right' },
      { head: 'UP', align: 'right' },
      ...names.map((name) => ({ head: metricHeads[name] ?? name, align: 'right' as const })),
    ],
    rounds.map((round) => [
      String(round.sum),
      round.purpose,
      round.round > 0 ? roundWords(round) : '-',
      stateOf(round),
      ...(someLeftOut ? [includedOf(round)] : []),
      round.agreedMs > 0 ? formatDuration(round.agreedMs - round.startedMs) : '-',
      formatBytes(round.participants.reduce((total, { bytesUp }) => total + bytesUp, 0)),
      ...names.map((name) => metricOf(round, name)),
    ]),
    palette,
  );
}

/** The verdict, once there is one: verified, or the code that was raised. */
export function stateOf({ phase, verification }: RoundView): string {
  return verification === '' || verification === 'pending' ? phase : verification;
}

/** `4/5`: how many of the participants are in the sum, once that is fixed. */
function includedOf({ survivors, leftOut }: RoundView): string {
  return survivors.length > 0 ? `${survivors.length}/${survivors.length + leftOut.length}` : '-';
}

function metricOf({ metrics }: RoundView, wanted: string): string {
  const metric = metrics.find(({ name }) => name === wanted);
  return metric === undefined ? '' : formatMetric(wanted, metric.value);
}

/** Everything about one secure sum, or one phase of a vertical job, on one page. */
export function roundPage(round: RoundView, palette: Palette): string {
  if (hasSteps(round)) return stretchPage(round, palette);
  return page(
    fields(
      [
        ['round', titleOf(round), palette.strong],
        ['phase', round.phase, (line) => stateColour(palette)(line, round.phase)],
        ['waiting for', round.waitingFor, palette.strong],
        ['started', formatTime(round.startedMs)],
        ['agreed', round.agreedMs > 0 ? agreedWords(round) : ''],
        ['encryption', [round.parameterSet, round.parameters].filter((part) => part !== '').join(': ')],
        ['key holders', round.keyHolders.join(', ')],
        ['needed', round.needed > 0 ? `at least ${round.needed} of ${round.keyHolders.length}` : ''],
        ['survivors', round.survivors.join(', ')],
        ['left out', round.leftOut.join(', ')],
        ['signatures', round.survivors.length > 0 ? signatureWords(round) : ''],
        ['values', round.valueCount > 0 ? `${formatCount(round.valueCount)} per contribution` : ''],
        ['sum', round.sumDigest === '' ? '' : sumWords(round)],
        ['verification', round.verification, (line) => stateColour(palette)(line, round.verification)],
        ['fingerprint', round.fingerprint],
        ['metrics', metricLines(round.metrics)],
      ],
      palette,
    ),
    contributionTable(round, palette),
    timeTable(round, palette),
  );
}

function titleOf(view: RoundView): string {
  const { round, sum, purpose } = view;
  return round > 0 ? `${roundWords(view)} (${purpose}, sum ${sum})` : `sum ${sum} (${purpose})`;
}

/** `3`; of a tree with its level, `3, level 2`. */
function roundWords({ round, level }: RoundView): string {
  return level > 0 ? `${round}, level ${level}` : String(round);
}

function agreedWords({ agreedMs, startedMs }: RoundView): string {
  return `${formatTime(agreedMs)}, after ${formatDuration(agreedMs - startedMs)}`;
}

/** The whole roster signs, whether in the set or not. */
function signatureWords({ keyHolders, survivorSignatures }: RoundView): string {
  return `${survivorSignatures} of ${keyHolders.length} signed the survivor set`;
}

function sumWords({ sumDigest, sumBytes, addMs }: RoundView): string {
  return `${shortDigest(sumDigest)}, ${formatBytes(sumBytes)}, added in ${formatDuration(addMs)}`;
}

function contributionTable({ participants }: RoundView, palette: Palette): string {
  if (participants.length === 0) return '';
  return table(
    [
      { head: 'PARTICIPANT', wraps: true },
      { head: 'STATE', colour: stateColour(palette) },
      { head: 'UP', align: 'right' },
      { head: 'CIPHERTEXTS' },
      { head: 'FINGERPRINT' },
    ],
    participants.map((each) => [
      each.name,
      each.state,
      formatBytes(each.bytesUp),
      shortDigest(each.digest),
      shortDigest(each.fingerprint),
    ]),
    palette,
  );
}

const usualSteps = ['queue', 'train', 'encrypt', 'upload', 'aggregate', 'decrypt'];
const moreSteps = ['download', 'apply'];

/** Where the time went: a row each participant, and one for the coordinator, which adds. */
function timeTable(round: RoundView, palette: Palette): string {
  const rows = round.participants.map(({ name, timings }) => ({ name, timings }));
  if (round.addMs > 0) rows.push({ name: 'coordinator', timings: [{ step: 'aggregate', ms: round.addMs }] });
  const measured = new Set(rows.flatMap(({ timings }) => timings.map(({ step }) => step)));
  if (measured.size === 0) return '';
  const shown = [...usualSteps, ...moreSteps.filter((step) => measured.has(step))];
  return table(
    [
      { head: 'TIME', wraps: true },
      ...shown.map((step) => ({ head: step.toUpperCase(), align: 'right' as const })),
    ],
    rows.map(({ name, timings }) => [name, ...shown.map((step) => spentWords(timings, step))]),
    palette,
  );
}

/** Without blanks: eight steps and a name share a line. */
function spentWords(timings: readonly { step: string; ms: number }[], step: string): string {
  const spent = timings.filter((timing) => timing.step === step);
  if (spent.length === 0) return '-';
  return formatDuration(spent.reduce((total, { ms }) => total + ms, 0)).replaceAll(' ', '');
}
