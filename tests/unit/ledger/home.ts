import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type JobId, Secret } from '../../../contract/index.js';
import { Journal } from '../../../participant/journal/index.js';

const key = () => new Secret(new Uint8Array(32).fill(7));

/** A journal file for the test under way; `open` opens it again, as after a restart. */
export function journalFile() {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal.sqlite');
  return { path, open: () => new Journal(path, key()) };
}

export const job = (number: number) => `job-${String(number).padStart(32, '0')}` as JobId;
export const day = (number: number) => Date.parse('2026-03-01T00:00:00Z') + number * 86_400_000;
