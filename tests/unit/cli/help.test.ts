import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodes, exitMeanings } from '../../../cli/exit-codes.js';
import { buildProgram } from '../../../cli/program.js';
import { longLines, runHere, runProcess } from './harness.js';

/** Paths of every group and command, as the program itself knows them. */
function commandPaths(): string[][] {
  const walk = (command: Command, path: string[]): string[][] => [
    path,
    ...command.commands
      .filter((each) => each.name() !== 'help')
      .flatMap((each) => walk(each, [...path, each.name()])),
  ];
  return walk(buildProgram({} as never, { code: 0 }), []);
}

describe('help of every command, by the executable', () => {
  const paths = commandPaths();

  it('knows the commands the documents name', () => {
    const known = paths.map((path) => path.join(' '));
    for (const path of [
      'coordinator init',
      'coordinator invite',
      'coordinator revoke',
      'coordinator parties',
      'coordinator start',
      'coordinator status',
      'coordinator backup',
      'coordinator restore',
      'participant enroll',
      'participant start',
      'participant status',
      'participant peers list',
      'participant peers trust',
      'participant approvals list',
      'participant approvals approve',
      'participant approvals refuse',
      'participant datasets check',
      'participant policy check',
      'participant models list',
      'participant models show',
      'user enroll',
      'participants list',
      'jobs submit',
      'jobs validate',
      'jobs estimate',
      'jobs list',
      'jobs show',
      'jobs watch',
      'jobs wait',
      'jobs cancel',
      'rounds list',
      'rounds show',
      'labels',
      'explain',
      'version',
    ]) {
      expect(known).toContain(path);
    }
  });

  it.concurrent.each(paths.map((path) => [path.join(' ') || '(top)', path] as const))(
    '%s',
    async (_, path) => {
      const run = await runProcess([...path, '--help']);
      expect(run).toMatchObject({ exit: 0, stderr: '' });
      expect(run.stdout).toMatch(/^Usage: fedrisk/);
      expect(run.stdout).toMatch(new RegExp(`Examples?:\n  \\$ .*fedrisk ${path.join(' ')}`));
      expect(run.stdout).toContain('--json');
      const description = run.stdout.split('\n\n')[1] ?? '';
      expect(description).toMatch(/^[A-Z]\S* \S+/);
      expect(longLines(run.stdout)).toEqual([]);
    },
  );

  it('tells every exit code on the first page', async () => {
    const { stdout } = await runHere(['--help']);
    for (const [name, code] of Object.entries(exitCodes)) {
      expect(stdout).toMatch(new RegExp(`^ +${code}  ${exitMeanings[name as keyof typeof exitCodes]}$`, 'm'));
    }
  });
});

describe('usage errors', () => {
  it.each([
    ['no command', []],
    ['group without command', ['jobs']],
    ['unknown command', ['jobs', 'lst']],
    ['unknown option', ['jobs', 'list', '--stat', 'x']],
    ['missing argument', ['jobs', 'show']],
    ['too many arguments', ['version', 'please']],
    ['missing required option', ['coordinator', 'init', '--name', 'hub']],
    ['bad duration', ['jobs', 'list', '--timeout', '5 minutes']],
    ['bad job id', ['jobs', 'show', 'job-12']],
    ['bad limit', ['jobs', 'list', '--limit', '0']],
    ['bad state', ['jobs', 'list', '--state', 'sleeping']],
    ['round and sum', ['rounds', 'show', 'job-1a2b3c4d', '1', '--sum', '2']],
    ['no phase', ['rounds', 'show', 'job-1a2b3c4d', 'alinging']],
    ['round zero', ['rounds', 'show', 'job-1a2b3c4d', '0']],
    ['bad role', ['coordinator', 'invite', 'bank-a', '--organisation', 'A', '--role', 'king']],
    ['bad port', ['coordinator', 'init', '--name', 'h', '--organisation', 'H', '--port', '70000']],
    ['no such token file', ['participant', 'enroll', '--token-file', '/nonexistent/token']],
  ])('%s: exit 2 and CONFIG_INVALID, for people and scripts', async (_, words) => {
    const scene = { coordinator: {} };
    const forPeople = await runHere(words, scene);
    expect(forPeople.exit).toBe(exitCodes.input);
    expect(forPeople.stderr).toMatch(
      /error CONFIG_INVALID: .+\nwhat to do: .+\nmore: fedrisk explain CONFIG_INVALID\n$/,
    );
    expect(forPeople.stdout).toBe('');
    const forScripts = await runHere([...words, '--json'], scene);
    expect(forScripts.exit).toBe(exitCodes.input);
    expect(JSON.parse(forScripts.stdout)).toMatchObject({
      ok: false,
      error: { code: 'CONFIG_INVALID', parties: [] },
    });
  });

  it('suggests what was meant', async () => {
    expect((await runHere(['jobs', 'lst'])).stderr).toContain('Did you mean list?');
  });
});

describe('commands that load neither coordinator nor participant', () => {
  it.each([
    [['--help']],
    [['jobs', 'submit', '--help']],
    [['version']],
    [['explain']],
    [['explain', 'INTERNAL']],
  ])('fedrisk %j', async (words) => {
    expect((await runHere(words, { doorsClosed: true })).exit).toBe(0);
  });

  it('a spec is checked before anything is loaded', async () => {
    const run = await runHere(['jobs', 'submit', '/nonexistent.yaml', '--json'], { doorsClosed: true });
    expect(JSON.parse(run.stdout).error.code).toBe('SPEC_INVALID');
  });
});
