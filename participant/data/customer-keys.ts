import { CodedError } from '../../contract/index.js';
import { type IdSet, idDigests, normaliseId } from '../../crypto/psi/index.js';
import type { DatasetFile } from './dataset-file.js';
import type { DatasetProblem } from './problems.js';
import type { StagedRows } from './staged-rows.js';

const shownRows = 5;

/** Ids of a dataset as what enters an alignment, or why they cannot. */
export type CustomerKeys =
  | { readonly set: IdSet; readonly problems: readonly [] }
  | { readonly set?: undefined; readonly problems: readonly DatasetProblem[] };

/**
 * Ids name customers to other parties when something is left of each after normalisation, and nothing twice. The room of
 * the protocol decides in 40 bytes a row; only ids that it refuses are gone through again for their source rows.
 */
export function customerKeys(
  staged: StagedRows,
  ids: readonly string[],
  id: DatasetFile['id'],
): CustomerKeys {
  try {
    return { set: idDigests(ids, id.normalise), problems: [] };
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    if (thrown.code === 'PSI_SIZE_LIMIT') {
      return { problems: [{ code: thrown.code, detail: thrown.message, rows: [] }] };
    }
    return { problems: refusedKeys(staged, ids, id) };
  }
}

function refusedKeys(
  staged: StagedRows,
  ids: readonly string[],
  { column, normalise }: DatasetFile['id'],
): DatasetProblem[] {
  const where = `id column ${column} after ${normalise.join(', ') || 'no normalisation'}`;
  const empty: number[] = [];
  const firstRow = new Map<string, number>();
  const pairs: [number, number][] = [];
  for (const [at, sourceRow] of bySourceRow(staged)) {
    const id = normaliseId(ids[at]!, normalise);
    const first = firstRow.get(id);
    if (id === '') empty.push(sourceRow);
    else if (first === undefined) firstRow.set(id, sourceRow);
    else pairs.push([first, sourceRow]);
  }
  const problems: DatasetProblem[] = [];
  if (empty.length > 0) {
    const rows = empty.slice(0, shownRows);
    const detail = `${where}: nothing in ${empty.length} rows; first in row ${rows.join(', ')}`;
    problems.push({ code: 'DATASET_ID_EMPTY', detail, rows });
  }
  if (pairs.length > 0) {
    const shown = pairs.slice(0, shownRows);
    const words = shown.map(([first, later]) => `${first} and ${later}`).join(', ');
    const more = pairs.length > shown.length ? `, ${pairs.length} such rows in all` : '';
    problems.push({
      code: 'DATASET_DUPLICATE_ID',
      detail: `${where}: the same id in rows ${words}${more}`,
      rows: shown.flat(),
    });
  }
  return problems;
}

/** Places of staged rows and their source rows, in the order of the source, which people see. */
function bySourceRow({ rows, sourceRow }: StagedRows): [number, number][] {
  return Array.from({ length: rows }, (_, at): [number, number] => [at, sourceRow[at]!]).sort(
    ([, a], [, b]) => a - b,
  );
}
