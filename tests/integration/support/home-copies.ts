import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { letGo } from './fault-files.js';
import type { Processes } from './processes.js';

/** The homes of processes that do not run, as they stand: what a power cut left, to be started from more than once. */
export class HomeCopies {
  private constructor(
    private readonly processes: Processes,
    private readonly names: readonly string[],
    private readonly kept: string,
  ) {}

  static async of(processes: Processes, names: readonly string[]): Promise<HomeCopies> {
    const copies = new HomeCopies(processes, names, mkdtempSync(join(processes.root, 'kept-')));
    await copies.#nobodyLooks();
    for (const name of names) copy(processes.home(name), join(copies.kept, name));
    return copies;
  }

  /** Puts them in the place of what the homes hold now. */
  async putBack(): Promise<void> {
    await this.#nobodyLooks();
    for (const name of this.names) {
      const home = this.processes.home(name);
      rmSync(home, { recursive: true });
      copy(join(this.kept, name), home);
    }
  }

  /**
   * Who reads a file and closes it gives up every lock of this process on it. Were a view still open, whoever is started again
   * would take itself for the first to open the database, and cut the memory that the view reads (SIGBUS).
   */
  async #nobodyLooks(): Promise<void> {
    this.processes.lookAway();
    for (const home of this.names.map((name) => this.processes.home(name))) {
      for (const file of readdirSync(home)) if (file.endsWith('.sqlite')) await letGo(join(home, file));
    }
  }
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
}
