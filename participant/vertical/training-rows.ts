import { CodedError, type JobId } from '../../contract/index.js';
import { alignedRows, positionsOf } from './aligning.js';
import { ownRows } from './own-rows.js';
import { Recent } from './recent.js';
import { rowUse } from './row-use.js';
import type { StepWork } from './step-work.js';

const training = new Recent<Uint32Array>(4);

/** Rows of the own dataset that train, in the joint order. @throws {CodedError} ALIGNMENT_TOO_SMALL when none does. */
export function trainingRows(work: StepWork): Promise<Uint32Array> {
  return training.get(`${work.jobId} ${work.me}`, () => findTrainingRows(work));
}

export function forgetTrainingRows(jobId: JobId): void {
  training.forget(`${jobId} `);
  labels.forget(`${jobId} `);
}

async function findTrainingRows(work: StepWork): Promise<Uint32Array> {
  const aligned = await alignedRows(work);
  const positions = positionsOf(aligned, rowUse.train, rowUse.calibrate);
  if (positions.length === 0) {
    const { labelHolder } = work.spec;
    throw new CodedError(
      'ALIGNMENT_TOO_SMALL',
      `${labelHolder} holds out every common customer; none is left to train on`,
      { parties: [labelHolder] },
    );
  }
  return positions.map((at) => aligned.rows[at]!);
}

const labels = new Recent<Uint8Array>(4);

/** Labels of the training rows, at the label holder. @throws {CodedError} DATASET_ONE_CLASS, ALIGNMENT_TOO_SMALL. */
export function trainingLabels(work: StepWork): Promise<Uint8Array> {
  return labels.get(`${work.jobId} ${work.me}`, () => findTrainingLabels(work));
}

async function findTrainingLabels(work: StepWork): Promise<Uint8Array> {
  const { table } = await ownRows(work);
  const rows = await trainingRows(work);
  const label = Uint8Array.from(rows, (row) => table.label![row]!);
  if (label.every((value) => value === label[0])) {
    throw new CodedError('DATASET_ONE_CLASS', 'the common training rows have one class only', {
      parties: [work.me],
    });
  }
  return label;
}
