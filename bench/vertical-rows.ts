import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchParty } from './vertical-federation.js';

/** Feature names of a synthetic party. */
export function syntheticFeatures(party: string, count: number): Record<string, 'number'> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${party[0]}${at}`, 'number']));
}

/**
 * A party with `count` features of two digits over customers 1 .. rows, the same on every machine: mulberry32 seeded by
 * party and row. Labels lean on the first five features of both parties.
 */
export function syntheticParty(role: BenchParty['role'], count: number, rows: number): BenchParty {
  return {
    name: role,
    role,
    dataset: (folder) => {
      const names = Object.keys(syntheticFeatures(role, count));
      writeRows(join(folder, 'bench.csv'), role, names, rows);
      return names.map((name) => `  ${name}: { column: ${name}, type: number }\n`).join('');
    },
  };
}

const leading = 5;

function writeRows(path: string, role: BenchParty['role'], names: readonly string[], rows: number): void {
  const file = openSync(path, 'w', 0o600);
  const label = role === 'bank';
  const pieces: string[] = [`id,${label ? 'y,' : ''}${names.join(',')}\n`];
  for (let id = 1; id <= rows; id++) {
    const values = featureRow(role, id, names.length);
    const outcome = label ? `${labelOf(id)},` : '';
    pieces.push(`${id},${outcome}${values.join(',')}\n`);
    if (pieces.length === 4096 || id === rows) {
      writeSync(file, pieces.join(''));
      pieces.length = 0;
    }
  }
  closeSync(file);
}

function featureRow(role: BenchParty['role'], id: number, count: number): Uint8Array {
  const next = mulberry32(id * 2 + Number(role === 'bank'));
  return Uint8Array.from({ length: count }, () => Math.floor(next() * 100));
}

function labelOf(id: number): 0 | 1 {
  let signal = 0;
  for (const role of ['bank', 'platform'] as const) {
    for (const value of featureRow(role, id, leading)) signal += value / 50 - 1;
  }
  const noise = mulberry32(id + 1e9)() * 4 - 2;
  return signal + noise > 1.5 ? 1 : 0;
}

/** A small generator for test data only. */
function mulberry32(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
