import type { RoundView } from '../client.js';
import { fields, gapColumns, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatDuration, formatTime } from '../text/units.js';
import { displayWidth, printable } from '../text/width.js';
import { metricWords } from './metrics.js';
import { shortDigest, stateColour } from './state.js';
import { levelTable } from './tree-levels.js';
import { stepContent } from './vertical-steps.js';
import { total } from './work-times.js';

type StepView = RoundView['steps'][number];
type Timings = readonly { readonly step: string; readonly ms: number }[];

/** Rounds of vertical jobs consist of steps, those of horizontal ones of a secure sum. */
export function hasSteps({ steps }: Pick<RoundView, 'steps'>): boolean {
  return steps.length > 0;
}

/** Parties that have a column each beside the rest, when their names take no more than this. */
const nameColumns = 28;

/** One row a phase, or an iteration of the fit: what every party sent in it. */
export function stretchTable(rounds: readonly RoundView[], palette: Palette): string {
  const names = [...new Set(rounds.flatMap(({ participants }) => participants.map(({ name }) => name)))];
  const byParty = names.reduce((sum, name) => sum + displayWidth(name) + gapColumns, 0) <= nameColumns;
  return table(
    [
      { head: 'SUM', align: 'right' },
      { head: 'PHASE' },
      { head: rounds.some(({ steps }) => growsTrees(steps)) ? 'TREE' : 'ITERATION', align: 'right' },
      { head: 'STATE', wraps: true, colour: stateColour(palette) },
      { head: 'TOOK', align: 'right' },
      { head: 'SENT', align: 'right' },
      ...(byParty
        ? names.map((name) => ({ head: printable(name), align: 'right' as const }))
        : [{ head: 'BY', wraps: true as const }]),
    ],
    rounds.map((round) => [
      String(round.sum),
      round.purpose,
      round.round > 0 ? String(round.round) : '-',
      stretchState(round),
      tookWords(round.startedMs, round.agreedMs),
      formatBytes(total(round.participants.map(({ bytesUp }) => bytesUp))),
      ...(byParty ? names.map((name) => formatBytes(sentBy(round, name))) : [senderWords(round)]),
    ]),
    palette,
  );
}

/** Whether some steps are those of a tree; the one that ends it may be yet to come. */
function growsTrees(steps: readonly StepView[]): boolean {
  return steps.some(({ name, level }) => name === 'tree' || level > 0);
}

function sentBy({ participants }: RoundView, sender: string): number {
  return participants.find(({ name }) => name === sender)?.bytesUp ?? 0;
}

function senderWords({ participants }: RoundView): string {
  return participants
    .filter(({ bytesUp }) => bytesUp > 0)
    .map(({ name, bytesUp }) => `${name} ${formatBytes(bytesUp)}`)
    .join(', ');
}

/** Everything about one phase or iteration on one page. */
export function stretchPage(round: RoundView, palette: Palette): string {
  return page(
    fields(
      [
        ['round', titleOf(round), palette.strong],
        ['state', stretchState(round), (line) => stateColour(palette)(line, stretchState(round))],
        ['waiting for', round.waitingFor, palette.strong],
        ['started', formatTime(round.startedMs)],
        ['ended', endWords(round)],
        ['key holders', keyWords(round)],
        ['verification', round.verification, (line) => stateColour(palette)(line, round.verification)],
        ['fingerprint', round.fingerprint],
        ['metrics', metricWords(round.metrics)],
      ],
      palette,
    ),
    stepTable(round.steps, palette),
    levelTable(round.steps, palette),
    parcelTable(round.steps, palette),
    workTable(round, palette),
  );
}

function titleOf({ round, sum, purpose, steps }: RoundView): string {
  const what = growsTrees(steps) ? 'tree' : 'iteration';
  return round > 0 ? `${purpose}, ${what} ${round} (sum ${sum})` : `${purpose} (sum ${sum})`;
}

/** There is no sum to collect and agree on: what the wire calls so is done or goes on. */
function stretchState({ phase, verification }: RoundView): string {
  if (phase === 'agreed') return 'done';
  if (phase === 'collecting') return 'in progress';
  return verification === '' || verification === 'pending' ? phase : verification;
}

function endWords({ startedMs, agreedMs }: RoundView): string {
  return agreedMs > 0 ? `${formatTime(agreedMs)}, after ${formatDuration(agreedMs - startedMs)}` : '';
}

function keyWords({ keyHolders }: RoundView): string[] {
  const [labelHolder, first] = keyHolders;
  if (labelHolder === undefined) return [];
  const opened =
    first === undefined
      ? [`${labelHolder}: opens sums of gradients in groups of bins`]
      : [
          `${labelHolder}: opens the gradients of others, masked`,
          `${first}: opens the gradient of ${labelHolder}, masked`,
        ];
  return [...opened, 'coordinator: none'];
}

function stepTable(steps: readonly StepView[], palette: Palette): string {
  return table(
    [
      { head: 'STEP', align: 'right' },
      ...(steps.some(({ level }) => level > 0) ? [{ head: 'LEVEL', align: 'right' as const }] : []),
      { head: 'NAME' },
      { head: 'WHAT IS SENT', wraps: true },
      { head: 'TOOK', align: 'right' },
      { head: 'PARCELS', align: 'right' },
      { head: 'SIZE', align: 'right' },
    ],
    steps.map((step) => [
      String(step.step),
      ...(steps.some(({ level }) => level > 0) ? [step.level > 0 ? String(step.level) : '-'] : []),
      step.name,
      stepContent(step.name),
      tookWords(step.startedMs, step.endedMs),
      String(step.parcels.length),
      formatBytes(total(step.parcels.map(({ bytes }) => bytes))),
    ]),
    palette,
  );
}

function parcelTable(steps: readonly StepView[], palette: Palette): string {
  const rows = steps.flatMap((step) => step.parcels.map((parcel) => ({ step, parcel })));
  if (rows.length === 0) return '';
  return table(
    [
      { head: 'STEP', align: 'right' },
      { head: 'FROM', wraps: true },
      { head: 'TO', wraps: true },
      { head: 'SIZE', align: 'right' },
      { head: 'SHA-256' },
      { head: 'TIMES', wraps: true },
    ],
    rows.map(({ step, parcel }) => [
      String(step.step),
      parcel.from,
      parcel.to,
      formatBytes(parcel.bytes),
      shortDigest(parcel.digest),
      timeWords(parcel.timings),
    ]),
    palette,
  );
}

/** What each participant did; whether it waits is of interest only while the others do not. */
function workTable(round: RoundView, palette: Palette): string {
  const { participants } = round;
  if (participants.length === 0) return '';
  const reported = participants.some(({ fingerprint }) => fingerprint !== '');
  const busy = stretchState(round) !== 'done';
  return table(
    [
      { head: 'PARTICIPANT', wraps: true },
      ...(busy ? [{ head: 'STATE', colour: stateColour(palette) }] : []),
      { head: 'SENT', align: 'right' },
      ...(reported ? [{ head: 'FINGERPRINT' }] : []),
      { head: 'TIMES', wraps: true },
    ],
    participants.map(({ name, state, bytesUp, fingerprint, timings }) => [
      name,
      ...(busy ? [state] : []),
      formatBytes(bytesUp),
      ...(reported ? [shortDigest(fingerprint)] : []),
      timeWords(timings),
    ]),
    palette,
  );
}

/** `encrypt 1.2s, upload 40ms`: times of one kind together, the longest first, nothing under a millisecond. */
function timeWords(timings: Timings): string {
  const kinds = [...new Set(timings.map(({ step }) => step))];
  return kinds
    .map((kind) => ({
      kind,
      spentMs: total(timings.filter(({ step }) => step === kind).map(({ ms }) => ms)),
    }))
    .filter(({ spentMs }) => spentMs >= 1)
    .sort((a, b) => b.spentMs - a.spentMs)
    .map(({ kind, spentMs }) => `${kind} ${formatDuration(Math.round(spentMs)).replaceAll(' ', '')}`)
    .join(', ');
}

function tookWords(startedMs: number, endedMs: number): string {
  return endedMs > 0 ? formatDuration(endedMs - startedMs) : '-';
}
