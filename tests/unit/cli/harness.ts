import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import type { CoordinatorDoor } from '../../../cli/coordinator-door.js';
import type { ParticipantDoor } from '../../../cli/participant-door.js';
import { runProgram } from '../../../cli/program.js';
import type { Runtime } from '../../../cli/runtime.js';
import { type Clock, systemClock } from '../../../contract/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const executable = join(root, 'dist/cli/main.js');

export interface Run {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Start {
  readonly child: ChildProcess;
  /** First line on standard output; rejects when the process ends before. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<Run>;
}

/** Starts the built executable as a process of its own; FEDRISK_ and colour variables do not leak in. */
export function startProcess(
  words: readonly string[],
  options: { input?: string; env?: Readonly<Record<string, string>> } = {},
): Start {
  const child = spawn(process.execPath, [executable, ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...options.env },
  });
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Run>((resolve) => {
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    void ended.then((run) => reject(new Error(`ended without a line: ${JSON.stringify(run)}`)));
  });
  // Most callers look at one of the two only.
  firstLine.catch(() => undefined);
  return { child, firstLine, ended };
}

export function runProcess(
  words: readonly string[],
  options: { input?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Run> {
  return startProcess(words, options).ended;
}

class Recorded {
  text = '';

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

export interface Scene {
  /** Certificate name of the home folder's owner. */
  readonly name?: string;
  /** host:port that the home folder remembers. */
  readonly address?: string;
  readonly participant?: Partial<ParticipantDoor>;
  readonly coordinator?: Partial<CoordinatorDoor>;
  /** Fails a command that opens a door. */
  readonly doorsClosed?: true;
  readonly input?: string;
  readonly clock?: Clock;
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** Runs a command line in this process; the doors are the only parts that are not the product's. */
export function runHere(words: readonly string[], scene: Scene = {}): Promise<Run> & { interrupt(): void } {
  const stdout = new Recorded();
  const stderr = new Recorded();
  const interrupts = new Set<() => void>();
  const absent = (part: string) => () => {
    throw new Error(`this scene has no ${part}`);
  };
  const home = async () => ({
    config: { name: scene.name ?? 'ann', coordinator: { caFingerprint: 'ca'.repeat(32) } },
    address: scene.address ?? '127.0.0.1:1',
    channel: credentials.createInsecure(),
    channelOptions: {},
  });
  const runtime: Runtime = {
    environment: { home: '/home/of/test', passphrase: undefined, plain: false },
    stdin: Readable.from(scene.input === undefined ? [] : [Buffer.from(scene.input)]),
    stdout: Object.assign(stdout, scene.terminal && { isTTY: true, ...scene.terminal }),
    stderr,
    clock: scene.clock ?? systemClock,
    doors: {
      participant: async () => {
        if (scene.doorsClosed) throw new Error('a door was opened');
        return { homeCredentials: home, ...scene.participant } as ParticipantDoor;
      },
      coordinator: async () => (scene.coordinator ?? absent('coordinator')()) as CoordinatorDoor,
    },
    onInterrupt: (listener) => {
      interrupts.add(listener);
      return () => interrupts.delete(listener);
    },
  };
  const done = runProgram(words, runtime).then((exit) => ({
    exit,
    stdout: stdout.text,
    stderr: stderr.text,
  }));
  return Object.assign(done, {
    interrupt: () => {
      for (const listener of interrupts) listener();
    },
  });
}

/** The single JSON document of a command; tests look at members as they like. Throws when stdout is anything else. */
// biome-ignore lint/suspicious/noExplicitAny: expectations check the shape.
export function envelope(run: Run): { ok: boolean; data: any; error: any } {
  if (!/^[^\n]+\n$/.test(run.stdout)) throw new Error(`not one line: ${JSON.stringify(run.stdout)}`);
  return JSON.parse(run.stdout);
}

/** Lines too long for a terminal of 80 columns. */
export function longLines(text: string): string[] {
  return text.split('\n').filter((line) => columnsOf(line) > 80);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Independent of the product's width table: graphemes, two columns for scripts that Unicode calls wide. */
function columnsOf(line: string): number {
  const wide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences are what is removed here.
  const plain = line.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  return [...segmenter.segment(plain)].reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);
}
