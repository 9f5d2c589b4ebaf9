/**
 * 32 bits that look random, the same at every party, from a public seed and what they are drawn for: the finaliser of
 * MurmurHash3 over the words in turn. For sampling and rounding; nothing secret rests on it.
 */
export function drawnBits(seed: number, purpose: Draw, tree: number, at: number): number {
  return mixed(
    mixed(mixed(mixed(seed) ^ purpose) + Math.imul(tree, 0x9e3779b1)) ^ Math.imul(at + 1, 0x85ebca6b),
  );
}

/** Where draws come from: 32 bits for a purpose, a tree and a row or column. */
export type DrawBits = (purpose: Draw, tree: number, at: number) => number;

/** Draws that everybody can make from the seed of a job. */
export function publicDraws(seed: number): DrawBits {
  return (purpose, tree, at) => drawnBits(seed, purpose, tree, at);
}

export type Draw = (typeof draws)[keyof typeof draws];
/** What a draw is for: each has numbers of its own. */
export const draws = { rows: 1, columns: 2, roundG: 3, roundH: 4, others: 5, validation: 6 } as const;

function mixed(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Whether something with a chance of `share` happens. */
export function isDrawn(share: number, draw: DrawBits, purpose: Draw, tree: number, at: number): boolean {
  return share >= 1 || draw(purpose, tree, at) < share * 2 ** 32;
}

/** Which of a party's features a tree may split on: at least one, as near to the share as whole features come. */
export function drawnColumns(columns: number, share: number, seed: number, tree: number): Uint8Array {
  const allowed = new Uint8Array(columns);
  if (share >= 1) return allowed.fill(1);
  const order = Array.from({ length: columns }, (_, at) => ({
    at,
    bits: drawnBits(seed, draws.columns, tree, at),
  }));
  order.sort((a, b) => a.bits - b.bits || a.at - b.at);
  for (const { at } of order.slice(0, Math.max(1, Math.round(share * columns)))) allowed[at] = 1;
  return allowed;
}
