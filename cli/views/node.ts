import type { ApprovalRow, ParticipantStatus, PeerRow } from '../participant-door.js';
import { type Field, fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatCount, formatDuration, formatTime } from '../text/units.js';
import { shortJobId, stateColour } from './state.js';

/** This node at a glance. */
export function statusPage(status: ParticipantStatus, palette: Palette): string {
  return page(
    fields(
      [
        ['node', `${status.name}, ${status.role} of ${status.organisation}`, palette.strong],
        ['running', status.running ? 'yes' : 'no', (line) => stateColour(palette)(line, line.trim())],
        ['coordinator', status.address],
        ['CA fingerprint', status.caFingerprint],
        ['identity key', status.identityKey],
        ['certificate', `until ${formatTime(status.certificateExpiresMs)}`],
        [
          'approvals',
          status.waitingApprovals > 0
            ? `${status.waitingApprovals} wait for you: fedrisk participant approvals list`
            : 'none waits',
        ],
      ],
      palette,
    ),
    status.jobs.length === 0
      ? ''
      : table(
          [
            { head: 'JOB' },
            { head: 'STATE', colour: stateColour(palette) },
            { head: 'CODE' },
            { head: 'DETAIL', wraps: true },
          ],
          status.jobs.map((job) => [shortJobId(job.jobId), job.state, job.code || '-', job.detail]),
          palette,
        ),
  );
}

/** Keys in full: people compare them by eye, so each stands on a line of its own. */
export function peerTable(peers: readonly PeerRow[], palette: Palette): string {
  if (peers.length === 0) return 'No peer is in the directory yet.';
  const colours = {
    pinned: palette.good,
    unpinned: palette.busy,
    changed: palette.bad,
    absent: palette.faint,
  };
  return page(
    ...peers.map((peer) =>
      fields(
        [
          ['peer', peerWords(peer), palette.strong],
          ['status', statusWords(peer), colours[peer.status]],
          ['identity key', peer.identityKey],
          ['pinned key', peer.status === 'changed' ? (peer.pinned?.identityKey ?? '') : ''],
          ['pinned for', peer.status === 'changed' ? (peer.pinned?.organisation ?? '') : ''],
        ],
        palette,
      ),
    ),
  );
}

function peerWords({ name, kind, organisation }: PeerRow): string {
  return kind === '' ? `${name} of ${organisation}` : `${name}, ${kind} of ${organisation}`;
}

function statusWords({ status, name }: PeerRow): string {
  switch (status) {
    case 'pinned':
      return 'pinned';
    case 'absent':
      return 'pinned, but not in the directory';
    case 'changed':
      return 'changed since it was pinned: ask the peer before anything else';
    case 'unpinned':
      return `not pinned: compare the key with ${name}, then fedrisk participant peers trust`;
  }
}

/** What an operator needs to judge each job. */
export function approvalPage(rows: readonly ApprovalRow[], nowMs: number, palette: Palette): string {
  if (rows.length === 0) return 'No job waits for approval.';
  return page(
    ...rows.map((row) =>
      fields(
        [
          ['job', row.jobId, palette.strong],
          ['answer', answerWords(row, nowMs), (line) => stateColour(palette)(line, row.answer)],
          ['name', row.name],
          ['purpose', row.purpose],
          ['asked by', `${row.submitter} of ${row.organisation}`],
          ['with', row.peers.join(', ')],
          ...workFields(row),
          ['released', row.release.join(', ') || 'no metric'],
        ],
        palette,
      ),
    ),
  );
}

/** What the job asks for; a vertical one names its kind in `algorithm`, and parties have datasets of their own. */
function workFields(row: ApprovalRow): Field[] {
  const least = formatCount(row.minimumRows);
  if (!row.algorithm.startsWith('vertical ')) {
    return [
      ['dataset', `${row.dataset}, at least ${least} training rows`],
      ['features', row.features.join(', ')],
      ['training', `${row.model} by ${row.algorithm}, up to ${row.rounds} rounds`],
    ];
  }
  const fit = row.rounds > 0 ? `: ${row.model}, ${row.rounds} iterations` : '';
  return [
    ['datasets', row.dataset],
    ['customers', `at least ${least} common to all`],
    ['features', row.features.join(', ')],
    ['work', `${row.algorithm}${fit}`],
  ];
}

function answerWords({ answer, reason, deadlineMs }: ApprovalRow, nowMs: number): string {
  if (answer !== 'asked') return reason === '' ? answer : `${answer}: ${reason}`;
  const leftMs = deadlineMs - nowMs;
  return leftMs > 0 ? `asked, ${formatDuration(leftMs)} left` : 'asked, too late';
}
