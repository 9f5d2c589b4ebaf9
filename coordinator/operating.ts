import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Clock, CodedError, type Secret } from '../contract/index.js';
import { lockHome } from '../crypto/identity/index.js';
import { restoreBackup, writeBackup } from './backup/index.js';
import { type BlobsKept, blobsKept } from './home-blobs.js';
import { databaseOf, homeConfig, openStore, storeSetting } from './home-store.js';
import { Registry } from './identity/index.js';
import { type CoordinatorStatus, statusOf } from './observe/index.js';
import { jobStateKinds } from './rounds/index.js';
import { type EarlierTables, type JobRow, type Store, snapshotSqlite } from './store/index.js';

/** What main.ts adds to an operator's order. */
export interface Surroundings {
  /** FEDRISK_STORE. */
  readonly storeVariable: string | undefined;
  readonly version: string;
  readonly clock: Clock;
}

export interface HomeOrder {
  readonly home: string;
  readonly store?: string;
}

export interface BackupRequest extends HomeOrder {
  readonly file: string;
  /** Encrypts the backup; not that of the home, without which the backup must be of use. */
  readonly backupPassphrase: Secret;
  /** Also ciphertexts of unfinished jobs, so that they can go on after a restore; of those that the home keeps. */
  readonly withCiphertexts?: boolean;
}

export interface BackupReport {
  readonly bytes: number;
  readonly files: number;
  /** False where the database is PostgreSQL's, which is backed up by its own tools. */
  readonly database: boolean;
  readonly unfinishedJobs: readonly string[];
  /** Whether those of unfinished jobs are in it. */
  readonly ciphertexts: boolean;
  /** Where the coordinator keeps them. */
  readonly blobs: BlobsKept;
}

const leastPassphraseBytes = 12;

export function statusOfHome(order: HomeOrder, around: Surroundings): Promise<CoordinatorStatus> {
  return withStore(order, around, async (store, blobs) => {
    const registry = new Registry(store.registryLog, around.clock);
    await registry.refresh();
    const parties = await registry.parties();
    const { home } = order;
    const { version, clock } = around;
    return statusOf({ home, running: isRunning(home), version, store, blobs, parties, nowMs: clock.now() });
  });
}

/** @throws {CodedError} CONFIG_INVALID, HOME_INVALID */
export function backUp(order: BackupRequest, around: Surroundings): Promise<BackupReport> {
  const { home, file, backupPassphrase, withCiphertexts = false } = order;
  checkPassphrase(backupPassphrase);
  return withStore(order, around, async (store, blobs) => {
    const jobs = (await unfinished(store)).map(({ jobId }) => jobId);
    // What lies elsewhere is not lost with this machine, and what is at hand here is a part of it.
    const within = withCiphertexts && blobs === 'folder';
    const own = storeSetting(home, order.store, around.storeVariable) === 'sqlite';
    const written = await writeBackup({
      ...{ home, file, passphrase: backupPassphrase },
      database: own ? basename(databaseOf(home)) : undefined,
      snapshot: (to) => snapshotSqlite(databaseOf(home), to),
      jobs: within ? jobs : [],
    });
    return { ...written, database: own, unfinishedJobs: jobs, ciphertexts: within, blobs };
  });
}

export interface RestoreReport {
  readonly files: number;
  /** Jobs that go on when the coordinator starts. */
  readonly unfinishedJobs: readonly string[];
  /** Whether the backup held ciphertexts. */
  readonly ciphertexts: boolean;
  /** Where the coordinator keeps them. */
  readonly blobs: BlobsKept;
}

/** @throws {CodedError} HOME_EXISTS, KEYSTORE_LOCKED, BACKUP_INVALID, CONFIG_INVALID */
export async function restoreHome(
  order: HomeOrder & { readonly file: string; readonly backupPassphrase: Secret },
  around: Surroundings,
): Promise<RestoreReport> {
  const { home, file, backupPassphrase } = order;
  const files = await restoreBackup({ home, file, passphrase: backupPassphrase });
  const ciphertexts = existsSync(join(home, 'blobs'));
  const setting = storeSetting(home, order.store, around.storeVariable);
  const blobs = blobsKept(homeConfig(home), setting);
  if (!existsSync(databaseOf(home))) return { files, unfinishedJobs: [], ciphertexts, blobs };
  const jobs = await withStore({ home, store: 'sqlite' }, around, unfinished, 'migrate');
  return { files, unfinishedJobs: jobs.map(({ jobId }) => jobId), ciphertexts, blobs };
}

function unfinished(store: Store): Promise<JobRow[]> {
  const states = jobStateKinds.filter((kind) => !['finished', 'failed', 'cancelled'].includes(kind));
  return store.listJobs({ states, limit: 1_000_000 });
}

function checkPassphrase(passphrase: Secret): void {
  if (passphrase.reveal().length >= leastPassphraseBytes) return;
  throw new CodedError(
    'CONFIG_INVALID',
    `the passphrase of a backup has at least ${leastPassphraseBytes} bytes: whoever has the file can try as many as they like`,
  );
}

async function withStore<T>(
  { home, store: given }: HomeOrder,
  { storeVariable }: Surroundings,
  work: (store: Store, blobs: BlobsKept) => Promise<T>,
  earlier: EarlierTables = 'refuse',
): Promise<T> {
  if (!existsSync(join(home, 'authority.json'))) {
    throw new CodedError('HOME_INVALID', `${home} holds no coordinator`);
  }
  const setting = storeSetting(home, given, storeVariable);
  const store = await openStore(home, setting, earlier);
  try {
    return await work(store, blobsKept(homeConfig(home), setting));
  } finally {
    await store.close();
  }
}

function isRunning(home: string): boolean {
  try {
    lockHome(home)();
    return false;
  } catch {
    return true;
  }
}
