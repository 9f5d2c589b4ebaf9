import type { Palette } from './palette.js';
import { displayWidth, printable, wrap } from './width.js';

/** Every page fits a terminal of this many columns. */
export const pageColumns = 80;
/** Between two columns, and between a label and its value. */
export const gapColumns = 2;

export type Field = readonly [
  label: string,
  value: string | readonly string[],
  colour?: (line: string) => string,
];

/** `label  value` lines with the values under each other; fields with an empty value are left out. */
export function fields(entries: readonly Field[], palette: Palette): string {
  const shown = entries.filter(([, value]) => value.length > 0);
  const indent = Math.max(...shown.map(([label]) => displayWidth(label))) + gapColumns;
  return shown
    .flatMap(([label, value, colour]) =>
      (typeof value === 'string' ? [value] : value)
        .flatMap((line) => wrap(printable(line), pageColumns - indent))
        .map((line, at) => {
          const head = at === 0 ? label : '';
          const gap = ' '.repeat(indent - displayWidth(head));
          return `${head && palette.faint(head)}${gap}${line && (colour?.(line) ?? line)}`;
        }),
    )
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Running text, wrapped and indented. */
export function paragraph(text: string, indent = 0): string {
  return wrap(printable(text), pageColumns - indent)
    .map((line) => ' '.repeat(indent) + line)
    .join('\n');
}

/** Lines wrapped under their own indentation, and under the second column of `  label   text`. */
export function prose(lines: readonly string[]): string {
  return lines
    .flatMap((line) => {
      const lead = /^ *(?:\S+ {2,})?/.exec(printable(line))?.[0] ?? '';
      const rest = printable(line).slice(lead.length);
      return wrap(rest, pageColumns - lead.length).map(
        (piece, at) => (at === 0 ? lead : ' '.repeat(lead.length)) + piece,
      );
    })
    .join('\n');
}

/** Parts of a page with an empty line between them; empty parts vanish. */
export function page(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
