import { hkdfSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../../contract/index.js';
import type { SumView } from './sum-view.js';
import type { JobTranscript } from './transcript.js';

/** Own quantised updates on the way, encrypted, by round; only where the job takes them late. */
const name = /^update-\d+$/;

function pathOf(folder: string, round: number): string {
  return join(folder, `update-${round}`);
}

/** Whether an update that misses its round is sent in the next one. */
export function keepsLate({ purpose }: SumView, { summing: { spec } }: JobTranscript): boolean {
  return purpose === 'update' && spec.participation.late === 'next-round';
}

/**
 * Where training leaves its update, and the update it has left that missed its round, if any: of rounds since the last
 * one that included us the latest. A pure function of transcript and folder, and the file stays until a round with it
 * has been opened: whoever is killed meanwhile finds the same.
 */
export function lateWork(
  { sum, round }: SumView,
  { sums, me }: JobTranscript,
  folder: string,
): { readonly keepUpdate: string; readonly lateUpdate?: string } {
  const keepUpdate = pathOf(folder, round);
  for (const earlier of sums.slice(0, sum).reverse()) {
    if (earlier.purpose !== 'update' || earlier.includes(me) || !earlier.keyed.has(me)) break;
    const path = pathOf(folder, earlier.round);
    if (existsSync(path)) return { keepUpdate, lateUpdate: path };
  }
  return { keepUpdate };
}

/** Key under which updates on the way stand on disk: of one job, and gone with its secrets. */
export function lateKey(jobSecret: Secret): Uint8Array {
  return new Uint8Array(
    hkdfSync('sha256', jobSecret.reveal(), new Uint8Array(0), 'fedrisk/v1/late-update', 32),
  );
}

/** A round with us in it was opened: what it held must not come again. */
export async function forgetLate(folder: string): Promise<void> {
  for (const file of await readdir(folder))
    if (name.test(file)) await rm(join(folder, file), { force: true });
}
