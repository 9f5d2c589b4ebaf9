/**
 * The known name a person most likely meant, or undefined when none is near: optimal string alignment
 * distance (insert, delete, replace, swap neighbours) of at most a third of the longer name, case ignored.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = alignmentDistance(name.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A name that fits nowhere, with the one that was probably meant: `platform-y (is platform-x meant?)`. */
export function hinted(name: string, known: Iterable<string>): string {
  const near = nearestName(name, known);
  return near === undefined ? name : `${name} (is ${near} meant?)`;
}

/** Names are at most a few dozen characters; longer ones are cut so that the table stays small. */
const comparedCharacters = 64;

function alignmentDistance(left: string, right: string): number {
  const a = left.slice(0, comparedCharacters);
  const b = right.slice(0, comparedCharacters);
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
      }
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
