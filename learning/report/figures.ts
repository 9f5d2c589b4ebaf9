/** Figures as people read them; a dash stands for what is not known. */

export const dash = '–';

export function score(value: number | null): string {
  return value === null ? dash : value.toFixed(4);
}

/** Difference with its sign, in the unit of the scores. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

/** A share of 0 to 1. */
export function percent(share: number | null, digits: number): string {
  return share === null ? 'under 5' : `${(100 * share).toFixed(digits)} %`;
}

/** Counts in groups of three. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(1)} s`;
}

/** Decimal units: 1 MB = 10^6 bytes. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(2)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

export function list(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
