import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { collectGarbage } from '../../support/collect-garbage.js';

/** Offsets in SQLite's write-ahead log (sqlite.org/fileformat2.html, section 4). */
const headerBytes = 32;
const frameHeaderBytes = 24;

/** Frames that count: those with the salts of the header. What stands behind them is of an older round of the log. */
function framesOf(wal: Buffer) {
  const size = frameHeaderBytes + wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  const frames: { readonly at: number; readonly commits: boolean }[] = [];
  for (let at = headerBytes; at + size <= wal.length; at += size) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    frames.push({ at, commits: wal.readUInt32BE(at + 4) !== 0 });
  }
  return { size, frames };
}

/** A power cut in the middle of the next record: half a frame, which names itself one of this round. */
export function tearLog(database: string): void {
  changeLog(database, (wal, file) => {
    const { size, frames } = framesOf(wal);
    const last = frames.at(-1);
    if (last === undefined) throw new Error(`the log of ${database} is empty`);
    const torn = Buffer.from(wal.subarray(last.at, last.at + size));
    torn.fill(0xa5, frameHeaderBytes + 100);
    writeSync(file, torn, 0, size / 2, last.at + size);
    ftruncateSync(file, last.at + size + size / 2);
  });
}

/** A disk that said it had stored what it had not: the last transactions are gone. */
export function loseLog(database: string, transactions: number): void {
  changeLog(database, (wal, file) => {
    const { size, frames } = framesOf(wal);
    const commits = frames.filter(({ commits: whole }) => whole);
    const kept = commits.at(-1 - transactions);
    if (kept === undefined)
      throw new Error(`the log of ${database} holds no ${transactions} transactions to lose`);
    ftruncateSync(file, kept.at + size);
  });
}

/**
 * Waits until this process has a database open no more, which was closed: statements hold it until they are collected.
 * Otherwise SQLite would share its memory with them, and they tidy the log away when they go.
 */
export async function letGo(database: string): Promise<void> {
  while (openFiles().some((path) => path.startsWith(database))) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((file) => {
    try {
      return [readlinkSync(`/proc/self/fd/${file}`)];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}

/** Nobody may have the database open. Its shared memory goes: after a power cut there is none. */
function changeLog(database: string, change: (wal: Buffer, file: number) => void): void {
  rmSync(`${database}-shm`, { force: true });
  const path = `${database}-wal`;
  if (!existsSync(path)) throw new Error(`${database} has no log`);
  const file = openSync(path, 'r+');
  try {
    change(readFileSync(path), file);
  } finally {
    closeSync(file);
  }
}

/** The blocks that a power cut kept from the disk though the file had grown already. */
const lostBytes = 4096;

/** Zeros at the end of every upload that has not arrived in full. @throws where there is none. */
export function tearUploads(blobFolder: string): void {
  const parts = filesBelow(blobFolder).filter((path) => path.endsWith('.part'));
  const begun = parts
    .map((path) => ({ path, bytes: readFileSync(path).length }))
    .filter(({ bytes }) => bytes > 0);
  if (begun.length === 0) throw new Error('no upload was under way');
  for (const { path, bytes } of begun) {
    const file = openSync(path, 'r+');
    const lost = Math.min(bytes, lostBytes);
    writeSync(file, Buffer.alloc(lost), 0, lost, bytes - lost);
    closeSync(file);
  }
}

/** Files in a folder and the folders in it; none where there is no folder, or no longer. */
export function filesBelow(folder: string): string[] {
  let entries: ReturnType<typeof namesIn>;
  try {
    entries = namesIn(folder);
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function namesIn(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}
