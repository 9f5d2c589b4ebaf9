import { CodedError } from '../../contract/index.js';

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes with three significant digits: `512 B`, `1.21 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 rather than 1024: `1000 KiB` would need a fourth digit.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${threeDigits(value)} ${byteUnits[unit]}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** Milliseconds for people: `850 ms`, `12.3 s`, `1 m 12 s`, `2 h 05 m`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** UTC to the second, ISO 8601; `-` for 0, which stands for "not yet" on the wire. */
export function formatTime(ms: number): string {
  return ms === 0 ? '-' : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of `500ms`, `30s`, `5m`, `24h` or `7d`.
 * @throws {CodedError} CONFIG_INVALID naming the option.
 */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  const ms = match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : 0;
  if (ms < 1 || ms > 3650 * unitMs.d) {
    throw new CodedError('CONFIG_INVALID', `${option}: "${text}" is not a duration like 30s, 5m, 24h or 7d`);
  }
  return ms;
}

/** Whole number with narrow groups of three: `1 000 000`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A metric to four digits after the point; counts stay whole, a loss that exploded gets an exponent. */
export function formatMetric(name: string, value: number): string {
  if (Math.abs(value) >= 1e9) return value.toExponential(2);
  return name === 'rows' ? formatCount(Math.round(value)) : value.toFixed(4);
}
