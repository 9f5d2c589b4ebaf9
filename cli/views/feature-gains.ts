import type { HorizontalRow } from '../participant-door.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatCount } from '../text/units.js';
import { printable } from '../text/width.js';

/** What each feature took off the loss in trees that several grew together; empty for other models. */
export function gainTable({ importance = [] }: HorizontalRow, palette: Palette): string {
  if (importance.length === 0) return '';
  const right = (head: string) => ({ head, align: 'right' as const });
  const total = (of: 'gain' | 'cover') => importance.reduce((sum, each) => sum + each[of], 0);
  const [gains, covers] = [total('gain'), total('cover')];
  return table(
    [{ head: 'FEATURE', wraps: true }, right('SPLITS'), right('GAIN'), right('COVER')],
    importance.map(({ feature, splits, gain, cover }) => [
      printable(feature),
      formatCount(splits),
      `${((100 * gain) / gains).toFixed(1)} %`,
      `${((100 * cover) / covers).toFixed(1)} %`,
    ]),
    palette,
  );
}
