import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One `fedrisk … start` as an operating-system process of its own. */
export class NodeProcess {
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  readonly #listeners = new Set<() => void>();
  readonly ended: Promise<Ended>;
  #running = true;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#output.push(line);
        for (const listener of this.#listeners) listener();
      });
    }
    // A test run that is broken off leaves nothing running.
    const last = () => this.#child.kill('SIGKILL');
    process.once('exit', last);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        process.off('exit', last);
        this.#running = false;
        resolve({ code, signal });
      });
    });
  }

  get running(): boolean {
    return this.#running;
  }

  /** Every line of stdout and stderr so far. */
  get output(): readonly string[] {
    return this.#output;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves at the first line that fits; @throws when the process ends before. */
  async printed(pattern: RegExp): Promise<void> {
    let look = () => {};
    const found = new Promise<void>((resolve) => {
      look = () => {
        if (this.#output.some((line) => pattern.test(line))) resolve();
      };
    });
    this.#listeners.add(look);
    look();
    const early = this.ended.then(({ code, signal }) => {
      throw new Error(`ended (${signal ?? code}) before it printed ${pattern}:\n${this.#output.join('\n')}`);
    });
    await Promise.race([found, early]).finally(() => this.#listeners.delete(look));
  }
}
