import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { type ErrorCode, errorCatalogue } from '../../../contract/index.js';
import { envelope, longLines, runHere, runProcess } from './harness.js';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

describe('the error catalogue', () => {
  it.each(codes)('%s says what happened and what to do, in sentences', (code) => {
    const { meaning, action } = errorCatalogue[code];
    for (const sentence of [meaning, action]) expect(sentence).toMatch(/^[A-Z][\s\S]{10,}\.$/);
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  });
});

describe('fedrisk explain', () => {
  it.each(codes)('%s', async (code) => {
    const { kind, meaning, action } = errorCatalogue[code];
    const forScripts = await runHere(['explain', code, '--json']);
    expect(envelope(forScripts)).toEqual({
      ok: true,
      data: { code, kind, meaning, action, exitCode: exitCodes[kind] },
    });
    const forPeople = await runHere(['explain', code]);
    expect(forPeople.exit).toBe(0);
    expect(longLines(forPeople.stdout)).toEqual([]);
    const words = forPeople.stdout.replace(/\s+/g, ' ');
    expect(words).toContain(meaning);
    expect(words).toContain(action);
  });

  it('lists every code once, with its meaning, when asked for none', async () => {
    const run = await runProcess(['explain']);
    expect(run.exit).toBe(0);
    for (const code of codes) {
      expect(run.stdout.match(new RegExp(`^  ${code}$`, 'gm'))).toHaveLength(1);
      expect(run.stdout.replace(/\s+/g, ' ')).toContain(errorCatalogue[code].meaning);
    }
    expect(longLines(run.stdout)).toEqual([]);
  });

  it('takes any case, dashes and blanks', async () => {
    expect((await runHere(['explain', 'peer-not-pinned'])).stdout).toContain('PEER_NOT_PINNED');
  });

  it('names the nearest code for one mistyped letter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...codes), fc.nat(), async (code, at) => {
        const place = at % code.length;
        const typo = `${code.slice(0, place)}9${code.slice(place + 1)}`;
        const run = await runHere(['explain', typo]);
        expect(run.exit).toBe(exitCodes.input);
        expect(run.stderr).toMatch(new RegExp(`did you mean ${code}\\?`));
      }),
      { numRuns: 60 },
    );
  });

  it('points to the list when nothing is near', async () => {
    expect((await runHere(['explain', 'XYZZY'])).stderr).toContain('fedrisk explain lists all');
  });
});
