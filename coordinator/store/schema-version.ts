import { CodedError } from '../../contract/index.js';

/**
 * What opening does about tables of an earlier version. Who only looks refuses them: a coordinator of that version may be
 * at work on them, and could not start again.
 */
export type EarlierTables = 'migrate' | 'refuse';

/** @throws {CodedError} HOME_INVALID */
export function refuseNewer(current: number, known: number): void {
  if (current <= known) return;
  throw new CodedError('HOME_INVALID', `the database has schema ${current}, this version knows ${known}`);
}

/** @throws {CodedError} HOME_INVALID for newer tables and for none, VERSION_UNSUPPORTED for those of an earlier version. */
export function refuseOther(current: number, known: number): void {
  refuseNewer(current, known);
  if (current === known) return;
  throw current === 0
    ? new CodedError(
        'HOME_INVALID',
        'no coordinator was made in this store: run fedrisk coordinator init with the same store',
      )
    : new CodedError(
        'VERSION_UNSUPPORTED',
        `the database has schema ${current} of an earlier version of fedrisk, this one knows ${known}: upgrade the coordinator, whose start brings it along, or run the command of the version that is at work`,
      );
}
