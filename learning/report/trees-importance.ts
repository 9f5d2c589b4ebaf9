import { featureBars } from './feature-bars.js';
import { dash, percent } from './figures.js';
import { type Markup, table } from './markup.js';
import type { ImportanceReport } from './trees-types.js';

/** @param parties whose colours the bars have. */
export function importanceBars(importance: readonly ImportanceReport[], parties: readonly string[]): Markup {
  const gains = sum(importance.map(({ gain }) => gain));
  return featureBars(
    'Share of the gain',
    importance.map(({ party, feature, gain }) => ({ party, feature, value: share(gain, gains) ?? 0 })),
    parties,
    { least: 0.05, words: (value) => percent(value, 1) },
  );
}

/** @param party what the column of their owners is called; none without it. */
export function importanceTable(importance: readonly ImportanceReport[], party?: string): Markup {
  const gains = sum(importance.map(({ gain }) => gain));
  const covers = sum(importance.map(({ cover }) => cover));
  const words = (part: number | null) => (part === null ? dash : percent(part, 1));
  return table<ImportanceReport>(
    'Gain: what splits took off the loss. Cover: the customers they parted, each by p (1 − p)',
    [
      { title: 'Feature', cell: ({ feature }) => feature },
      ...(party === undefined ? [] : [{ title: party, cell: (row: ImportanceReport) => row.party }]),
      { title: 'Splits', numeric: true, cell: ({ splits }) => splits },
      { title: 'Gain', numeric: true, cell: ({ gain }) => words(share(gain, gains)) },
      { title: 'Cover', numeric: true, cell: ({ cover }) => words(share(cover, covers)) },
    ],
    importance,
  );
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
