import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatTime,
  parseDuration,
} from '../../../cli/text/units.js';
import { displayWidth, printable, wrap } from '../../../cli/text/width.js';

describe('units for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1024, '1.00 KiB'],
    [1023 * 1024, '1.00 MiB'],
    [1.21 * 1024 ** 2, '1.21 MiB'],
    [123.4 * 1024 ** 3, '123 GiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('bytes keep their order of magnitude: read back within half a percent, at most four characters', () => {
    const factor: Record<string, number> = {
      B: 1,
      KiB: 1024,
      MiB: 1024 ** 2,
      GiB: 1024 ** 3,
      TiB: 1024 ** 4,
    };
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.nat(20), (base, shift) => {
        const bytes = base * 2 ** (shift / 2);
        const whole = Math.floor(bytes);
        const [number = '', unit = ''] = formatBytes(whole).split(' ');
        expect(number.length).toBeLessThanOrEqual(4);
        expect(Math.abs(Number(number) * factor[unit]! - whole)).toBeLessThanOrEqual(whole * 0.0052);
      }),
    );
  });

  it.each([
    [0, '0 ms'],
    [0.44, '0.4 ms'],
    [850, '850 ms'],
    [999.6, '1.0 s'],
    [12_340, '12.3 s'],
    [59_960, '1 m 00 s'],
    [72_000, '1 m 12 s'],
    [3_599_600, '1 h 00 m'],
    [7_500_000, '2 h 05 m'],
    [86_399_999, '1 d 00 h'],
    [273_600_000, '3 d 04 h'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('a time is UTC, and 0 is "not yet"', () => {
    expect(formatTime(Date.UTC(2026, 1, 3, 4, 5, 6, 789))).toBe('2026-02-03T04:05:06Z');
    expect(formatTime(0)).toBe('-');
  });

  it('counts are grouped by three', () => {
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1 000', '1 234 567']);
  });

  it.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration('--ttl', text)).toBe(ms);
  });

  it.each(['', '5', '5 m', '-5m', '1e3s', '0s', '5w', '99999d', 'm'])('"%s" is no duration', (text) => {
    expect(() => parseDuration('--ttl', text)).toThrowError(/--ttl/);
  });
});

describe('text in columns', () => {
  it.each([
    ['abc', 3],
    ['示例电商平台', 12],
    ['ＡＢ', 4],
    ['e\u0301', 1],
    ['한국', 4],
    ['', 0],
  ])('%s takes %d', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });

  it('wrapping loses no word, keeps the order and fits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,30}$/)),
        fc.integer({ min: 4, max: 40 }),
        (words, columns) => {
          const lines = wrap(words.join(' '), columns);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
          const unbroken = words.filter((word) => word.length <= columns);
          expect(lines.join(' ').split(' ')).toEqual(expect.arrayContaining(unbroken));
        },
      ),
    );
  });

  it('a foreign text cannot move the cursor, change colours or turn the direction', () => {
    expect(printable('a\x1b[2Jb\u202ec\nd\x9be\u2028f')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde\ufffdf');
  });
});
