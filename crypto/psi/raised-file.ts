import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CodedError } from '../../contract/core.js';
import { POINT_BYTES, raisePoints } from './curve.js';
import type { PointSource, PsiPool, Raising } from './pool.js';

export interface RaisedFile extends Omit<Raising, 'start'> {
  readonly pool: PsiPool;
  /** Path of the result; `${output}.part` until it is whole. */
  readonly output: string;
  /** Runs on the whole records before the file gets its name; throws to withhold it. */
  readonly inspect?: (part: FileHandle) => Promise<void>;
}

/**
 * Raises a set into a file, resuming what an earlier run left. Killed at any point: while raising, the part file holds
 * whole records and perhaps a piece of one, and the next run goes on behind the last whole one; after the
 * rename, the next run finds the file done. Both are believed only after the first and last record were computed
 * again, so a file of another scalar, set or width is begun anew. Synced to disk when this returns.
 */
export async function raiseToFile(task: RaisedFile): Promise<void> {
  const { pool, output, width, source, inspect } = task;
  if (await isDone(task)) return;
  const path = `${output}.part`;
  const part = await open(path, (await exists(path)) ? 'r+' : 'wx+', 0o600);
  try {
    let records = await keptRecords(part, task);
    await part.truncate(records * width);
    for await (const batch of pool.raise({ ...task, start: records })) {
      await writeAt(part, batch, records * width);
      records += batch.length / width;
    }
    if (records !== source.count) throw new CodedError('INTERNAL', `raised ${records} of ${source.count}`);
    await inspect?.(part);
    await part.sync();
  } finally {
    await part.close();
  }
  await rename(path, output);
  await syncFolder(dirname(output));
}

/**
 * A peer's points in a file.
 * @throws {CodedError} PARCEL_MALFORMED unless the file has exactly `count` records.
 */
export async function pointsInFile(file: FileHandle, count: number): Promise<PointSource> {
  assertRecords((await file.stat()).size, count, POINT_BYTES, 'blinded ids');
  return {
    count,
    read: (start, wanted) => readRecords(file, start * POINT_BYTES, wanted * POINT_BYTES),
  };
}

/** @throws {CodedError} PARCEL_MALFORMED. */
export function assertRecords(bytes: number, count: number, width: number, what: string): void {
  if (bytes !== count * width) {
    throw new CodedError(
      'PARCEL_MALFORMED',
      `the peer's ${what} take ${bytes} bytes; ${count} of ${width} bytes were announced`,
    );
  }
}

/** All bytes asked for, in a buffer of their own. @throws {CodedError} PARCEL_MALFORMED when the file ends before. */
export async function readRecords(file: FileHandle, position: number, bytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(target, filled, bytes - filled, position + filled);
    if (bytesRead === 0) throw new CodedError('PARCEL_MALFORMED', 'a file of blinded ids became shorter');
    filled += bytesRead;
  }
  return target;
}

async function isDone(task: RaisedFile): Promise<boolean> {
  if (!(await exists(task.output))) return false;
  const file = await open(task.output, 'r');
  try {
    const { size } = await file.stat();
    return size === task.source.count * task.width && (await keptRecords(file, task)) === task.source.count;
  } finally {
    await file.close();
  }
}

/** Whole records of a file that this task would write too. */
async function keptRecords(file: FileHandle, task: RaisedFile): Promise<number> {
  const { source, width } = task;
  const { size } = await file.stat();
  const records = Math.min(source.count, await beforeHole(file, Math.floor(size / width), width));
  if (records === 0) return 0;
  for (const record of new Set([0, records - 1])) {
    const held = await readRecords(file, record * width, width);
    const right = raisePoints(task.scalar.reveal(), await source.read(record, 1), width);
    if (Buffer.compare(held, right) !== 0) return 0;
  }
  return records;
}

const holeBlock = 4096;

/**
 * Records before the first block of zeros. A power cut may keep a file's length and lose blocks that were not synced;
 * those read as zeros, which no record is.
 */
async function beforeHole(file: FileHandle, records: number, width: number): Promise<number> {
  const end = records * width;
  const stride = 256 * holeBlock;
  for (let at = 0; at < end; at += stride) {
    const bytes = await readRecords(file, at, Math.min(stride, end - at));
    for (let block = 0; block < bytes.length; block += holeBlock) {
      const piece = bytes.subarray(block, block + holeBlock);
      // A shorter piece at the end may be zeros by chance; the last record is compared anyway.
      if (piece.length >= width && piece.every((byte) => byte === 0)) {
        return Math.floor((at + block) / width);
      }
    }
  }
  return records;
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
