import type { Markup } from './markup.js';
import { axisOf, bar, figure, plotWidth, text } from './plot.js';

/** As many features as fit a phone's screen. */
const shownFeatures = 20;
const partyColours = ['level', 'line', 'third', 'fourth'] as const;

export interface FeatureBar {
  readonly party: string;
  readonly feature: string;
  readonly value: number;
}

/** Bars of features, the longest first, each in the colour of its party. `least`: the axis reaches so far at least. */
export function featureBars(
  title: string,
  features: readonly FeatureBar[],
  parties: readonly string[],
  { least, words }: { readonly least: number; readonly words: (value: number) => string },
): Markup {
  const falling = [...features].sort((a, b) => b.value - a.value);
  const shown = falling.slice(0, shownFeatures);
  const colours = new Map(parties.map((name, at) => [name, partyColours[at % partyColours.length]!]));
  const x = axisOf([0, Math.max(least, ...shown.map(({ value }) => value))], [118, plotWidth - 48]);
  const rowHeight = 19;
  const top = 28;
  const legend = parties
    .slice(0, partyColours.length)
    .flatMap((name, at) => [
      bar(4 + at * 90, 6, 10, 10, colours.get(name)!),
      text(18 + at * 90, 15, short(name, 11)),
    ]);
  const bars = shown.flatMap(({ party, feature, value }, at) => {
    const y = top + at * rowHeight;
    return [
      text(112, y + 12, short(feature, 18), 'end'),
      bar(x.at(0), y + 3, x.at(value) - x.at(0), rowHeight - 7, colours.get(party) ?? 'line'),
      text(x.at(value) + 5, y + 12, words(value)),
    ];
  });
  return figure(
    falling.length > shown.length
      ? `${title}, the best ${shown.length} of ${falling.length} features`
      : `${title} by feature`,
    shown.map(({ party, feature, value }) => `${feature} of ${party} ${words(value)}`).join('; '),
    top + shown.length * rowHeight + 6,
    [...legend, ...bars],
  );
}

function short(words: string, most: number): string {
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}
