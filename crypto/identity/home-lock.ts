import { join } from 'node:path';
import Libsql from 'libsql';
import { CodedError } from '../../contract/index.js';

/**
 * Holds a home folder for one process: an exclusive SQLite lock on a file of its own, which the operating system
 * drops when the process ends, however it ends. A file with a process id would outlive SIGKILL.
 * @throws {CodedError} HOME_IN_USE
 */
export function lockHome(home: string): () => void {
  const lock = new Libsql(join(home, 'lock.sqlite'));
  try {
    lock.exec('pragma busy_timeout = 0');
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    throw new CodedError('HOME_IN_USE', `another process runs on ${home}`, { cause: error });
  }
  return () => {
    lock.exec('rollback');
    lock.close();
  };
}
