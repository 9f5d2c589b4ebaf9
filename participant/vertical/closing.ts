import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  CodedError,
  castOf,
  type FeatureReport,
  type HexDigest,
  type Metric,
  specJson,
} from '../../contract/index.js';
import { writePrivateFile } from '../../crypto/identity/index.js';
import {
  type CoefficientRow,
  calibrated,
  coefficientTable,
  type Design,
  fitSolo,
  fromScoreUnits,
  ownScore,
  type PartyModel,
  partyPoints,
  pointsOfLogOdds,
  pointsScale,
  probabilityOf,
  type Sharpness,
  type SoloModel,
  soloScore,
  valueBand,
  weightedCoefficientTable,
} from '../../learning/index.js';
import { alignedRows, parcelFrom, positionsOf } from './aligning.js';
import { concludeTrees } from './boosting/concluding.js';
import { treeScores } from './boosting/scoring-trees.js';
import { boostingSpec } from './boosting/settings.js';
import { type Evaluation, evaluate } from './evaluation.js';
import { binningSpec, featureNames } from './features.js';
import { allOwnFeatures, binnedFeatures, fitMatrix, trainingSpec, woeColumns } from './fit-matrix.js';
import { type ModelPart, scoringModel, type VerticalModel, writeVerticalModel } from './model.js';
import { ownRows } from './own-rows.js';
import { writeParcel } from './parcel.js';
import { fittedParty } from './party-fit.js';
import { type RowCounts, type VerticalResult, writeResult } from './result.js';
import { rowUse } from './row-use.js';
import { writeScores } from './score-file.js';
import { ownParts, receivedParts, releasedRows } from './scoring.js';
import { readSharpness, sharpnessOf } from './sharpness.js';
import type { StepOutcome, StepWork } from './step-work.js';
import { trainingLabels } from './training-rows.js';
import { woeAnswer } from './woe.js';
import { readJson, workPath, writeJson } from './work-files.js';

/** What the label holder knows of the joint model once scores were released. */
interface Measured {
  readonly evaluation: Evaluation;
  /** Absent when the calibration is too flat to divide by. */
  readonly coefficients?: readonly CoefficientRow[];
}

/** Step result, at the label holder: the joint model measured and calibrated on the released rows. */
export async function sendResult(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const spec = trainingSpec(work);
  const measured = spec.scores.release === 'none' ? undefined : await evaluateJoint(work);
  writeJson(work.folder, 'measured', measured ?? null);
  const sharpness = measured && sharpnessOf(roundedSharpness(measured.evaluation));
  for (const parcel of work.outbox) await writeParcel(parcel, { sharpness: sharpness ?? null });
  return { timings: [{ step: 'score', ms: performance.now() - begin }] };
}

/** Three digits: enough for standard errors, and little about labels. */
function roundedSharpness({ calibration, meanWeight }: Evaluation): Sharpness {
  const digits3 = (value: number) => Number(value.toPrecision(3));
  return { slope: digits3(calibration.slope), meanWeight: digits3(meanWeight) };
}

async function evaluateJoint(work: StepWork): Promise<Measured | undefined> {
  const spec = trainingSpec(work);
  const { table } = await ownRows(work);
  const aligned = await alignedRows(work);
  const { positions, rows } = await releasedRows(work);
  const { features, fit } = await fittedParty(work);
  const columns = await woeColumns(work, features, rows);
  const partner = fromScoreUnits(await receivedParts(work));
  const joint = ownScore(fit, columns).map((own, at) => fit.intercept + own + partner[at]!);
  const solo = await soloModel(work);
  const evaluation = evaluate(
    {
      joint,
      solo: soloScore(solo, await woeColumns(work, allOwnFeatures(work), rows)),
      label: Uint8Array.from(rows, (row) => table.label![row]!),
      heldOut: Uint8Array.from(positions, (at) => Number(aligned.use[at] === rowUse.heldOut)),
    },
    spec.scaling,
  );
  if (evaluation === undefined) return undefined;
  const { calibration } = evaluation;
  const weights = joint.map((score) => {
    const p = probabilityOf(calibrated(calibration, score));
    return p * (1 - p);
  });
  const { design } = await fitMatrix(work);
  if (sharpnessOf(roundedSharpness(evaluation)) === null) return { evaluation };
  const released = { columns, weights, slope: calibration.slope };
  return { evaluation, coefficients: weightedCoefficientTable(design, fit, released) };
}

/** The label holder's own model on the same training rows, with all of its features: what the joint one must beat. */
async function soloModel(work: StepWork): Promise<SoloModel> {
  const { training } = trainingSpec(work);
  return fitSolo(await woeColumns(work, allOwnFeatures(work)), await trainingLabels(work), {
    l2: Math.max(training.l2, 1e-6),
  });
}

/** Step close: everybody keeps its part and reports a keyed digest of it. */
export async function close(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const result = await conclude(work);
  writePrivateFile(join(work.folder, 'spec.json'), specJson(work.spec));
  writeResult(work.folder, result);
  const fingerprint = fingerprintOf(work, result);
  const { spec } = work;
  const released = (metric: Metric) => (spec.release as readonly string[]).includes(metric.name);
  return {
    report: {
      fingerprint,
      metrics: work.me === spec.labelHolder ? metricsOf(result).filter(released) : [],
      features: work.me === spec.labelHolder && spec.release.includes('iv') ? reportedFeatures(result) : [],
      labelFunctionals: result.labelFunctionals,
      scoresReleased: work.me === spec.labelHolder ? result.scoresReleased : 0,
    },
    timings: [{ step: 'close', ms: performance.now() - begin }],
  };
}

/** Under a key of this participant alone: the coordinator cannot guess a model from it (PROTOCOLS §1). */
function fingerprintOf({ ownSalt }: StepWork, result: VerticalResult): HexDigest {
  const hmac = createHmac('sha256', ownSalt.reveal()).update('fedrisk/v1/vertical-part\0');
  return hmac.update(JSON.stringify(result)).digest('hex') as HexDigest;
}

async function conclude(work: StepWork): Promise<VerticalResult> {
  switch (work.spec.type) {
    case 'binning':
      return concludeBinning(work);
    case 'training':
      return concludeTraining(work);
    case 'boosting':
      return concludeBoosting(work);
    case 'scoring':
      return concludeScoring(work);
  }
}

async function commonResult(work: StepWork) {
  const { spec, me, jobId } = work;
  const aligned = await alignedRows(work);
  const count = (use: 0 | 1 | 2) => positionsOf(aligned, use).length;
  const { ids } = await ownRows(work);
  const rows: RowCounts = {
    own: ids.count,
    common: aligned.rows.length,
    train: count(rowUse.train) + count(rowUse.calibrate),
    heldOut: count(rowUse.heldOut),
    calibrate: count(rowUse.calibrate),
  };
  const { labelHolder } = spec;
  return {
    format: 'fedrisk/vertical-result/1' as const,
    jobId,
    name: spec.name,
    type: spec.type,
    me,
    labelHolder,
    parties: [labelHolder, ...castOf(spec).holders],
    rows,
  };
}

async function concludeBoosting(work: StepWork): Promise<VerticalResult> {
  const common = await commonResult(work);
  const outcome = await concludeTrees(work);
  return {
    ...common,
    ...outcome,
    features: [],
    ...(work.me === work.spec.labelHolder && { scaling: boostingSpec(work).scaling }),
    labelFunctionals: 0,
    scoresReleased: common.rows.heldOut + common.rows.train,
  };
}

async function concludeBinning(work: StepWork): Promise<VerticalResult> {
  return {
    ...(await commonResult(work)),
    features: await featureResults(work),
    labelFunctionals: functionalsOf(work),
    scoresReleased: 0,
  };
}

async function concludeTraining(work: StepWork): Promise<VerticalResult> {
  const spec = trainingSpec(work);
  const { me, jobId, folder } = work;
  const { features, fit } = await fittedParty(work);
  const { design } = await fitMatrix(work);
  const holds = me === spec.labelHolder;
  const measured = holds ? readJson<Measured | null>(folder, 'measured') : null;
  const evaluation = measured?.evaluation;
  const coefficients = holds ? measured?.coefficients : await ownCoefficients(work, design, fit);
  const model: VerticalModel = {
    format: 'fedrisk/vertical-model/1',
    jobId,
    name: spec.name,
    me,
    labelHolder: spec.labelHolder,
    parties: Object.keys(spec.parties),
    features,
    fit,
    ...(coefficients && { coefficients }),
    ...(evaluation && { calibration: evaluation.calibration }),
    ...(holds && { scaling: spec.scaling }),
  };
  writeVerticalModel(folder, model);
  const released = spec.scores.release === 'none' ? 0 : (await releasedRows(work)).rows.length;
  return {
    ...(await commonResult(work)),
    features: await featureResults(work),
    ...(coefficients && { coefficients }),
    ...(evaluation && { evaluation }),
    ...(holds && { scaling: spec.scaling }),
    labelFunctionals: functionalsOf(work),
    scoresReleased: released,
  };
}

/** A feature holder's table; undefined when no score was released. */
async function ownCoefficients({ inbox, spec }: StepWork, design: Design, fit: PartyModel) {
  const sharpness = await readSharpness(parcelFrom(inbox, 'result', spec.labelHolder));
  return sharpness ? coefficientTable(design, fit, sharpness) : undefined;
}

async function concludeScoring(work: StepWork): Promise<VerticalResult> {
  const { me, spec, folder } = work;
  const { rows } = await releasedRows(work);
  if (me === spec.labelHolder) {
    const { rawIds } = await ownRows(work);
    const scores = await batchScores(work, rows);
    writeScores(folder, { ids: Array.from(rows, (row) => rawIds[row]!), ...scores });
  }
  return { ...(await commonResult(work)), features: [], labelFunctionals: 0, scoresReleased: rows.length };
}

async function batchScores(work: StepWork, rows: Uint32Array) {
  const model = await scoringModel(work);
  if (model.format === 'fedrisk/tree-model/1') {
    return scoresOfLogOdds(model, await treeScores(work, model, rows));
  }
  const own = await ownParts(work, rows);
  return jointScores(model, own, fromScoreUnits(await receivedParts(work)));
}

/** @throws {CodedError} MODEL_UNKNOWN at anybody but the label holder. */
function scoresOfLogOdds({ calibration, scaling }: ModelPart, raw: Float64Array) {
  if (scaling === undefined) {
    throw new CodedError('MODEL_UNKNOWN', 'this part of the model is not the one of the label holder');
  }
  const scale = pointsScale(scaling);
  const logOdds = calibration ? raw.map((score) => calibrated(calibration, score)) : raw;
  return {
    probability: logOdds.map(probabilityOf),
    points: logOdds.map((value) => pointsOfLogOdds(scale, value)),
  };
}

/** Joint scores as probability and points, with each side's share of the points. */
export function jointScores(model: VerticalModel, own: Float64Array, partner: Float64Array) {
  const { calibration, scaling, fit } = model;
  const joint = scoresOfLogOdds(
    model,
    own.map((part, at) => fit.intercept + part + partner[at]!),
  );
  const slope = calibration?.slope ?? 1;
  const scale = pointsScale(scaling!);
  return {
    ...joint,
    ownPoints: own.map((part) => partyPoints(scale, slope * part)),
    partnerPoints: partner.map((part) => partyPoints(scale, slope * part)),
  };
}

/** Own features in full; at the label holder those of partners too, as far as counts told. */
async function featureResults(work: StepWork): Promise<VerticalResult['features']> {
  const spec = binningSpec(work);
  const holds = work.me === spec.labelHolder;
  const features = holds ? allOwnFeatures(work) : await binnedFeatures(work);
  const own = Object.entries(features).map(([feature, { iv, woe, rows, bins }]) => ({
    party: work.me as string,
    feature,
    iv,
    band: valueBand(iv),
    count: rows.length,
    bins,
    rows,
    woe,
  }));
  if (work.me !== spec.labelHolder) return own;
  const partners = castOf(spec).holders.flatMap((party) =>
    woeAnswer.parse(readJson(work.folder, `answer-${party}`)).features.map(({ feature, iv, bins }) => ({
      party: party as string,
      feature,
      iv,
      band: valueBand(iv),
      count: bins,
    })),
  );
  const names = new Map(
    [work.me, ...castOf(spec).holders].map((party) => [party, featureNames(spec, party)]),
  );
  return [...own, ...partners].filter(({ party, feature }) => names.get(party as never)?.includes(feature));
}

function functionalsOf({ folder, me, spec }: StepWork): number {
  if (me !== spec.labelHolder || !existsSync(workPath(folder, 'functionals'))) return 0;
  return readJson<number>(folder, 'functionals');
}

function reportedFeatures({ features }: VerticalResult): FeatureReport[] {
  return features.map(({ party, feature, iv, count }) => ({
    party: party as FeatureReport['party'],
    feature,
    bins: count,
    iv: Math.round(iv * 1e4) / 1e4,
  }));
}

function metricsOf({ rows, evaluation }: VerticalResult): Metric[] {
  const known: Metric[] = [{ name: 'rows', round: 0, value: rows.common }];
  if (evaluation === undefined) return known;
  const { metrics } = evaluation.joint;
  const names = ['auc', 'ks', 'gini', 'brier', 'logLoss'] as const;
  return [
    ...known,
    ...names.map((name) => ({ name, round: 0, value: Math.round(metrics[name] * 1e6) / 1e6 })),
  ];
}
