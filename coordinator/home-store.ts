import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../contract/index.js';
import type { Authority } from '../crypto/identity/index.js';
import { type CoordinatorConfig, parseConfig } from './config.js';
import { operatorName, type RegistryLog } from './identity/index.js';
import { type EarlierTables, openPostgresStore, openSqliteStore, type Store } from './store/index.js';

/** Where transcripts and registry of a home are: `sqlite` (a file in the home) or a `postgres://` URL. */
export type StoreSetting = string;

/** What was asked for, else the environment, else `coordinator.yaml`, else a file in the home. */
export function storeSetting(
  home: string,
  given: StoreSetting | undefined,
  environment: string | undefined,
): StoreSetting {
  return given ?? (environment || undefined) ?? homeConfig(home).store;
}

/** @throws {CodedError} CONFIG_INVALID */
export function homeConfig(home: string): CoordinatorConfig {
  const path = join(home, 'coordinator.yaml');
  return parseConfig(existsSync(path) ? readFileSync(path, 'utf8') : undefined);
}

export function databaseOf(home: string): string {
  return join(home, 'coordinator.sqlite');
}

/**
 * Opens the store; `migrate` also makes it when it is new.
 * @throws {CodedError} CONFIG_INVALID, COORDINATOR_UNREACHABLE, HOME_INVALID, VERSION_UNSUPPORTED.
 */
export async function openStore(home: string, setting: StoreSetting, earlier: EarlierTables): Promise<Store> {
  return setting === 'sqlite'
    ? openSqliteStore(databaseOf(home), earlier)
    : openPostgresStore(setting, earlier);
}

/** Opens the store of a coordinator that was made. @throws {CodedError} as `openStore`; HOME_INVALID when it is another one's. */
export async function openOwnStore(
  home: string,
  setting: StoreSetting,
  authority: Pick<Authority, 'certificatePem'>,
): Promise<Store> {
  const store = await openStore(home, setting, 'migrate');
  try {
    await checkAuthority(store.registryLog, authority);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Whether the store belongs to this home's authority: its operator's certificate must be one of this CA. A replica with
 * a home of its own would otherwise issue certificates that the others do not accept.
 * @throws {CodedError} HOME_INVALID
 */
async function checkAuthority(log: RegistryLog, authority: Pick<Authority, 'certificatePem'>): Promise<void> {
  const ca = new X509Certificate(authority.certificatePem);
  const operators = (await log.read(-1)).flatMap(({ event }) =>
    event.kind === 'enrolled' && event.name === operatorName
      ? [new X509Certificate(event.certificatePem)]
      : [],
  );
  if (operators.some((certificate) => certificate.verify(ca.publicKey))) return;
  throw new CodedError(
    'HOME_INVALID',
    operators.length === 0
      ? 'no coordinator was made in this store: run fedrisk coordinator init with the same store'
      : "the store belongs to another coordinator: copy that one's home to make a replica of it",
  );
}
