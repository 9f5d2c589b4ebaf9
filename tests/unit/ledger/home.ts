import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type JobId, Secret } from '../../../contract/index.js';
import { Journal } from '../../../participant/journal/index.js';

const folder = mkdtempSync(join(tmpdir(), 'fedrisk-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = () => new Secret(new Uint8Array(32).fill(7));
let files = 0;

/** A journal file of its own; `open` opens it again, as after a restart. */
export function journalFile() {
  const path = join(folder, `journal-${++files}.sqlite`);
  return { path, open: () => new Journal(path, key()) };
}

export const job = (number: number) => `job-${String(number).padStart(32, '0')}` as JobId;
export const day = (number: number) => Date.parse('2026-03-01T00:00:00Z') + number * 86_400_000;
