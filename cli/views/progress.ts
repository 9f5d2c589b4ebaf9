import type { JobView } from '../client.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatDuration, formatTime } from '../text/units.js';
import { printable } from '../text/width.js';
import { isStalled, progressWords, stalledWords, stepWords } from './job.js';
import { metricLines, metricWords } from './metrics.js';
import { hasEnded, shortJobId, stateColour } from './state.js';
import { isVertical, iterationsDone, roundWord } from './vertical-job.js';

const shownWaits = 3;
const barColumns = 20;
const stateColumns = 'encrypting 100%'.length;
const bytesColumns = '1.00 MiB'.length;

/** One frame of `jobs watch` on a terminal. `sinceMs`: age of the view. */
export function progressFrame(job: JobView, sinceMs: number, palette: Palette): string[] {
  return page(
    fields(
      [
        ['job', `${job.name}  ${shortJobId(job.jobId)}`, palette.strong],
        ['state', progressWords(job), (line) => stateColour(palette)(line, job.state)],
        [
          isVertical(job) ? `${roundWord(job.type)}s` : 'rounds',
          job.rounds > 0 ? `${bar(roundsDone(job) / job.rounds)} ${roundsDone(job)}/${job.rounds}` : '',
        ],
        ['waiting for', firstFew(job.waitingFor)],
        ['stalled', stalledWords(job), palette.bad],
        ['metrics', metricsOf(job)],
        ['traffic', trafficWords(job)],
        ['time left', leftWords(job, sinceMs)],
      ],
      palette,
    ),
    job.participants.length === 0
      ? ''
      : table(
          [
            { head: 'PARTICIPANT', wraps: true },
            { head: 'STATE', atLeast: stateColumns, colour: stateColour(palette) },
            { head: 'STEP', atLeast: barColumns + 2 },
            { head: 'UP', align: 'right', atLeast: bytesColumns },
            { head: 'DOWN', align: 'right', atLeast: bytesColumns },
          ],
          job.participants.map((each) => [
            each.connected ? each.name : `${each.name} (away)`,
            stepWords(each),
            each.fraction > 0 && each.fraction < 1 ? bar(each.fraction) : '',
            formatBytes(each.bytesUp),
            formatBytes(each.bytesDown),
          ]),
          palette,
        ),
    'Ctrl-C stops watching, not the job.',
  ).split('\n');
}

function firstFew(lines: readonly string[]): readonly string[] {
  if (lines.length <= shownWaits) return lines;
  return [...lines.slice(0, shownWaits), `and ${lines.length - shownWaits} more`];
}

/** One line of `jobs watch` without a terminal. */
export function progressLine(job: JobView, nowMs: number): string {
  const newest = metricsOf(job).at(-1) ?? '';
  const left = leftWords(job, 0);
  const parts = [progressWords(job), newest, trafficWords(job), left && `${left} left`];
  return printable(`${formatTime(nowMs)} ${parts.filter((part) => part !== '').join('; ')}`);
}

/** What a new line of `jobs watch` must differ in: not the bytes, not the time, not who is first, no step of an iteration. */
export function progressKey(job: JobView): string {
  if (isVertical(job) && job.state === 'fitting') return `${job.state} ${job.round} ${isStalled(job)}`;
  return progressWords(job);
}

/** Metrics of a vertical job are those of its one model. */
function metricsOf(job: JobView): string[] {
  if (!isVertical(job)) return metricLines(job.metrics);
  return job.metrics.length === 0 ? [] : [metricWords(job.metrics)];
}

function trafficWords({ participants }: JobView): string {
  const up = participants.reduce((total, { bytesUp }) => total + bytesUp, 0);
  const down = participants.reduce((total, { bytesDown }) => total + bytesDown, 0);
  return up + down === 0 ? '' : `${formatBytes(up)} up, ${formatBytes(down)} down`;
}

function leftWords({ secondsLeft, state }: JobView, sinceMs: number): string {
  if (secondsLeft <= 0 || hasEnded(state)) return '';
  return `about ${formatDuration(Math.max(1000, secondsLeft * 1000 - sinceMs))}`;
}

/** Rounds behind the job: the one in progress is not. */
function roundsDone(job: JobView): number {
  if (isVertical(job)) return iterationsDone(job);
  const { state, phase, round } = job;
  return state === 'running' && phase !== 'agreed' ? Math.max(0, round - 1) : round;
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barColumns);
  return `[${'#'.repeat(full)}${'-'.repeat(barColumns - full)}]`;
}
