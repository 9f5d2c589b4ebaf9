import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import Libsql from 'libsql';

/**
 * Writes a consistent copy of a database that others may be writing to: the state between two transactions, in one
 * file without a log beside it. `to` must not exist.
 */
export function snapshotSqlite(file: string, to: string): void {
  // Made first, so that no other mode is ever on disk; SQLite takes an empty file for a new one.
  closeSync(openSync(to, 'wx', 0o600));
  const db = new Libsql(file);
  try {
    db.exec('pragma busy_timeout = 10000');
    db.exec(`vacuum into '${to.replaceAll("'", "''")}'`);
    chmodSync(to, 0o600);
  } catch (thrown) {
    rmSync(to, { force: true });
    throw thrown;
  } finally {
    db.close();
  }
}
