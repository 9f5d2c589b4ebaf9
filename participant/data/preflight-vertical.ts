import { CodedError, type ParticipantName, type VerticalSpec } from '../../contract/index.js';
import { findDataset } from './dataset-folder.js';
import type { WantedFeatures } from './load-table.js';
import { loadVertical } from './load-vertical.js';
import { publicly } from './preflight.js';
import type { ReadOptions } from './source.js';

/** What consent rests on. */
export interface VerticalReadiness {
  /** Own rows, all of which take part in the alignment. */
  readonly rows: number;
  /** At the label holder of a binning or training job: its labels, held-out ones included. */
  readonly labelled?: { readonly rows: number; readonly bad: number };
}

export interface VerticalPreflightOptions extends ReadOptions {
  /** Scoring jobs: features of the own part of the model, which the spec does not name. */
  readonly modelFeatures?: WantedFeatures;
}

/**
 * Before consent: can this participant do its part of the job with its data? A refusal travels to the submitter, so its
 * message names what the spec names and nothing of the source; the full error for the owner is its cause.
 * @throws {CodedError} DATASET_*, PSI_SIZE_LIMIT as loadVertical; SPEC_INVALID when the job does not name `me`.
 */
export async function preflightVertical(
  spec: VerticalSpec,
  me: ParticipantName,
  datasetFolder: string,
  { modelFeatures, ...options }: VerticalPreflightOptions = {},
): Promise<VerticalReadiness> {
  const party = Object.hasOwn(spec.parties, me) ? spec.parties[me] : undefined;
  if (party === undefined) throw new CodedError('SPEC_INVALID', `the job does not name ${me}`);
  const features = spec.type === 'scoring' ? modelFeatures : spec.parties[me]?.features;
  const label = spec.type !== 'scoring' && spec.labelHolder === me;
  const heldOut = spec.type === 'boosting' || (spec.type === 'training' && spec.scores.release === 'holdout');
  const table = await publicly({ dataset: party.dataset, features }, async () => {
    const file = await findDataset(datasetFolder, party.dataset);
    return loadVertical(file.path, features, { label, heldOut }, options);
  });
  if (table.label === undefined) return { rows: table.rows };
  let bad = 0;
  for (const each of table.label) bad += each;
  return { rows: table.rows, labelled: { rows: table.rows, bad } };
}
