import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { letGo } from './fault-files.js';
import type { Processes } from './processes.js';

/** The homes of processes that do not run, as they stand: what a power cut left, to be started from more than once. */
export class HomeCopies {
  readonly #kept: string;

  constructor(
    private readonly processes: Processes,
    private readonly names: readonly string[],
  ) {
    this.#kept = mkdtempSync(join(processes.root, 'kept-'));
    // Closing a file gives up every lock of this process on it: whoever opens it next cuts the memory that views share.
    processes.lookAway();
    for (const name of names) copy(processes.home(name), join(this.#kept, name));
  }

  /** Puts them in the place of what the homes hold now. */
  async putBack(): Promise<void> {
    this.processes.lookAway();
    for (const name of this.names) {
      const home = this.processes.home(name);
      for (const file of readdirSync(home)) if (file.endsWith('.sqlite')) await letGo(join(home, file));
      rmSync(home, { recursive: true });
      copy(join(this.#kept, name), home);
    }
  }
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
}
