import { toCodedError } from '../../contract/index.js';
import { isServer, type Party } from './operations.js';

/** A write that finds no room, as SQLite says it. */
export class DiskFull extends Error {
  readonly code = 'SQLITE_FULL';

  constructor(readonly who: Party) {
    super(`no room on the disk of ${who}`);
  }

  /** As the party's own store says it: journals throw what SQLite does, of the coordinator's `store.ts` says how. */
  asThrown(): Error {
    return isServer(this.who) ? toCodedError(this) : this;
  }
}
