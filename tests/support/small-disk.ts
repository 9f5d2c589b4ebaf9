import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own that can be filled. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves room for this many bytes, in whole blocks. */
  leave(bytes: number): void;
  empty(): void;
  /** As a system does with a disk that fails; nobody may have a file open for writing. */
  protect(): void;
  unprotect(): void;
  unmount(): void;
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
  const remount = (how: 'ro' | 'rw') => void execFileSync('mount', ['-o', `remount,${how}`, path]);
  return {
    path,
    empty,
    protect: () => remount('ro'),
    unprotect: () => remount('rw'),
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

/** Puts a home on a small disk; undefined where that is not allowed. */
export function onDiskOfItsOwn(home: string): SmallDisk | undefined {
  const aside = mkdtempSync(join(tmpdir(), 'fedrisk-aside-'));
  try {
    cpSync(home, aside, { recursive: true, preserveTimestamps: true });
    const disk = mountSmallDisk(home, 64 * 1024 * 1024);
    if (disk !== undefined) execFileSync('cp', ['-a', `${aside}/.`, home]);
    return disk;
  } finally {
    rmSync(aside, { recursive: true });
  }
}
