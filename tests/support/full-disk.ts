import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { onTestFinished, vi } from 'vitest';

/** A disk of its own that a test can fill. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves room for this many bytes, in whole blocks. */
  leave(bytes: number): void;
  empty(): void;
  unmount(): void;
}

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

/** Mounts a disk over a folder, whose files it hides; undefined where the machine lets nobody do so. */
export function mountSmallDisk(path: string, bytes: number): SmallDisk | undefined {
  try {
    const options = `size=${bytes},mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const filler = join(path, 'filler');
  const empty = () => rmSync(filler, { force: true });
  return {
    path,
    empty,
    unmount: () => void execFileSync('umount', ['-l', path]),
    leave: (room) => {
      empty();
      const { bavail, bsize } = statfsSync(path);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(bavail * bsize - room, 0)));
      } catch (error) {
        // Somebody else took of the room meanwhile; the rest of it is taken.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
  };
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
