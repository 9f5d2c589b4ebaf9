import type { JobView, ParticipantView } from '../client.js';
import { type Field, fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatDuration, formatTime } from '../text/units.js';
import { metricLines } from './metrics.js';
import { hasEnded, shortJobId, stateColour } from './state.js';
import { isVertical, partWords, verticalFields, verticalProgress } from './vertical-job.js';
import { valueTable } from './vertical-values.js';

/** One row a job, newest first. */
export function jobTable(jobs: readonly JobView[], palette: Palette, state = ''): string {
  if (jobs.length === 0) return state ? `No job is ${state}.` : 'No jobs yet: fedrisk jobs submit FILE';
  const mixed = jobs.some(isVertical);
  return table(
    [
      { head: 'JOB' },
      { head: 'NAME', wraps: true },
      ...(mixed ? [{ head: 'VERTICAL' }] : []),
      { head: 'STATE', colour: stateColour(palette) },
      { head: 'ROUND', align: 'right' },
      { head: 'SUBMITTED' },
    ],
    jobs.map((job) => [
      shortJobId(job.jobId),
      job.name,
      ...(mixed ? [job.type || '-'] : []),
      job.state,
      job.rounds > 0 ? `${job.round}/${job.rounds}` : '-',
      // Without seconds where another column needs the room.
      mixed ? formatTime(job.submittedMs).replace(/:\d\dZ$/, 'Z') : formatTime(job.submittedMs),
    ]),
    palette,
  );
}

/** Everything about a job on one page. `nowMs` turns deadlines into time left. */
export function jobPage(job: JobView, nowMs: number, palette: Palette): string {
  return page(
    fields(
      [
        ['job', job.jobId, palette.strong],
        ['name', job.name],
        ['state', progressWords(job), (line) => stateColour(palette)(line, job.state)],
        ['waiting for', job.waitingFor, palette.strong],
        ['stalled', stalledWords(job), palette.bad],
        ['deadline', deadlineWords(job, nowMs)],
        ['time left', job.secondsLeft > 0 ? `about ${formatDuration(job.secondsLeft * 1000)}` : ''],
        ['error', job.code, palette.bad],
        ['detail', job.detail],
        ...(isVertical(job) ? verticalFields(job) : horizontalFields(job)),
        ['submitted', `${formatTime(job.submittedMs)} by ${job.submitter}`],
        ['ended', endWords(job)],
        ['fingerprint', job.fingerprint],
        ['spec digest', job.specDigest],
      ],
      palette,
    ),
    participantTable(job, palette),
    valueTable(job.features, palette),
    refusalLines(job.participants),
    paragraph(`next: ${nextCommand(job)}`),
  );
}

function horizontalFields(job: JobView): Field[] {
  return [
    ['model', `${job.model}, trained by ${job.algorithm}`],
    ['metrics', metricLines(job.metrics)],
    ['best round', job.bestRound > 0 ? String(job.bestRound) : ''],
  ];
}

/** `running, round 3 of 10, collecting, stalled`, or `fitting, iteration 3 of 10, step products`. */
export function progressWords(job: JobView): string {
  const level = job.level > 0 ? `, level ${job.level} of ${job.levels}` : '';
  const round = job.round > 0 ? `round ${job.round} of ${job.rounds}${level}` : '';
  const phase = hasEnded(job.state) ? '' : job.phase;
  const where = isVertical(job) ? [verticalProgress(job)] : [job.state, round, phase];
  return [...where, isStalled(job) ? 'stalled' : ''].filter((part) => part !== '').join(', ');
}

/** True while too few participants are there for the sum or step to go on. */
export function isStalled({ stalledUntilMs, state }: JobView): boolean {
  return stalledUntilMs > 0 && !hasEnded(state);
}

/** What becomes of the job if those it waits for stay away. */
export function stalledWords(job: JobView): string {
  return isStalled(job) ? `until ${formatTime(job.stalledUntilMs)}, then the job fails` : '';
}

function deadlineWords(job: JobView, nowMs: number): string {
  if (job.deadlineMs === 0 || hasEnded(job.state)) return '';
  const leftMs = job.deadlineMs - nowMs;
  const left = leftMs > 0 ? `${formatDuration(leftMs)} left` : 'passed';
  return `${formatTime(job.deadlineMs)} (${left})`;
}

function endWords(job: JobView): string {
  if (job.endedMs === 0) return '';
  return `${formatTime(job.endedMs)}, after ${formatDuration(job.endedMs - job.submittedMs)}`;
}

function participantTable(job: JobView, palette: Palette): string {
  if (job.participants.length === 0) return '';
  const vertical = isVertical(job);
  return table(
    [
      { head: 'PARTICIPANT', wraps: true },
      { head: 'ORGANISATION', wraps: true },
      ...(vertical ? [{ head: 'BRINGS' }] : []),
      { head: 'ONLINE', colour: stateColour(palette) },
      { head: 'STATE', colour: stateColour(palette) },
      { head: 'UP', align: 'right' },
      { head: 'DOWN', align: 'right' },
    ],
    job.participants.map((each) => [
      each.name,
      each.organisation,
      ...(vertical ? [partWords(each, job)] : []),
      each.connected ? 'yes' : 'no',
      stepWords(each),
      formatBytes(each.bytesUp),
      formatBytes(each.bytesDown),
    ]),
    palette,
  );
}

/** `training 40%`: the share only while a step is under way. */
export function stepWords({ state, fraction }: Pick<ParticipantView, 'state' | 'fraction'>): string {
  return fraction > 0 && fraction < 1 ? `${state} ${Math.floor(fraction * 100)}%` : state;
}

function refusalLines(participants: readonly ParticipantView[]): string {
  const refusals = participants.filter(({ code }) => code !== '');
  if (refusals.length === 0) return '';
  return refusals
    .map(({ name, code, detail }) => paragraph(`${name}: ${code}${detail === '' ? '' : `, ${detail}`}`))
    .join('\n');
}

function nextCommand(job: JobView): string {
  const id = shortJobId(job.jobId);
  if (job.state === 'failed') return `fedrisk explain ${job.code}`;
  if (job.state === 'finished' && isVertical(job))
    return `fedrisk participant models show ${id}, at ${job.labelHolder}`;
  if (hasEnded(job.state)) return `fedrisk rounds list ${id}`;
  return `fedrisk jobs watch ${id}`;
}
