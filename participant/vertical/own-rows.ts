import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { CodedError, type JobId } from '../../contract/index.js';
import { type IdSet, setDigest } from '../../crypto/psi/index.js';
import type { FeatureTable } from '../../learning/index.js';
import { findDataset, loadVertical, publicly } from '../data/index.js';
import { scoringModel, wantedOf } from './model.js';
import { Recent } from './recent.js';
import type { StepWork } from './step-work.js';
import { readJson, workPath, writeJson } from './work-files.js';

/** A party's own rows as one job reads them. */
export interface OwnRows {
  readonly ids: IdSet;
  /** Ids as the source has them, for the owner's eyes. */
  readonly rawIds: readonly string[];
  readonly table: FeatureTable & { readonly label?: Uint8Array; readonly test?: Uint8Array };
}

const recent = new Recent<OwnRows>(4);

/**
 * The rows of this party's dataset, read once a job and worker.
 * @throws {CodedError} DATASET_*, MODEL_UNKNOWN; SCHEMA_DRIFT in a scoring job; PSI_SET_CHANGED when a restarted party finds
 * other customers or values than those that the alignment began with.
 */
export function ownRows(work: StepWork): Promise<OwnRows> {
  return recent.get(`${work.jobId} ${work.me}`, () => readRows(work));
}

export function forgetRows(jobId: JobId): void {
  recent.forget(`${jobId} `);
}

async function readRows(work: StepWork): Promise<OwnRows> {
  const { spec, me, datasetFolder, sources } = work;
  const { dataset } = spec.parties[me]!;
  const label = me === spec.labelHolder && spec.type !== 'scoring';
  const features = await wantedFeatures(work);
  // Why a step failed travels to everybody; columns, counts and row numbers of the source are for `datasets check`.
  const loaded = await publicly({ dataset, features }, async () => {
    const { path } = await findDataset(datasetFolder, dataset);
    return loadVertical(path, features, { label }, sources);
  }).catch((thrown: unknown) => {
    throw ownFault(work, thrown);
  });
  const { ids: rawIds, idSet: ids, normalise: _, sourceRow: __, ...table } = loaded;
  const rows = { ids, rawIds, table };
  if (
    existsSync(workPath(work.folder, 'set')) &&
    readJson<OwnSet>(work.folder, 'set').digest !== digestOf(work, rows)
  ) {
    throw new CodedError(
      'PSI_SET_CHANGED',
      `the customers of ${me}, or values of theirs, changed while the job ran`,
      {
        parties: [me],
      },
    );
  }
  return rows;
}

/** What is wrong with the own dataset is for its owner to mend; a model that it does not fit any more has drifted from. */
function ownFault({ spec, me }: StepWork, thrown: unknown): unknown {
  if (!(thrown instanceof CodedError)) return thrown;
  const drifted = thrown.code === 'DATASET_TYPE' || thrown.code === 'DATASET_COLUMN_MISSING';
  const code = spec.type === 'scoring' && drifted ? 'SCHEMA_DRIFT' : thrown.code;
  return new CodedError(code, thrown.message, { cause: thrown, parties: [me] });
}

/** The set that the alignment began with. */
export interface OwnSet {
  readonly count: number;
  readonly digest: string;
}

export function keepSet(work: StepWork, rows: OwnRows): void {
  const set: OwnSet = { count: rows.ids.count, digest: digestOf(work, rows) };
  writeJson(work.folder, 'set', set);
}

/** Of ids and values: bins of one state of the source and columns of another would make a model of neither. */
function digestOf({ jobSecret }: StepWork, { ids, table }: OwnRows): string {
  const salt = jobSecret.reveal();
  const hmac = createHmac('sha256', salt).update(`fedrisk/v1/own-rows\0${setDigest(salt, ids)}\0`);
  const add = (name: string, values: Float64Array | Int32Array | Uint8Array | undefined) => {
    if (values === undefined) return;
    hmac.update(`${name}\0${values.byteLength}\0`);
    hmac.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  for (const [name, values] of table.numbers) add(name, values);
  for (const [name, { levels, codes }] of table.categories) add(JSON.stringify([name, levels]), codes);
  add('label', table.label);
  add('test', table.test);
  return hmac.digest('hex');
}

/** Features of the spec, or in a scoring job those of the own part of the model. */
async function wantedFeatures(work: StepWork) {
  const { spec, me } = work;
  return spec.type === 'scoring' ? wantedOf(await scoringModel(work)) : spec.parties[me]!.features;
}
