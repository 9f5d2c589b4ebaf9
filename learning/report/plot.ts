import { html, Markup } from './markup.js';

/** Drawn at the size it has on a phone; wider columns scale it up a little. */
export const plotWidth = 360;

/** Where values lie between two edges of the picture, in its units. */
export interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A linear axis from `low` to `high` drawn from `from` to `to`, with about `count` ticks at round values. */
export function axisOf(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  count = 4,
): Axis {
  const span = high - low || 1;
  const rough = span / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 2.5, 5].find((factor) => factor * unit >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return {
    at: (value) => from + ((value - low) / span) * (to - from),
    ticks: Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step),
  };
}

type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, words: string, anchor: Anchor = 'start', colour = 'text'): Markup {
  return html`<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="11" fill="var(--chart-${colour})">${words}</text>`;
}

export function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  colour: string,
  look: 'plain' | 'dashed' | 'strong' = 'plain',
): Markup {
  const dashes = look === 'dashed' ? '5 4' : 'none';
  return html`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="var(--chart-${colour})" stroke-width="${look === 'strong' ? 2 : 1}" stroke-dasharray="${dashes}"/>`;
}

export function bar(x: number, y: number, width: number, height: number, colour: string): Markup {
  return html`<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, width))}" height="${round(Math.max(0, height))}" fill="var(--chart-${colour})"/>`;
}

export function dot(x: number, y: number, colour: string): Markup {
  return html`<circle cx="${round(x)}" cy="${round(y)}" r="4" fill="var(--chart-${colour})"/>`;
}

/** A picture with its caption; `description` is what it says, for readers who do not see it. */
export function figure(title: string, description: string, height: number, parts: readonly Markup[]): Markup {
  return html`<figure><figcaption>${title}</figcaption><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${plotWidth} ${height}" role="img" aria-label="${`${title}: ${description}`}" font-family="inherit">${new Markup(parts.map((part) => part.text).join('\n'))}</svg></figure>`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
