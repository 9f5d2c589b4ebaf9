import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { simulationDoubles } from './doubles/table.js';
import type { Kind, Orders, Outcomes } from './orders.js';

const root = resolve(import.meta.dirname, '../..');
/** Most of what a run leaves behind is garbage at its end. */
const flags = ['--max-semi-space-size=64', '--enable-source-maps'];
const minutes = 60_000;

/**
 * Long work of the simulation in processes of its own, from one file of JavaScript made of the sources as they stand:
 * Vitest's own form of imports would take a third of the time.
 */
export class Campaign {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async prepare(): Promise<Campaign> {
    mkdirSync(join(root, 'out'), { recursive: true });
    // In the tree, where packages are found.
    const campaign = new Campaign(mkdtempSync(join(root, 'out', 'simulation-')));
    const build = await rolldown({
      input: join(root, 'tests/simulation/orders.ts'),
      platform: 'node',
      plugins: [simulationDoubles],
      external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    });
    await build.write({ file: campaign.#path, codeSplitting: false, sourcemap: true });
    await build.close();
    return campaign;
  }

  get #path(): string {
    return join(this.#folder, 'orders.mjs');
  }

  /** @throws what the process said when it failed, or was not through in 19 minutes. */
  async take<K extends Kind>(kind: K, order: Orders[K]): Promise<Outcomes[K]> {
    const args = [...flags, this.#path, JSON.stringify({ kind, order })];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 19 * minutes });
    return JSON.parse(stdout);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
