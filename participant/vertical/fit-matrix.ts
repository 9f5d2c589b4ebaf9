import { CodedError, castOf, type JobId, type ParticipantName } from '../../contract/index.js';
import { type Matrix, type ProductShape, partOf, productParameters } from '../../crypto/matvec/index.js';
import {
  assignBins,
  type Design,
  type DesignColumns,
  type FeatureTable,
  type FitSettings,
  residualLimit,
  threadedDesignOf,
  usualPrecision,
  valueScale,
  woeOfBin,
} from '../../learning/index.js';
import { answeredFeatures, type OwnFeatures } from './binning.js';
import { type BinningSpec, binningSpec, columnAt, featureNames } from './features.js';
import type { ModelFeature } from './model.js';
import { ownRows } from './own-rows.js';
import { Recent } from './recent.js';
import type { StepWork } from './step-work.js';
import { trainingRows } from './training-rows.js';
import { explains, requireWoe } from './woe.js';
import { readJson } from './work-files.js';

/** A party's half of the fit, made once a job and worker. */
export interface FitMatrix {
  readonly design: Design;
  readonly settings: FitSettings;
  /**
   * The matrix that is multiplied: a column for every feature of the spec, zeros for those that explain nothing, so that
   * its width is public and which features fell away is not. The label holder's has a last one for the intercept.
   */
  readonly columns: Matrix;
  /** Which of its columns are those of the design. */
  readonly places: readonly number[];
}

const recent = new Recent<FitMatrix>(4);

export function fitMatrix(work: StepWork): Promise<FitMatrix> {
  return recent.get(`${work.jobId} ${work.me}`, () => buildMatrix(work));
}

export function forgetMatrix(jobId: JobId): void {
  recent.forget(`${jobId} `);
}

async function buildMatrix(work: StepWork): Promise<FitMatrix> {
  const spec = trainingSpec(work);
  const { me } = work;
  const intercept = me === spec.labelHolder;
  const features = await binnedFeatures(work);
  const options = { intercept, precision: usualPrecision, signal: work.signal };
  const design = await threadedDesignOf(await woeColumns(work, features), options);
  const all = featureNames(spec, me);
  const places = design.names.map((name) => all.indexOf(name));
  if (intercept) places.push(all.length);
  const { rows } = design;
  const width = all.length + Number(intercept);
  return {
    design,
    settings: { parties: Object.keys(spec.parties).length, l2: spec.training.l2 },
    columns: { kind: 'dense', values: cellsOf(design, places, width), rows, columns: width },
    places,
  };
}

/** Columns of the design at their places among `width`, zeros between them; its own memory where none fell away. */
function cellsOf({ values, rows }: Design, places: readonly number[], width: number): Int16Array {
  if (places.length === width && places.every((place, column) => place === column)) return values;
  const cells = new Int16Array(new SharedArrayBuffer(width * rows * Int16Array.BYTES_PER_ELEMENT));
  places.forEach((place, column) => {
    cells.set(values.subarray(column * rows, (column + 1) * rows), place * rows);
  });
  return cells;
}

/** The label holder's own features, those too that are to stay out of the fit. */
export function allOwnFeatures({ folder }: StepWork): OwnFeatures {
  return readJson<OwnFeatures>(folder, 'features');
}

function usedFeatures({ binning }: BinningSpec, features: OwnFeatures): OwnFeatures {
  const used = Object.entries(features).map(([name, feature]) => {
    return [
      name,
      feature.iv < binning.minimumIv ? { ...feature, woe: feature.woe.map(() => 0) } : feature,
    ] as const;
  });
  return Object.fromEntries(used);
}

/** Own features with bins and WOE as the fit takes them. */
export async function binnedFeatures(work: StepWork): Promise<OwnFeatures> {
  if (work.me === work.spec.labelHolder) return usedFeatures(binningSpec(work), allOwnFeatures(work));
  const features = await answeredFeatures(work);
  if (work.spec.type === 'training') {
    for (const { woe } of Object.values(features)) requireWoe(woe, work.me, work.spec.labelHolder);
  }
  return features;
}

/** WOE columns of the features that explain something, over the given rows of the own dataset; training rows by default. */
export async function woeColumns(
  work: StepWork,
  features: OwnFeatures,
  rows?: Uint32Array,
): Promise<DesignColumns> {
  const { table } = await ownRows(work);
  const columns = columnsOf(table, features, rows ?? (await trainingRows(work)));
  if (columns.names.length === 0) {
    throw new CodedError('FEATURE_CONSTANT', `no feature of ${work.me} explains anything`, {
      parties: [work.me],
    });
  }
  return columns;
}

/** The same for any table with these features; a byte a cell, as there may be hundreds of columns of millions of rows. */
export function columnsOf(table: FeatureTable, features: OwnFeatures, rows: Uint32Array): DesignColumns {
  const names = explainingNames(features);
  const values = names.map((name) => {
    const { bins, woe } = features[name] as ModelFeature;
    return { bins: assignBins(columnAt(table, name, rows), bins), woe: woeOfBin(woe) };
  });
  return { names, values };
}

export function explainingNames(features: OwnFeatures): string[] {
  return Object.keys(features).filter((name) => explains(features[name]!.woe));
}

/**
 * The product that a residual is made for, from the spec and the number of common training rows alone.
 * @param owner whose matrix; by default the widest one, which decides stride and parameter set for all.
 */
export async function gradientShape(
  work: StepWork,
  vector: 'forHolders' | 'forLabelHolder',
  owner?: ParticipantName,
): Promise<ProductShape> {
  const spec = trainingSpec(work);
  const { labelHolder, holders } = castOf(spec);
  const rows = (await trainingRows(work)).length;
  const widthOf = (party: ParticipantName) =>
    featureNames(spec, party).length + Number(party === labelHolder);
  const widest = vector === 'forLabelHolder' ? widthOf(labelHolder) : Math.max(...holders.map(widthOf));
  const { shape } = productParameters({
    rows,
    matrix: { form: 'dense', columns: widest, maxAbs: valueScale(usualPrecision).limit },
    maxAbsVector: residualLimit(usualPrecision),
    learner: 'function-holder',
    passes: holders.length === 1 ? 0 : holders.length,
  });
  return owner === undefined ? shape : partOf(shape, wantedColumns(widthOf(owner), shape.stride));
}

/** Columns of each output. */
function wantedColumns(columns: number, stride: number): number[] {
  return Array.from({ length: Math.ceil(columns / stride) }, (_, output) =>
    Math.min(stride, columns - output * stride),
  );
}

export function trainingSpec({ spec }: StepWork) {
  if (spec.type !== 'training') throw new CodedError('INTERNAL', `a ${spec.type} job fits nothing`);
  return spec;
}
