import { castOf, fitRoundName, fitRounds, type JobSpec, type VerticalSpec } from '../../contract/index.js';
import type { Estimate } from '../client.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatCount, formatDuration } from '../text/units.js';

/** What a job would cost each participant. */
export function estimatePage(estimate: Estimate, spec: JobSpec, palette: Palette): string {
  return spec.mode === 'vertical'
    ? verticalEstimate(estimate, spec, palette)
    : horizontalEstimate(estimate, spec.training.rounds, palette);
}

const time = (seconds: number) => (seconds > 0 ? formatDuration(seconds * 1000) : 'unknown');

/** The coordinator estimates one iteration; of a job without a fit, the whole of it. */
function verticalEstimate(estimate: Estimate, spec: VerticalSpec, palette: Palette): string {
  const iterations = fitRounds(spec);
  const name = fitRoundName(spec);
  const row = (name: string, one: number, words: (value: number) => string) => [
    name,
    words(one),
    ...(iterations > 0 ? [words(one * iterations)] : []),
  ];
  return page(
    table(
      [
        { head: 'EACH PARTICIPANT', wraps: true },
        { head: iterations > 0 ? `PER ${name.toUpperCase()}` : 'WHOLE JOB', align: 'right' },
        ...(iterations > 0
          ? [{ head: `${iterations} ${name.toUpperCase()}S`, align: 'right' as const }]
          : []),
      ],
      [
        row('upload', estimate.bytesUpPerRound, formatBytes),
        row('download', estimate.bytesDownPerRound, formatBytes),
        row('encryption, products, transport', estimate.protectionSecondsPerRound, time),
      ],
      palette,
    ),
    fields(
      [
        ['parties', `${spec.labelHolder} with ${castOf(spec).holders.join(', ')}`],
        ['features', estimate.valuesPerRound > 0 ? formatCount(estimate.valuesPerRound) : ''],
        [
          'total',
          `${time(estimate.totalSeconds)}${iterations > 0 ? ', alignment and binning included' : ''}`,
        ],
        ['basis', estimate.basis],
      ],
      palette,
    ),
  );
}

function horizontalEstimate(estimate: Estimate, rounds: number, palette: Palette): string {
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
