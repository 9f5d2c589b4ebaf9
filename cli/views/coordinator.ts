import type { CoordinatorStatus } from '../coordinator-door.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatCount, formatDuration, formatTime } from '../text/units.js';
import { shortJobId, stateColour } from './state.js';

const day = 86_400_000;

/** A coordinator at a glance, for its operator. */
export function coordinatorPage(status: CoordinatorStatus, nowMs: number, palette: Palette): string {
  const { sessions, store, schema, otherReplicas } = status;
  return page(
    fields(
      [
        [
          'running',
          runningWords(status, nowMs),
          (line) => stateColour(palette)(line, status.running ? 'yes' : 'no'),
        ],
        ['version', status.version],
        ['listens on', status.address === '' ? '' : `${status.address}, to enrol ${status.enrolmentAddress}`],
        ['metrics', status.metrics === '' ? '' : `http://${status.metrics}/metrics`],
        ['store', `${store === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, schema ${schema}`],
        ['replicas', store === 'sqlite' ? '' : `${otherReplicas} besides this one`],
        ['disk', diskWords(status)],
        [
          'sessions',
          sessions.length === 0 ? 'none' : `${formatCount(sessions.length)}: ${sessions.join(', ')}`,
        ],
        ['jobs', jobWords(status.jobs)],
        ['certificates', certificateWords(status, nowMs)],
      ],
      palette,
    ),
    status.stalled.length === 0
      ? ''
      : table(
          [
            { head: 'STALLED' },
            { head: 'NAME', wraps: true },
            { head: 'LEFT' },
            { head: 'WAITS FOR', wraps: true },
          ],
          status.stalled.map(({ jobId, name, untilMs, waitingFor }) => [
            shortJobId(jobId),
            name,
            untilMs > nowMs ? formatDuration(untilMs - nowMs) : 'none',
            waitingFor.join('; '),
          ]),
          palette,
        ),
  );
}

function runningWords({ running, startedMs }: CoordinatorStatus, nowMs: number): string {
  if (!running) return 'no';
  if (startedMs === 0) return 'yes';
  return `yes, for ${formatDuration(Math.max(nowMs - startedMs, 0))}, since ${formatTime(startedMs)}`;
}

function diskWords({ databaseBytes, blobs, blobBytes }: CoordinatorStatus): string {
  const [database, here] = [databaseBytes, blobBytes].map(formatBytes);
  if (blobs === 'folder') return `database ${database}, ciphertexts ${here}`;
  if (blobs === 'postgres') return `database ${database}, ciphertexts in it; ${here} of them also here`;
  return `database ${database}, ciphertexts in the S3 store; ${here} of them also here`;
}

function jobWords(jobs: CoordinatorStatus['jobs']): string {
  const counts = Object.entries(jobs).map(([state, count]) => `${formatCount(count)} ${state}`);
  return counts.length === 0 ? 'none so far' : counts.join(', ');
}

function certificateWords(status: CoordinatorStatus, nowMs: number): string[] {
  const { serverExpiresMs, authorityExpiresMs, expiring } = status;
  return [
    `server until ${formatTime(serverExpiresMs).slice(0, 10)}, CA until ${formatTime(authorityExpiresMs).slice(0, 10)}`,
    ...expiring.map(({ name, expiresMs }) =>
      expiresMs <= nowMs
        ? `${name} has expired: revoke it and invite it again`
        : `${name} expires in ${Math.ceil((expiresMs - nowMs) / day)} days`,
    ),
  ];
}
