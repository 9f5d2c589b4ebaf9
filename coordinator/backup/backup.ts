import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type JobId, type Secret } from '../../contract/index.js';
import { type ArchiveEntry, writeArchive } from '../../crypto/identity/index.js';

/** Files of a home that make a coordinator; the database is added as a copy of its own. */
const files = ['authority.json', 'ca.pem', 'server.pem', 'keystore.json', 'passphrase', 'coordinator.yaml'];
const operatorFiles = ['config.json', 'certificate.pem', 'ca.pem', 'keystore.json', 'passphrase'];

export interface BackupOrder {
  readonly home: string;
  /** Where the archive goes; must not exist. */
  readonly file: string;
  readonly passphrase: Secret;
  /** Name the database has in the home; undefined when it lies in PostgreSQL, whose own tools copy it. */
  readonly database: string | undefined;
  /** Writes a consistent copy of the database to a new file. */
  snapshot(to: string): void;
  /** Unfinished jobs whose ciphertexts go along. */
  readonly jobs: readonly JobId[];
}

/**
 * Writes a backup of a coordinator, which may be running. Keys, settings and the operator's home are files that never
 * change in place; the database is a snapshot. Ciphertexts of jobs come after it: what the snapshot refers to was
 * complete before.
 * @returns size of the archive and of what is in it, in bytes.
 * @throws {CodedError} CONFIG_INVALID when the file exists or cannot be written.
 */
export async function writeBackup(order: BackupOrder): Promise<{ bytes: number; files: number }> {
  const { home, file, passphrase, database } = order;
  if (existsSync(file)) throw new CodedError('CONFIG_INVALID', `${file} exists; a backup replaces nothing`);
  const copy = join(home, `snapshot-${randomBytes(6).toString('hex')}.sqlite`);
  let count = 0;
  const counted = async function* () {
    for await (const entry of entriesOf(order, copy)) {
      count += 1;
      yield entry;
    }
  };
  try {
    if (database !== undefined) order.snapshot(copy);
    return { bytes: await writeArchive(file, passphrase, counted()), files: count };
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    const reason = (thrown as NodeJS.ErrnoException).code ?? (thrown as Error).message;
    throw new CodedError('CONFIG_INVALID', `the backup could not be written: ${reason}`, { cause: thrown });
  } finally {
    await rm(copy, { force: true });
  }
}

async function* entriesOf({ home, database, jobs }: BackupOrder, copy: string): AsyncGenerator<ArchiveEntry> {
  for (const name of [...files, ...operatorFiles.map((each) => `operator/${each}`)]) {
    const entry = await entryOf(join(home, name), name);
    if (entry) yield entry;
  }
  if (database !== undefined) {
    const entry = await entryOf(copy, database);
    if (entry) yield entry;
  }
  for (const jobId of jobs) yield* ciphertextsOf(home, jobId);
}

/** Uploads and sums that are complete never change; they may go while the backup runs, when nobody needs them. */
async function* ciphertextsOf(home: string, jobId: JobId): AsyncGenerator<ArchiveEntry> {
  const folder = `blobs/${jobId.slice('job-'.length)}`;
  const names = await readdir(join(home, folder), { recursive: true }).catch(() => []);
  for (const name of names) {
    if (name.endsWith('.part')) continue;
    const entry = await entryOf(join(home, folder, name), `${folder}/${name}`);
    if (entry) yield entry;
  }
}

/** Of a file, not of a link. Opened before it is told of: one that goes while the backup runs is in it whole, or not at all. */
async function entryOf(path: string, name: string): Promise<ArchiveEntry | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined) return undefined;
  const found = await file.stat();
  if (found.isFile()) return { name, bytes: found.size, content: file.createReadStream() };
  await file.close();
  return undefined;
}
