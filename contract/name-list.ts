/** Enough to act on; details that travel are at most 500 characters. */
const shownNames = 8;

/** `a, b, c` or, of many names, the first eight and how many more. */
export function nameList(names: readonly string[]): string {
  const more = names.length - shownNames;
  return more > 0 ? `${names.slice(0, shownNames).join(', ')} and ${more} more` : names.join(', ');
}
