import { sql } from 'kysely';
import { CodedError } from '../../../contract/index.js';
import { type RegistryLog, registryEvent } from '../../identity/registry-log.js';
import type { Database } from './database.js';
import { locks } from './schema.js';

/**
 * The log of identities as a table. Writers take turns by a lock that ends with their transaction: with a sequence, an
 * event could become readable after one with a higher index, and a revocation be overlooked.
 */
export function postgresRegistryLog(database: Database): RegistryLog {
  return {
    append: (event) =>
      database.change(async (queries) => {
        await sql`select pg_advisory_xact_lock(${locks.registry})`.execute(queries);
        // A statement of its own after the lock: its snapshot then shows what the last holder wrote.
        const { last } = await queries
          .selectFrom('registry')
          .select(({ fn }) => fn.max('seq').as('last'))
          .executeTakeFirstOrThrow();
        const row = { seq: Number(last ?? 0) + 1, at_ms: event.atMs, entry: JSON.stringify(event) };
        await queries.insertInto('registry').values(row).execute();
      }),
    read: async (afterIndex) => {
      const rows = await database.read((queries) =>
        queries
          .selectFrom('registry')
          .select(['seq', 'entry'])
          .where('seq', '>', afterIndex)
          .orderBy('seq')
          .execute(),
      );
      return rows.map(({ seq, entry }) => ({ index: seq, event: parseEntry(entry) }));
    },
  };
}

function parseEntry(text: string) {
  const parsed = registryEvent.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new CodedError('INTERNAL', 'a stored identity event cannot be read', { cause: parsed.error });
}
