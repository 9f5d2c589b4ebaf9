import type { SharedBlobs } from '../../blobs/index.js';
import type { EarlierTables } from '../schema-version.js';
import type { Store } from '../store.js';

// The driver is loaded by coordinators that use it: 0.1 s of CPU.

/** @throws {CodedError} as `openPostgresStore` of `postgres-store.ts`. */
export async function openPostgresStore(url: string, earlier: EarlierTables = 'migrate'): Promise<Store> {
  const room = await import('./postgres-store.js');
  return room.openPostgresStore(url, earlier);
}

/** @throws {CodedError} as `openPostgresBlobs` of `postgres-blobs.ts`. */
export async function openPostgresBlobs(url: string): Promise<SharedBlobs> {
  const room = await import('./postgres-blobs.js');
  return room.openPostgresBlobs(url);
}

/** Whether what is stored goes to another machine readable, because the URL says so. @throws {CodedError} CONFIG_INVALID */
export async function isPlaintext(url: string): Promise<boolean> {
  const room = await import('./connection.js');
  return room.isPlaintext(url);
}
