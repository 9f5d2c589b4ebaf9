import type { Palette } from '../text/palette.js';

const good = new Set([
  'finished',
  'agreed',
  'done',
  'verified',
  'applied',
  'reported',
  'enrolled',
  'approved',
  'yes',
]);
const bad = new Set(['failed', 'cancelled', 'refused', 'left', 'revoked', 'expired']);
const idle = new Set(['waiting', 'left-out', 'pending', 'no', '-']);

/** Colours a state word, whatever it is a state of. Error codes stand where a check failed. */
export function stateColour(palette: Palette): (line: string, cell: string) => string {
  return (line, cell) => {
    const word = cell.split(/[ ,]/, 1)[0] ?? '';
    if (good.has(word)) return palette.good(line);
    if (bad.has(word) || /^[A-Z][A-Z_]+$/.test(word)) return palette.bad(line);
    return idle.has(word) ? palette.faint(line) : palette.busy(line);
  };
}

const endStates = new Set(['finished', 'failed', 'cancelled']);

export function hasEnded(state: string): boolean {
  return endStates.has(state);
}

/** `job-` and 12 digits: enough to name a job in commands, short enough for a table. */
export function shortJobId(jobId: string): string {
  return jobId.slice(0, 16);
}

/** First 12 digits of a digest; --json has all 64. */
export function shortDigest(digest: string): string {
  return digest === '' ? '-' : digest.slice(0, 12);
}
