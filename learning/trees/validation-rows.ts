import { type DrawBits, draws } from './draws.js';

/** Largest share of the training rows that trees end by. */
export const mostValidating = 0.25;

/**
 * 1 for own training rows that no tree is grown on and that tell when to stop; of good and bad rows the same share, the same ones in all
 * trees. None where they would be fewer than `fewest`.
 */
export function validationRows(
  labels: Uint8Array,
  share: number,
  fewest: number,
  draw: DrawBits,
): Uint8Array {
  const chosen = new Uint8Array(labels.length);
  const wanted = Math.floor(Math.min(share, mostValidating) * labels.length);
  if (wanted < fewest) return chosen;
  const bads = labels.reduce((sum, bad) => sum + bad, 0);
  const wantedBads = Math.round((wanted * bads) / labels.length);
  for (const [label, count] of [
    [1, wantedBads],
    [0, wanted - wantedBads],
  ] as const) {
    const order = Array.from(labels.keys()).filter((row) => labels[row] === label);
    const word = new Map(order.map((row) => [row, draw(draws.validation, 0, row)]));
    order.sort((a, b) => word.get(a)! - word.get(b)! || a - b);
    for (const row of order.slice(0, count)) chosen[row] = 1;
  }
  return chosen;
}
