import type { Estimate } from '../client.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatCount, formatDuration } from '../text/units.js';

/** What a job would cost each participant. */
export function estimatePage(estimate: Estimate, rounds: number, palette: Palette): string {
  const time = (seconds: number) => (seconds > 0 ? formatDuration(seconds * 1000) : 'unknown');
  return page(
    table(
      [
        { head: 'EACH PARTICIPANT', wraps: true },
        { head: 'PER ROUND', align: 'right' },
        { head: `${rounds} ROUNDS`, align: 'right' },
      ],
      [
        ['upload', formatBytes(estimate.bytesUpPerRound), formatBytes(estimate.bytesUpPerRound * rounds)],
        [
          'download',
          formatBytes(estimate.bytesDownPerRound),
          formatBytes(estimate.bytesDownPerRound * rounds),
        ],
        [
          'encryption, transport, addition, decryption',
          time(estimate.protectionSecondsPerRound),
          time(estimate.protectionSecondsPerRound * rounds),
        ],
        [
          'local training',
          time(estimate.trainingSecondsPerRound),
          time(estimate.trainingSecondsPerRound * rounds),
        ],
      ],
      palette,
    ),
    fields(
      [
        ['values', `${formatCount(estimate.valuesPerRound)} per round, with check slots and padding`],
        ['total', time(estimate.totalSeconds)],
        ['basis', estimate.basis],
      ],
      palette,
    ),
  );
}
