import { join } from 'node:path';
import { CodedError as Coded, type CodedError, isErrorCode } from '../../contract/index.js';
import { ProcessFailure, type ProcessSpec, SupervisedProcess } from './supervised-process.js';

export interface TroupeOptions {
  /** Folder of the log files. */
  readonly logs: string;
  /** Environment of every process, before its own additions. */
  readonly env: Readonly<Record<string, string>>;
  /** dist/cli/main.js. */
  readonly cli: string;
}

/** Whose hands a command runs in. */
export interface Role {
  readonly name: string;
  readonly home: string;
  /** Opens the keystore of the home; the coordinator's demo home has one too. */
  readonly passphrase: string;
}

/** A command takes a second; a machine that runs a test suite beside the demo needs far longer. */
const commandMs = 120_000;

/** Every process of the demo, so that all of them can be ended whatever happens. */
export class Troupe {
  readonly #processes = new Set<SupervisedProcess>();
  #closed = false;

  constructor(readonly options: TroupeOptions) {}

  /** Starts `fedrisk ...args` and keeps it running; its end before `close` is a failure its owner sees. */
  start(
    role: Role,
    args: readonly string[],
    onLine?: (line: string) => void,
    log = role.name,
  ): SupervisedProcess {
    if (this.#closed) throw new Error('the demo is being stopped');
    const spec: ProcessSpec = {
      name: `${role.name} (fedrisk ${args.slice(0, 2).join(' ')})`,
      command: process.execPath,
      args: [this.options.cli, ...args],
      env: { ...this.options.env, FEDRISK_HOME: role.home, FEDRISK_PASSPHRASE: role.passphrase },
      logFile: join(this.options.logs, `${log}.log`),
      ...(onLine ? { onLine } : {}),
    };
    const child = new SupervisedProcess(spec);
    this.#processes.add(child);
    void child.exited.then(() => this.#processes.delete(child));
    return child;
  }

  /**
   * Runs `fedrisk ...args --json` to its end and gives `data` of its envelope.
   * @throws {CodedError} the command's own error; {ProcessFailure} when it ends without an envelope.
   */
  async run(role: Role, args: readonly string[], deadlineMs = commandMs): Promise<unknown> {
    const lines: string[] = [];
    const child = this.start(role, [...args, '--json'], (line) => lines.push(line), 'commands');
    const exit = await child.ended(deadlineMs);
    const envelope = parseEnvelope(lines.join('\n'));
    if (envelope === undefined)
      throw child.failure(`ended with exit code ${exit.code} and without an answer`);
    if (!envelope.ok) throw codedError(child.name, envelope.error);
    return envelope.data;
  }

  /** Rejects as soon as one of these processes ends. */
  async watch(children: readonly SupervisedProcess[]): Promise<never> {
    return Promise.race(
      children.map(async (child): Promise<never> => {
        const { code, signal } = await child.exited;
        throw child.failure(`ended early with ${signal ?? `exit code ${code}`}`);
      }),
    );
  }

  /** Process ids that still run. */
  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /** Ends every process at once, without waiting: for the last moment of this process. */
  kill(): void {
    this.#closed = true;
    for (const child of this.#processes) child.kill();
  }

  /** Ends every process and refuses new ones. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#processes].map((child) => child.stop()));
  }
}

type Envelope =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } };

/** The envelope in what a command printed, or undefined. */
export function parseEnvelope(text: string): Envelope | undefined {
  try {
    const value = JSON.parse(text) as Envelope;
    return typeof value?.ok === 'boolean' ? value : undefined;
  } catch {
    return undefined;
  }
}

function codedError(name: string, { code, message }: { code: string; message: string }): CodedError | Error {
  return isErrorCode(code)
    ? new Coded(code, `${name}: ${message}`)
    : new ProcessFailure(name, `${code}: ${message}`, []);
}
