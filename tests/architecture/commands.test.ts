import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../cli/program.js';
import type { Runtime } from '../../cli/runtime.js';
import { errorCatalogue } from '../../contract/index.js';
import { commandsIn, readDocuments, words } from './documents.js';

/** Building the command tree runs nothing of the runtime. */
const program = buildProgram({ stdout: process.stdout, stderr: process.stderr } as unknown as Runtime, {
  code: 0,
});

/** What is wrong with a command line, or ''. Placeholders in capitals or angle brackets stand for arguments. */
function fault(line: readonly string[]): string {
  let command: Command = program;
  for (const word of line) {
    if (command.commands.length === 0 || word.startsWith('-')) break;
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (next === undefined) return `${command.name()} has no command ${word}`;
    command = next;
  }
  const known = (flag: string) =>
    flag === '--help' ||
    [command, program].some((each) =>
      each.options.some((option) => option.long === flag || option.short === flag),
    );
  const unknown = line
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=')[0]!)
    .find((flag) => !known(flag));
  return unknown === undefined ? '' : `${command.name()} has no option ${unknown}`;
}

const documents = readDocuments(process.cwd());

describe('documented commands', () => {
  it('exist, with every option shown', () => {
    const lines = documents.flatMap(({ path, text }) => commandsIn(text).map((line) => ({ path, line })));
    expect(lines.length).toBeGreaterThan(10);
    const faults = lines.map(({ path, line }) => ({ path, line: line.join(' '), fault: fault(line) }));
    expect(faults.filter((each) => each.fault !== '')).toEqual([]);
  });

  it('exist where the error catalogue advises them', () => {
    const advised = Object.entries(errorCatalogue).flatMap(([code, { action }]) =>
      [...action.matchAll(/\bfedrisk ((?:[a-z-]+ ?)+)/g)].map((match) => ({ code, line: words(match[1]!) })),
    );
    expect(advised.length).toBeGreaterThan(5);
    // Prose follows a command without a mark: only what must be a command is checked.
    const faults = advised.map(({ code, line }) => ({ code, fault: fault(line) }));
    expect(faults.filter((each) => each.fault !== '')).toEqual([]);
  });

  it('would be noticed if wrong', () => {
    expect(fault(['jobs', 'launch', 'x.yaml'])).toBe('jobs has no command launch');
    expect(fault(['jobs', 'submit', 'x.yaml', '--force'])).toBe('submit has no option --force');
    expect(fault(['jobs', 'submit', 'x.yaml', '--wait', '--json'])).toBe('');
    expect(commandsIn('```sh\n$ fedrisk jobs list | head # all\n```\n`fedrisk explain CODE`')).toEqual([
      ['jobs', 'list'],
      ['explain', 'CODE'],
    ]);
  });

  it('npm scripts named in documents exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = documents.flatMap(({ text }) =>
      [...text.matchAll(/\bnpm run ([a-z][a-z:-]*)/g)].map((m) => m[1]!),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
