import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type JobId, Secret } from '../../../contract/index.js';
import { writeBackup } from '../../../coordinator/backup/index.js';
import { readArchive } from '../../../crypto/identity/index.js';

const jobId = `job-${'1'.repeat(32)}` as JobId;
const passphrase = new Secret(Buffer.from('the passphrase of the backup'));
/** Each goes away between being listed and being read with a chance of some tenths. */
const ciphertexts = 100;

/** A coordinator's home with uploads to one sum, each of which stands beside the home as well. */
function home() {
  const root = mkdtempSync(join(tmpdir(), 'fedrisk-backup-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const sum = join(root, 'home', 'blobs', jobId.slice('job-'.length), '0');
  mkdirSync(sum, { recursive: true });
  const kept = Array.from({ length: ciphertexts }, (_, k) => {
    const from = join(root, `${k}`);
    writeFileSync(from, randomBytes(100 + k));
    linkSync(from, join(sum, `${k}`));
    return { from, to: join(sum, `${k}`) };
  });
  return { root, kept };
}

// CI found it: a coordinator that ran had added up a sum, and its uploads went away.
test('ciphertexts that go away between listing and reading are in the backup whole, or not at all', async () => {
  const { root, kept } = home();
  let over = false;
  /** One half is there, then the other. */
  const comeAndGo = async () => {
    const halves = [0, 1].map((half) => kept.filter((_, k) => k % 2 === half));
    for (const { to } of halves[1]!) unlinkSync(to);
    for (let turn = 0; !over; turn++) {
      await setImmediate();
      for (const { from, to } of halves[1 - (turn % 2)]!) linkSync(from, to);
      for (const { to } of halves[turn % 2]!) unlinkSync(to);
    }
  };
  const file = join(root, 'a.backup');
  const order = { home: join(root, 'home'), file, passphrase, database: undefined, jobs: [jobId] };
  const written = writeBackup({ ...order, snapshot: () => {} }).finally(() => {
    over = true;
  });
  await Promise.all([written, comeAndGo()]);
  let read = 0;
  for await (const { name, content } of readArchive(file, passphrase)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(readFileSync(join(root, name.split('/').at(-1)!)));
    read += 1;
  }
  expect(read).toBeGreaterThan(0);
  expect(read).toBe((await written).files);
});
