import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobsServiceHandlers } from '../../../proto/gen/fedrisk/v1/JobsService.js';
import { serveJobs } from './jobs-server.js';

/** What the tests of one file run against: coordinators that answer as scripted, and a folder with a spec to submit. */
export class JobsScenes {
  readonly folder = mkdtempSync(join(tmpdir(), 'fedrisk-cli-'));
  readonly specFile = join(this.folder, 'job.yaml');
  readonly #stops: (() => void)[] = [];

  constructor() {
    writeFileSync(
      this.specFile,
      `name: loan-default
mode: horizontal
purpose: joint-risk-model
participants: [bank-a, bank-b, platform-x]
dataset: credit
features: { age: number, region: category }
model: { kind: logistic }
training: { rounds: 4 }
`,
    );
  }

  async served(handlers: Partial<JobsServiceHandlers>): Promise<{ address: string }> {
    const { address, stop } = await serveJobs(handlers);
    this.#stops.push(stop);
    return { address };
  }

  /** Ends the coordinators so far. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
