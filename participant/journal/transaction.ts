import type Database from 'libsql';

/**
 * Runs a change whole or not at all. That of libsql hides why a change failed: it rolls back what SQLite, on a full disk,
 * has rolled back already, and throws the error of that.
 * @throws whatever `work` throws, and what SQLite refuses.
 */
export function transaction<T>(db: Database.Database, work: () => T, kind: '' | 'immediate' = ''): T {
  // Of one that could not be rolled back.
  rollBack(db);
  db.exec(`begin ${kind}`);
  try {
    const result = work();
    db.exec('commit');
    return result;
  } catch (error) {
    try {
      rollBack(db);
    } catch {
      // The next transaction does it; why this one failed is what matters.
    }
    throw error;
  }
}

function rollBack(db: Database.Database): void {
  if (db.inTransaction) db.exec('rollback');
}
