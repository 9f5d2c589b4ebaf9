import { besideLevel, type HorizontalSpec } from '../../contract/index.js';
import type { RoundView } from '../client.js';
import { fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes, formatCount, formatDuration, formatTime } from '../text/units.js';
import { metricLines } from './metrics.js';
import { stateOf } from './round.js';
import { stateColour } from './state.js';
import { longest, shortDuration, total } from './work-times.js';

/** A tree of a horizontal job: its levels, each of which is a sum, on one page. */
export function jointTreePage(levels: readonly RoundView[], spec: HorizontalSpec, palette: Palette): string {
  const [first, last] = [levels[0]!, levels.at(-1)!];
  // Of a skipped level nothing was opened: its tree ends with the one above.
  const told = levels.findLast(({ phase }) => phase !== 'skipped') ?? last;
  return page(
    fields(
      [
        ['tree', titleOf(levels), palette.strong],
        ['phase', told.phase, (line) => stateColour(palette)(line, told.phase)],
        ['waiting for', last.waitingFor, palette.strong],
        ['started', formatTime(first.startedMs)],
        ['agreed', told.agreedMs > 0 ? agreedWords(first, told) : ''],
        ['encryption', [first.parameterSet, first.parameters].filter((part) => part !== '').join(': ')],
        ['key holders', first.keyHolders.join(', ')],
        ['summed over', first.survivors.join(', ')],
        ['left out', first.leftOut.join(', ')],
        ['verification', told.verification, (line) => stateColour(palette)(line, told.verification)],
        ['fingerprint', told.fingerprint],
        ['metrics', metricLines(last.metrics)],
      ],
      palette,
    ),
    sumTable(levels, spec, palette),
    timeTable(levels, palette),
    paragraph(
      'Each level is a sum: rounds show JOB --sum N has it in full, participant by participant. Times are those of the slowest participant; transfer is what is left: bytes on the way, and waiting.',
    ),
  );
}

function titleOf(levels: readonly RoundView[]): string {
  const [first, last] = [levels[0]!, levels.at(-1)!];
  const sums = first === last ? `sum ${first.sum}` : `sums ${first.sum} to ${last.sum}`;
  return `${first.round}, ${levels.length} ${levels.length === 1 ? 'level' : 'levels'} (${sums})`;
}

function agreedWords({ startedMs }: RoundView, { agreedMs }: RoundView): string {
  return `${formatTime(agreedMs)}, after ${formatDuration(agreedMs - startedMs)}`;
}

const right = (head: string) => ({ head, align: 'right' as const });

function sumTable(levels: readonly RoundView[], spec: HorizontalSpec, palette: Palette): string {
  return table(
    [
      right('LEVEL'),
      right('SUM'),
      { head: 'STATE', wraps: true, colour: stateColour(palette) },
      right('NODES'),
      right('IN'),
      right('VALUES'),
      right('SENT'),
    ],
    levels.map((level) => [
      String(level.level),
      String(level.sum),
      stateOf(level),
      nodesOf(level, levels[0]!, spec),
      level.survivors.length > 0 ? `${level.survivors.length}/${level.keyHolders.length}` : '-',
      level.valueCount > 0 ? formatCount(level.valueCount) : '-',
      formatBytes(total(level.participants.map(({ bytesUp }) => bytesUp))),
    ]),
    palette,
  );
}

/** Nodes that a level asked about: each has as many values as the root, which is alone on its level. */
function nodesOf({ valueCount, level }: RoundView, root: RoundView, spec: HorizontalSpec): string {
  const each = root.valueCount - besideLevel(spec);
  if (valueCount === 0 || !(each > 0)) return '-';
  return formatCount(Math.round((level === 1 ? each : valueCount) / each));
}

/** Kinds of work on a level, by the names under which participants time them; adding is the coordinator's. */
const kinds = [
  { head: 'HISTOGRAM', timing: 'train' },
  { head: 'ENCRYPT', timing: 'encrypt' },
  { head: 'ADD', timing: '' },
  { head: 'DECRYPT', timing: 'decrypt' },
  { head: 'SPLIT', timing: 'apply' },
] as const;

function timeTable(levels: readonly RoundView[], palette: Palette): string {
  const ended = levels.filter(({ agreedMs }) => agreedMs > 0);
  if (ended.length === 0) return '';
  const rows = [
    ...ended.map((level) => ({ name: String(level.level), of: [level] })),
    ...(ended.length > 1 ? [{ name: 'all', of: ended }] : []),
  ];
  return table(
    [right('LEVEL'), right('TOOK'), ...kinds.map(({ head }) => right(head)), right('TRANSFER')],
    rows.map(({ name, of }) => {
      const took = total(of.map(({ startedMs, agreedMs }) => agreedMs - startedMs));
      const worked = kinds.map(({ timing }) =>
        total(of.map((level) => (timing === '' ? level.addMs : longest(level.participants, timing)))),
      );
      return [
        name,
        shortDuration(took),
        ...worked.map(shortDuration),
        shortDuration(Math.max(0, took - total(worked))),
      ];
    }),
    palette,
  );
}
