import type { RoundView } from '../client.js';
import { formatDuration } from '../text/units.js';

type Timings = RoundView['participants'][number]['timings'];

/** Milliseconds of one kind of work: all work at the same time, so that a step or level waits for the slowest. */
export function longest(everybody: readonly { readonly timings: Timings }[], wanted: string): number {
  const spent = everybody.map(({ timings }) =>
    total(timings.filter(({ step }) => step === wanted).map(({ ms }) => ms)),
  );
  return Math.max(0, ...spent);
}

/** For a narrow column. */
export function shortDuration(ms: number): string {
  return ms === 0 ? '-' : formatDuration(ms).replaceAll(' ', '');
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
