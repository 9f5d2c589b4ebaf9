import { describe, expect, it } from 'vitest';
import { readSources, withoutComments } from './sources.js';
import { breaches, lengths, misnamed, textRules } from './text-rules.js';

const productRooms = [
  'contract',
  'proto',
  'crypto',
  'learning',
  'observe',
  'coordinator',
  'participant',
  'cli',
];
const allRooms = [...productRooms, 'examples', 'bench', 'tests'];
const sources = readSources(process.cwd(), allRooms);

/** One offending line per rule, and a line beside it that must stay legal. */
const samples: Readonly<Record<string, { path: string; bad: string[]; good: string[] }>> = {
  'one-clock': {
    path: 'coordinator/jobs/clock.ts',
    bad: ['const t = Date.now();', 'const d = new Date( );'],
    good: ['const d = new Date(atMs);', '// Date.now() is elsewhere'],
  },
  'no-weak-randomness': {
    path: 'learning/shuffle.ts',
    bad: ['const r = Math.random();'],
    good: ['/* not Math.random */ const r = draw();'],
  },
  'environment-in-main': {
    path: 'participant/session/dial.ts',
    bad: ['const h = process.env.HOME;', 'const { env } = process;', "const h = process['env'];"],
    good: ['process.exitCode = 1;'],
  },
  'coordinator-loads-by-name': {
    path: 'coordinator/rounds/add.ts',
    bad: ['await import(name);', "const r = require('x');", "new URL('../../crypto/he/decrypt.ts', base)"],
    good: ["import { add } from '../../crypto/secure-sum/adder.js';"],
  },
  'nothing-unfinished': {
    path: 'cli/jobs.ts',
    bad: ['// TODO: later', 'const FIXME = 1;'],
    good: ['const todoList = 1;'],
  },
  'no-focused-tests': {
    path: 'tests/unit/x.test.ts',
    bad: ["it.only('x', f);", "describe.skip('x', f);"],
    good: ["it.skipIf(noDatabase)('x', f);"],
  },
  'nothing-replaced-for-good': {
    path: 'tests/unit/x.test.ts',
    bad: ["vi.mock('./x.js');", 'vi.useFakeTimers();'],
    good: ['vi.resetModules();'],
  },
  'hooks-in-test-files': {
    path: 'tests/unit/stage.ts',
    bad: ['afterAll(() => close());'],
    good: ['  afterAll(() => close());'],
  },
};

describe('source rules', () => {
  it('hold everywhere', () => {
    expect(sources.length).toBeGreaterThan(30);
    expect(breaches(sources)).toEqual([]);
  });

  it('have samples for every rule', () => {
    expect(Object.keys(samples).sort()).toEqual(textRules.map(({ name }) => name).sort());
  });

  it.each(Object.entries(samples))(
    '%s finds what it is for and nothing else',
    (name, { path, bad, good }) => {
      for (const text of bad) expect(breaches([{ path, text }]), text).toEqual([`${name}: ${path}:1`]);
      for (const text of good) expect(breaches([{ path, text }]), text).toEqual([]);
    },
  );

  it('strings that look like comments stay code', () => {
    expect(withoutComments("const u = 'http://x'; // gone")).toBe("const u = 'http://x'; ");
    expect(withoutComments('a /* b\nc */ d')).toBe('a \n d');
  });
});

describe('names and sizes', () => {
  it('files are kebab-case nouns and no room is a drawer', () => {
    expect(misnamed(sources.map(({ path }) => path))).toEqual([]);
    expect(
      misnamed(['crypto/utils/x.ts', 'cli/jobList.ts', 'cli/helpers.ts', 'cli/job-list.ts']),
    ).toHaveLength(3);
  });

  it('files stay short: median about 100 lines, nine in ten under 300, none over 400', () => {
    const { files, median, p90, longest } = lengths(readSources(process.cwd(), productRooms));
    const told = `${files} files: median ${median}, p90 ${p90}, longest ${longest[0]?.path} ${longest[0]?.lines}`;
    expect(median, told).toBeLessThanOrEqual(130);
    expect(p90, told).toBeLessThan(300);
    expect(longest.filter(({ lines }) => lines > 400)).toEqual([]);
  });
});
