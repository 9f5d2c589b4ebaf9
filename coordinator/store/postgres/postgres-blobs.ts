import { randomUUID } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { type Kysely, sql } from 'kysely';
import type { SharedBlobs } from '../../blobs/index.js';
import { Database } from './database.js';
import { migrate, type Tables } from './schema.js';

/** Bytes of one row; a piece is in memory as text of twice the size when it is read. */
const chunkBytes = 1024 * 1024;
/** Rows deleted by one statement, whose time is bounded. */
const rowsPerDelete = 256;
const keysPerRead = 1000;
const connections = 4;

/**
 * Ciphertexts in the database that replicas share anyway, on connections of their own: a transfer never holds up a
 * transcript.
 * @throws {CodedError} CONFIG_INVALID as `connectionOf`, COORDINATOR_UNREACHABLE, HOME_INVALID.
 */
export async function openPostgresBlobs(url: string): Promise<SharedBlobs> {
  const database = new Database(url, { connections });
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    put: (key, file) => database.change((queries) => put(queries, key, file)),
    size: (key) => database.read((queries) => sizeOf(queries, key)),
    get: async (key) => {
      const bytes = await database.read((queries) => sizeOf(queries, key));
      return bytes === undefined ? undefined : chunks(database, key, bytes);
    },
    keys: async (prefix) => {
      const found: string[] = [];
      for (let from = `${prefix}/`; ; from = found.at(-1)!) {
        const keys = await database.read((queries) => keysBelow(queries, prefix, from));
        found.push(...keys);
        if (keys.length < keysPerRead) return found;
      }
    },
    remove: (prefix, but) => remove(database, prefix, but),
    roots: async () => {
      const query = sql<{ root: string }>`select distinct split_part(key, '/', 1) as root from blobs`;
      return (await database.read((queries) => query.execute(queries))).rows.map(({ root }) => root);
    },
    close: () => database.close(),
  };
}

/**
 * One transaction: a reader sees the old bytes or the new ones, and what a crash leaves is nothing. The bytes are copied
 * under a name of their own, so that replicas which put the same wait for each other only while names change.
 */
async function put(queries: Kysely<Tables>, key: string, path: string): Promise<void> {
  const isThere = async () => (await sizeOf(queries, key)) === (await stat(path)).size;
  // Another replica was first: bytes of a key never change.
  if (await isThere()) return;
  const draft = `${key} ${randomUUID()}`;
  const bytes = await copy(queries, draft, path);
  await sql`select pg_advisory_xact_lock(hashtextextended(${`blob ${key}`}, 0))`.execute(queries);
  if (await isThere()) {
    await queries.deleteFrom('blob_chunks').where('key', '=', draft).execute();
    return;
  }
  await queries.deleteFrom('blob_chunks').where('key', '=', key).execute();
  await queries.deleteFrom('blobs').where('key', '=', key).execute();
  await queries.updateTable('blob_chunks').set({ key }).where('key', '=', draft).execute();
  await queries.insertInto('blobs').values({ key, bytes }).execute();
}

/** @returns the number of bytes. */
async function copy(queries: Kysely<Tables>, key: string, path: string): Promise<number> {
  const file = await open(path, 'r');
  let bytes = 0;
  try {
    for (;;) {
      const data = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(data, 0, chunkBytes, bytes);
      if (bytesRead === 0) break;
      const row = { key, at: bytes, data: data.subarray(0, bytesRead) };
      await queries.insertInto('blob_chunks').values(row).execute();
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

async function sizeOf(queries: Kysely<Tables>, key: string): Promise<number | undefined> {
  const row = await queries.selectFrom('blobs').select('bytes').where('key', '=', key).executeTakeFirst();
  return row?.bytes;
}

async function* chunks(database: Database, key: string, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; ) {
    const row = await database.read((queries) =>
      queries
        .selectFrom('blob_chunks')
        .select('data')
        .where('key', '=', key)
        .where('at', '=', at)
        .executeTakeFirst(),
    );
    // Removed meanwhile.
    if (row === undefined) return;
    yield row.data;
    at += row.data.length;
  }
}

/** Keys after `from`, in order. `/` is followed by `0` in ASCII. */
async function keysBelow(queries: Kysely<Tables>, prefix: string, from: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('blobs')
    .select('key')
    .where('key', '>', from)
    .where('key', '<', `${prefix}0`)
    .orderBy('key')
    .limit(keysPerRead)
    .execute();
  return rows.map(({ key }) => key);
}

async function remove(database: Database, prefix: string, but = ''): Promise<void> {
  for (;;) {
    const keys = await database.read((queries) => keysBelow(queries, prefix, `${prefix}/`));
    for (const key of keys.filter((each) => each !== but)) {
      // First the name: whoever asks finds nothing from here on. Chunks without a name are found below.
      await database.read((queries) => queries.deleteFrom('blobs').where('key', '=', key).execute());
    }
    if (keys.length < keysPerRead) break;
  }
  while (await database.read((queries) => removeChunks(queries, prefix, but))) {
    // Statement after statement, each of bounded time.
  }
}

/** @returns whether there may be more. */
async function removeChunks(queries: Kysely<Tables>, prefix: string, but: string): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    delete from blob_chunks where ctid = any (array(
      select ctid from blob_chunks where key > ${`${prefix}/`} and key < ${`${prefix}0`} and key <> ${but}
      limit ${rowsPerDelete}
    ))`.execute(queries);
  return numAffectedRows === BigInt(rowsPerDelete);
}
