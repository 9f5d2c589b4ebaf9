import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, NodeProcess } from './node.js';
import type { Sight } from './sight.js';

/** The processes of a federation on loopback, each on its home folder; any can be killed and started again at any time. */
export abstract class Processes {
  readonly root: string;
  readonly #processes = new Map<string, NodeProcess>();
  /** Output of processes that are gone. */
  readonly #past = new Map<string, string[]>();
  readonly #sights: Sight[] = [];
  /** Environment of processes that are started from now on. */
  readonly environment: Record<string, string> = {};
  /** The same of one process, by its name. */
  readonly environments = new Map<string, Readonly<Record<string, string>>>();
  /** Options of `start` behind the usual ones, by name of the process; the last of two alike counts. */
  readonly options = new Map<string, readonly string[]>();

  protected constructor(label: string) {
    this.root = mkdtempSync(join(tmpdir(), `fedrisk-${label}-`));
  }

  /** The participants of its jobs. */
  abstract get names(): readonly string[];

  /** What starts a process, as the command line has it. */
  protected abstract command(name: string): readonly string[];

  home(name: string): string {
    return join(this.root, name);
  }

  /** Starts a process; resolves at once. */
  start(name: string): NodeProcess {
    if (this.#processes.get(name)?.running) throw new Error(`${name} runs already`);
    this.#past.set(name, this.output(name));
    const process = new NodeProcess([...this.command(name), ...(this.options.get(name) ?? [])], {
      ...this.environment,
      ...this.environments.get(name),
      FEDRISK_HOME: this.home(name),
    });
    this.#processes.set(name, process);
    return process;
  }

  /** Starts processes and waits until each listens or is connected. */
  async bringUp(...names: readonly string[]): Promise<void> {
    for (const name of names) this.start(name);
    await this.up(...names);
  }

  /** Waits until each process that runs listens or is connected. */
  async up(...names: readonly string[]): Promise<void> {
    const running = names.map((name) => this.#processes.get(name)!).filter((process) => process.running);
    await Promise.all(running.map((process) => process.printed(/"event":"(listening|connected)"/)));
  }

  /** SIGKILL: the process gets no chance to tidy up. Resolves when it is gone. */
  async kill(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.end(name, 'SIGKILL')));
  }

  end(name: string, signal: NodeJS.Signals): Promise<Ended> {
    const process = this.#processes.get(name)!;
    process.signal(signal);
    return process.ended;
  }

  /** Stops a process without ending it: its connections stay, and nobody answers. */
  freeze(name: string): void {
    this.#processes.get(name)!.signal('SIGSTOP');
  }

  thaw(name: string): void {
    this.#processes.get(name)!.signal('SIGCONT');
  }

  /** Everything the processes of a name printed, over all restarts. */
  output(name: string): string[] {
    return [...(this.#past.get(name) ?? []), ...(this.#processes.get(name)?.output ?? [])];
  }

  /** Ends everything and deletes the homes. */
  async close(): Promise<void> {
    this.lookAway();
    await this.kill(...[...this.#processes].filter(([, { running }]) => running).map(([name]) => name));
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Lets go of the files that views have open; a later look opens them again. */
  lookAway(): void {
    for (const sight of this.#sights) sight.close();
  }

  /** Closes a view with the federation at the latest. */
  protected shown(sight: Sight): Sight {
    this.#sights.push(sight);
    return sight;
  }

  protected homes(): Map<string, string> {
    return new Map(this.names.map((name) => [name, this.home(name)]));
  }
}
