import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CodedError, type Secret } from '../../contract/index.js';
import { makePrivateFolder, readArchive } from '../../crypto/identity/index.js';
import { syncFolder } from '../blobs/index.js';

export interface RestoreOrder {
  readonly file: string;
  /** A folder that does not exist yet, or is empty. */
  readonly home: string;
  readonly passphrase: Secret;
}

/**
 * Makes a home folder from a backup: whole or not at all.
 * @returns how many files it has.
 * @throws {CodedError} HOME_EXISTS, CONFIG_INVALID, KEYSTORE_LOCKED, BACKUP_INVALID.
 */
export async function restoreBackup({ file, home, passphrase }: RestoreOrder): Promise<number> {
  if (!existsSync(file)) throw new CodedError('CONFIG_INVALID', `there is no ${file}`);
  if ((await readdir(home).catch(() => [])).length > 0) {
    throw new CodedError('HOME_EXISTS', `${home} is not empty; a backup is restored into a new folder`);
  }
  const target = resolve(home);
  await mkdir(dirname(target), { recursive: true });
  const growing = join(dirname(target), `.${basename(target)}-${randomBytes(6).toString('hex')}`);
  try {
    makePrivateFolder(growing);
    const names: string[] = [];
    for await (const { name, content } of readArchive(file, passphrase)) {
      await write(join(growing, name), content);
      names.push(name);
    }
    if (!names.includes('authority.json')) {
      throw new CodedError('BACKUP_INVALID', 'it holds no coordinator');
    }
    // Over an empty folder, or nothing; a folder that somebody filled meanwhile is refused.
    await rename(growing, target);
    chmodSync(target, 0o700);
    await syncFolder(dirname(target));
    return names.length;
  } catch (thrown) {
    await rm(growing, { recursive: true, force: true });
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') {
      throw new CodedError('HOME_EXISTS', `${home} is not empty`, { cause: thrown });
    }
    throw thrown;
  }
}

async function write(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const out = await open(path, 'wx', 0o600);
  try {
    for await (const piece of content) await out.writeFile(piece);
    await out.sync();
  } finally {
    await out.close();
  }
  await syncFolder(dirname(path));
}
