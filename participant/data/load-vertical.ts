import type { IdSet, IdStep } from '../../crypto/psi/index.js';
import type { FeatureTable } from '../../learning/index.js';
import { customerKeys } from './customer-keys.js';
import { readDatasetFile } from './dataset-file.js';
import { inRange, mapFeatures, refuseUnlabelled, type WantedFeatures } from './load-table.js';
import { findProblems, refuseProblems } from './problems.js';
import { type ReadOptions, withSource } from './source.js';
import { stageRows } from './staged-rows.js';

/** Rows of one party of a vertical job, in an order that does not depend on that of the source. */
export interface VerticalRows extends FeatureTable {
  /** Customer ids as the source has them, by row. They leave the participant as blinded digests only. */
  readonly ids: readonly string[];
  /** How their text becomes what is digested. */
  readonly normalise: readonly IdStep[];
  /** What they become: digests in the order of the rows. */
  readonly idSet: IdSet;
  /** Row of the source, counted from 1 (a CSV header is not counted). */
  readonly sourceRow: Int32Array;
  /** Where wanted: 1 = bad, 0 = good. */
  readonly label?: Uint8Array;
  /** Where the label is: 1 = held out, 0 = for training. The label holder's split is that of the job. */
  readonly test?: Uint8Array;
}

export interface VerticalNeeds {
  /** Label and split; without it they are not read, and the file needs none. */
  readonly label: boolean;
  /** Held-out rows with both classes are needed too: the job measures on them. */
  readonly heldOut?: boolean;
}

/**
 * The rows of a dataset for a vertical job, with ids that name each customer once.
 * @param path the dataset file. @param wanted features of the job or of its model; undefined for none.
 * @throws {CodedError} as loadTable, without DATASET_ONE_CLASS where no label is wanted; DATASET_ID_EMPTY and
 * DATASET_DUPLICATE_ID after normalisation; PSI_SIZE_LIMIT.
 */
export async function loadVertical(
  path: string,
  wanted: WantedFeatures | undefined,
  needs: VerticalNeeds,
  options: ReadOptions = {},
): Promise<VerticalRows> {
  const { label, heldOut = false } = needs;
  const file = await readDatasetFile(path);
  if (label) refuseUnlabelled(file);
  const features = mapFeatures(file, wanted ?? {});
  const staged = await withSource(file, options, (source) =>
    stageRows(source, file, features, { outcome: label, ids: true }),
  );
  const ids = staged.ids!;
  const keys = customerKeys(staged, ids, file.id);
  const parts = heldOut ? (['train', 'test'] as const) : (['train'] as const);
  refuseProblems(file, findProblems(staged, file, features, { parts, keys: keys.problems }));
  return {
    rows: staged.rows,
    numbers: inRange(staged, features),
    categories: staged.categories,
    ids,
    normalise: file.id.normalise,
    idSet: keys.set!,
    sourceRow: staged.sourceRow,
    ...(staged.outcome && { label: staged.outcome.label, test: staged.outcome.split }),
  };
}
