import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { onTestFinished, vi } from 'vitest';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';

/** Mounts a disk until the end of the test; undefined where the machine lets nobody do so. */
export function smallDisk(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'fedrisk-disk-'));
  const disk = mountSmallDisk(path, bytes);
  onTestFinished(() => {
    disk?.unmount();
    rmSync(path, { recursive: true });
  });
  return disk;
}

/**
 * The last SQLite connection that `open` makes, whose file can be kept from growing: SQLite then refuses as it does on a full
 * disk.
 */
export function withConnection<T>(open: () => T): {
  readonly opened: T;
  fill(): void;
  empty(): void;
} {
  const exec = vi.spyOn(Libsql.prototype, 'exec');
  const opened = open();
  const connection = exec.mock.contexts.at(-1) as Libsql.Database;
  exec.mockRestore();
  const limit = (pages: number) => connection.exec(`pragma max_page_count = ${pages}`);
  // Never below what there is: SQLite takes that as the limit.
  return { opened, fill: () => limit(1), empty: () => limit(2 ** 30) };
}
