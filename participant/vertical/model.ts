import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type VerticalSpecOf } from '../../contract/index.js';
import { writePrivateFile } from '../../crypto/identity/index.js';
import type { Calibration, CoefficientRow, FeatureBins, PartyModel } from '../../learning/index.js';
import type { TreeModel } from './boosting/tree-model.js';
import type { StepWork } from './step-work.js';

/** How one own feature becomes a number at scoring. */
export interface ModelFeature {
  readonly kind: 'number' | 'category';
  readonly bins: FeatureBins;
  /** WOE of each bin. */
  readonly woe: readonly number[];
  /** Training rows of each bin: what drift is measured against. */
  readonly rows: readonly number[];
  readonly iv: number;
}

/** One party's part of a joint model, as it stays with that party. */
export interface VerticalModel {
  readonly format: 'fedrisk/vertical-model/1';
  readonly jobId: string;
  readonly name: string;
  readonly me: string;
  readonly labelHolder: string;
  readonly parties: readonly string[];
  /** Own features by name; those that explain nothing stand here and not in `fit`. */
  readonly features: Readonly<Record<string, ModelFeature>>;
  readonly fit: PartyModel;
  /** Absent when no score was released: standard errors rest on calibrated scores. */
  readonly coefficients?: readonly CoefficientRow[];
  /** Label holder only. */
  readonly calibration?: Calibration;
  readonly scaling?: VerticalSpecOf<'training'>['scaling'];
}

const fileName = 'model.json';

export function writeVerticalModel(folder: string, model: VerticalModel): void {
  writePrivateFile(join(folder, fileName), JSON.stringify(model));
}

/** One party's part of a joint model of any kind. */
export type ModelPart = VerticalModel | TreeModel;

/** @param folder of the training or boosting job. @throws {CodedError} MODEL_UNKNOWN. */
export async function readModelPart(folder: string): Promise<ModelPart> {
  const text = await readFile(join(folder, fileName), 'utf8').catch((cause: unknown) => {
    throw new CodedError('MODEL_UNKNOWN', 'this participant holds no part of the model that the job names', {
      cause,
    });
  });
  const model = JSON.parse(text) as ModelPart;
  if (model.format !== 'fedrisk/vertical-model/1' && model.format !== 'fedrisk/tree-model/1') {
    throw new CodedError('MODEL_UNKNOWN', 'the model that the job names is of another kind');
  }
  return model;
}

/**
 * The own part of the model that a scoring job names.
 * @throws {CodedError} MODEL_UNKNOWN; also when others trained it: a score without the part of one of them is none.
 */
export async function scoringModel({ spec, me, jobsFolder }: StepWork): Promise<ModelPart> {
  if (spec.type !== 'scoring')
    throw new CodedError('INTERNAL', `a ${spec.type} job scores by no earlier model`);
  const model = await readModelPart(join(jobsFolder, spec.model.job)).catch((thrown: unknown) => {
    if (!(thrown instanceof CodedError)) throw thrown;
    throw new CodedError(thrown.code, thrown.message, { cause: thrown, parties: [me] });
  });
  const parties = Object.keys(spec.parties);
  const same =
    model.parties.length === parties.length &&
    parties.every((name) => model.parties.includes(name)) &&
    model.labelHolder === spec.labelHolder &&
    model.me === me;
  if (!same) {
    throw new CodedError(
      'MODEL_UNKNOWN',
      `the model that the job names is one of ${model.parties.join(', ')} with labels of ${model.labelHolder}`,
      { parties },
    );
  }
  return model;
}

/** Features of a model as a dataset is asked for them. */
export function wantedOf({ features }: ModelPart): Record<string, 'number' | 'category'> {
  return Object.fromEntries(Object.entries(features).map(([name, { kind }]) => [name, kind]));
}
