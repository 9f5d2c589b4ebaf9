import { createHash, hash } from 'node:crypto';
import { CodedError, type HexDigest } from '../../contract/core.js';
import { defaultIdSteps, type IdStep, normaliseId } from './normalisation.js';
import { ValueTable } from './value-table.js';
import { maxIds } from './width.js';

export const DIGEST_BYTES = 32;
/** Rows that an error names: enough to find the cause, and no list of customers. */
const NAMED_ROWS = 5;

/** The ids of a dataset, in row order, as what enters the protocol. Digests of ids can be guessed: they stay here. */
export interface IdSet {
  readonly count: number;
  /** count x 32 bytes: SHA-256 of the normalised id in UTF-8. */
  readonly digests: Uint8Array;
}

/**
 * Normalises and digests the ids of a dataset; null stands for a missing one. Holds 32 bytes per id and a table of 8 to
 * 16 while it looks for duplicates, never the ids.
 * @throws {CodedError} DATASET_ID_EMPTY, DATASET_DUPLICATE_ID naming up to five rows, counted from 1, never an id;
 * PSI_SIZE_LIMIT above maxIds.
 */
export function idDigests(values: Iterable<string | null>, steps: readonly IdStep[] = defaultIdSteps): IdSet {
  let digests = new Uint8Array(1024 * DIGEST_BYTES);
  let count = 0;
  const empty = new Rows();
  for (const value of values) {
    const id = value === null ? '' : normaliseId(value, steps);
    if (id === '') empty.add(count);
    if (count === maxIds) throw new CodedError('PSI_SIZE_LIMIT', `the dataset has over ${maxIds} ids`);
    if ((count + 1) * DIGEST_BYTES > digests.length) {
      const larger = new Uint8Array(digests.length * 2);
      larger.set(digests);
      digests = larger;
    }
    digests.set(hash('sha256', id, 'buffer'), count * DIGEST_BYTES);
    count++;
  }
  if (empty.count > 0) throw new CodedError('DATASET_ID_EMPTY', `no id in ${empty.describe()}`);
  const ids = { count, digests: digests.slice(0, count * DIGEST_BYTES) };
  refuseDuplicates(ids);
  return ids;
}

/**
 * Names a set of ids in row order, for the binding of a scalar and for auditors. `salt`: 32 random bytes, without which
 * a digest of guessable ids could be guessed.
 */
export function setDigest(salt: Uint8Array, ids: IdSet): HexDigest {
  return createHash('sha256')
    .update(`fedrisk/v1/psi-set\0${ids.count}\0`)
    .update(salt)
    .update(ids.digests)
    .digest('hex') as HexDigest;
}

function refuseDuplicates({ count, digests }: IdSet): void {
  const table = new ValueTable(digests, DIGEST_BYTES, count);
  const repeating = new Rows();
  for (let row = 0; row < count; row++) {
    const earlier = table.add(row);
    if (earlier !== -1) repeating.add(row, earlier);
  }
  if (repeating.count > 0) {
    throw new CodedError(
      'DATASET_DUPLICATE_ID',
      `the same id after normalisation in ${repeating.describe()}`,
    );
  }
}

/** Row numbers for people. */
class Rows {
  count = 0;
  readonly #named = new Set<number>();

  add(row: number, earlier?: number): void {
    this.count++;
    for (const each of earlier === undefined ? [row] : [earlier, row]) {
      if (this.#named.size < NAMED_ROWS) this.#named.add(each + 1);
    }
  }

  describe(): string {
    const rows = [...this.#named];
    const last = rows.pop();
    const list = rows.length === 0 ? `row ${last}` : `rows ${rows.join(', ')} and ${last}`;
    return this.count > NAMED_ROWS ? `${list}; ${this.count} such rows in all` : list;
  }
}
