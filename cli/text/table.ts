import { gapColumns, pageColumns } from './layout.js';
import type { Palette } from './palette.js';
import { displayWidth, printable, wrap } from './width.js';

const narrowestColumn = 6;

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Columns to take at least, so that a table redrawn in place does not jump. */
  readonly atLeast?: number;
  /** May be made narrower, its cells going on in further lines. Others keep their width: ids, numbers, states. */
  readonly wraps?: true;
  /** Colours a cell after it was laid out; `cell` is the whole text of it. */
  readonly colour?: (line: string, cell: string) => string;
}

/** A table without borders, at most 80 columns wide; cells too long for that go on in further lines. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  palette: Palette,
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = shrinkToFit(
    columns.map((column, at) => ({
      columns: Math.max(
        column.atLeast ?? 0,
        displayWidth(column.head),
        ...cells.map((row) => displayWidth(row[at] ?? '')),
      ),
      least: column.wraps ? Math.max(narrowestColumn, displayWidth(column.head)) : undefined,
    })),
    pageColumns - gapColumns * (columns.length - 1),
  );
  const heads = columns.map(({ head }) => head);
  return [heads, ...cells]
    .flatMap((row, index) =>
      layRow(row, columns, widths, (line, at) => {
        if (index === 0) return palette.faint(line);
        return columns[at]?.colour?.(line, row[at] ?? '') ?? line;
      }),
    )
    .join('\n');
}

/** The lines of one row. Padding stands outside the colours, by our own measure of width. */
function layRow(
  row: readonly string[],
  columns: readonly Column[],
  widths: readonly number[],
  paint: (line: string, at: number) => string,
): string[] {
  const pieces = widths.map((width, at) => wrap(row[at] ?? '', width));
  const height = Math.max(...pieces.map((lines) => lines.length));
  return Array.from({ length: height }, (_, lineNo) =>
    pieces
      .map((lines, at) => {
        const line = lines[lineNo] ?? '';
        const padding = ' '.repeat(Math.max(0, (widths[at] ?? 0) - displayWidth(line)));
        const painted = line && paint(line, at);
        return columns[at]?.align === 'right' ? padding + painted : painted + padding;
      })
      .join(' '.repeat(gapColumns))
      .trimEnd(),
  );
}

/** Takes columns from the widest that may wrap, then, when foreign text leaves no other way, from the widest. */
function shrinkToFit(
  natural: readonly { readonly columns: number; readonly least: number | undefined }[],
  available: number,
): number[] {
  const widths = natural.map(({ columns }) => columns);
  const narrow = (spare: (width: number, at: number) => number) => {
    for (;;) {
      const excess = widths.reduce((sum, width) => sum + width, 0) - available;
      const spares = widths.map(spare);
      const most = Math.max(...widths.filter((_, at) => (spares[at] ?? 0) > 0));
      const widest = widths.findIndex((width, at) => width === most && (spares[at] ?? 0) > 0);
      if (excess <= 0 || widest < 0) return;
      widths[widest]! -= 1;
    }
  };
  narrow((width, at) => width - (natural[at]?.least ?? width));
  narrow((width) => width - narrowestColumn);
  return widths;
}
