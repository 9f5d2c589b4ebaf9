import { CodedError } from '../../../contract/index.js';
import { type RegistryLog, registryEvent } from '../../identity/registry-log.js';
import { type Database, queries } from './database.js';

/** The log of identities as a table; `seq` is the index. Several processes may append to one file. */
export function sqliteRegistryLog(db: Database): RegistryLog {
  // Built once: it is asked at every call, and building it takes longer than the answer.
  const newer = queries
    .selectFrom('registry')
    .select(['seq', 'entry'])
    .where('seq', '>', 0)
    .orderBy('seq')
    .compile();
  const newerThan = (index: number): typeof newer => ({ ...newer, parameters: [index] });
  return {
    append: async (event) => {
      db.run(queries.insertInto('registry').values({ at_ms: event.atMs, entry: JSON.stringify(event) }));
    },
    read: async (afterIndex) => {
      const rows = db.all({ compile: () => newerThan(afterIndex) });
      return rows.map(({ seq, entry }) => ({ index: Number(seq), event: parseEntry(entry) }));
    },
  };
}

function parseEntry(text: string) {
  const parsed = registryEvent.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new CodedError('INTERNAL', 'a stored identity event cannot be read', { cause: parsed.error });
}
