import type { RoundView } from '../client.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatBytes } from '../text/units.js';
import { longest, shortDuration, total } from './work-times.js';

type StepView = RoundView['steps'][number];

/** Kinds of work on a tree, by the names under which participants time them. */
const kinds = [
  { head: 'ENCRYPT', timing: 'encrypt' },
  { head: 'HISTOGRAM', timing: 'multiply' },
  { head: 'DECRYPT', timing: 'decrypt' },
  { head: 'SPLIT', timing: 'split' },
] as const;

/**
 * Where the time of a tree went, level by level; what is no work of anybody is transfer, sealing and waiting. A sender times
 * its work once for all its parcels.
 */
export function levelTable(steps: readonly StepView[], palette: Palette): string {
  const levels = [...new Set(steps.map(({ level }) => level))].filter((level) => level > 0);
  if (levels.length === 0) return '';
  const ended = steps.filter(({ level, endedMs }) => level > 0 && endedMs > 0);
  const rows = [
    ...levels.map((level) => ({
      name: String(level),
      of: ended.filter((step) => step.level === level),
    })),
    ...(levels.length > 1 ? [{ name: 'all', of: ended }] : []),
  ];
  const right = (head: string) => ({ head, align: 'right' as const });
  return table(
    [
      right('LEVEL'),
      right('TOOK'),
      ...kinds.map(({ head }) => right(head)),
      right('TRANSFER'),
      right('SENT'),
    ],
    rows.map(({ name, of }) => {
      const worked = kinds.map(({ timing }) => total(of.map((step) => longest(step.parcels, timing))));
      const took = total(of.map(({ startedMs, endedMs }) => endedMs - startedMs));
      return [
        name,
        shortDuration(took),
        ...worked.map(shortDuration),
        shortDuration(Math.max(0, took - total(worked))),
        formatBytes(total(of.flatMap(({ parcels }) => parcels.map(({ bytes }) => bytes)))),
      ];
    }),
    palette,
  );
}
