import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface ProcessSpec {
  /** Shown in messages, e.g. `bank-a`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Everything the process prints goes here too. */
  readonly logFile: string;
  /** Gets every line of stdout. */
  readonly onLine?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that ended, or stayed silent, when it should not have. */
export class ProcessFailure extends Error {
  constructor(
    readonly process: string,
    reason: string,
    /** Its last lines. */
    readonly lastLines: readonly string[],
  ) {
    super(`${process}: ${reason}`);
    this.name = 'ProcessFailure';
  }
}

/** Lines kept for messages about failures. */
const keptLines = 15;
/** From SIGTERM to SIGKILL. */
const graceMs = 4000;

/** One operating-system process: its lines are logged, waits for it have deadlines, and it can always be ended. */
export class SupervisedProcess {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #log: WriteStream;
  readonly #lastLines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #exit: Exit | undefined;

  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.#log = createWriteStream(spec.logFile, { flags: 'a', mode: 0o600 });
    this.#child = spawn(spec.command, spec.args, { env: { ...spec.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    if (spec.onLine) this.#listeners.add(spec.onLine);
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#keep(line);
      for (const listener of this.#listeners) listener(line);
    });
    createInterface({ input: this.#child.stderr! }).on('line', (line) => this.#keep(line));
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.#exit = exit;
        this.#log.end(() => resolve(exit));
      };
      this.#child.once('error', (error) => {
        this.#keep(error.message);
        if (this.#child.pid === undefined) end({ code: 127, signal: null });
      });
      // `close` comes after the last line was read, `exit` may come before.
      this.#child.once('close', (code, signal) => end({ code, signal }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  /**
   * The first stdout line, printed from now on, that fits.
   * @throws {ProcessFailure} when the process ends first or the deadline passes.
   */
  async line(pattern: RegExp, deadlineMs: number): Promise<RegExpMatchArray> {
    let listener: (line: string) => void = () => undefined;
    const found = new Promise<RegExpMatchArray>((resolve) => {
      listener = (line) => {
        const match = line.match(pattern);
        if (match) resolve(match);
      };
      this.#listeners.add(listener);
    });
    try {
      return await this.#within(found, deadlineMs, `did not print ${pattern}`);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /**
   * Waits for the end.
   * @throws {ProcessFailure} when the deadline passes; the process is ended then.
   */
  async ended(deadlineMs: number): Promise<Exit> {
    const timeout = deadline(deadlineMs);
    try {
      const exit = await Promise.race([this.exited, timeout.passed]);
      if (exit !== undefined) return exit;
    } finally {
      timeout.cancel();
    }
    await this.stop();
    throw this.failure(`did not end within ${deadlineMs / 1000} s`);
  }

  failure(reason: string): ProcessFailure {
    return new ProcessFailure(this.name, reason, [...this.#lastLines]);
  }

  /** Ends the process: SIGTERM, and SIGKILL when that is not enough. Safe to call twice. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    const timeout = deadline(graceMs);
    await Promise.race([this.exited, timeout.passed]);
    timeout.cancel();
    if (this.running) this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** SIGKILL, without waiting for the end. */
  kill(): void {
    if (this.running) this.#child.kill('SIGKILL');
  }

  async #within<T>(wanted: Promise<T>, deadlineMs: number, missing: string): Promise<T> {
    const timeout = deadline(deadlineMs);
    try {
      return await Promise.race([
        wanted,
        this.exited.then(({ code, signal }) => {
          throw this.failure(`ended with ${signal ?? `exit code ${code}`} and ${missing}`);
        }),
        timeout.passed.then(() => {
          throw this.failure(`${missing} within ${deadlineMs / 1000} s`);
        }),
      ]);
    } finally {
      timeout.cancel();
    }
  }

  #keep(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > keptLines) this.#lastLines.shift();
    if (!this.#log.writableEnded) this.#log.write(`${line}\n`);
  }
}

function deadline(ms: number): { readonly passed: Promise<undefined>; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return { passed, cancel: () => clearTimeout(timer) };
}
