import { z } from 'zod';
import { CodedError, castOf } from '../../contract/index.js';
import { ownScore, scoreUnitsLimit, toScoreUnits } from '../../learning/index.js';
import { alignedRows, parcelFrom, positionsOf } from './aligning.js';
import { sendTreeParts } from './boosting/scoring-trees.js';
import type { TreeModel } from './boosting/tree-model.js';
import { refuseDrift } from './drift.js';
import { columnsOf, woeColumns } from './fit-matrix.js';
import { maskPeers } from './keys.js';
import { scoringModel, type VerticalModel } from './model.js';
import { ownRows } from './own-rows.js';
import { pairMasks } from './pair-masks.js';
import { bytesOf, malformed, readParcel, writeParcel } from './parcel.js';
import { fittedParty } from './party-fit.js';
import { rowUse } from './row-use.js';
import type { StepOutcome, StepWork } from './step-work.js';

/** Score parts travel as residues of 32 bits: masks of several feature holders cancel mod 2^32. */
const partModulus = 2 ** 32;
const partHeader = z.strictObject({
  rows: z
    .int()
    .min(0)
    .max(2 ** 25),
});

/**
 * Step parts, at a feature holder: its part of the log-odds of released rows, rounded to 1/64. With several holders the
 * parts carry masks that cancel in the sum, which is all the label holder learns.
 */
export async function sendParts(work: StepWork): Promise<StepOutcome> {
  const { outbox, me, grant, spec } = work;
  const begin = performance.now();
  const allowed = spec.type === 'scoring' ? grant.scores === 'all' : grant.scores !== 'none';
  if (!allowed) {
    throw new CodedError('POLICY_SCORES', `the policy of ${me} releases no score parts for this job`, {
      parties: [me],
    });
  }
  const { rows } = await releasedRows(work);
  const trees = await scoringTrees(work);
  if (trees) return sendTreeParts(work, trees, rows);
  const units = toScoreUnits(await ownParts(work, rows));
  const several = castOf(spec).holders.length > 1;
  const masks = several
    ? pairMasks(await maskPeers(work, 'parts'), 'parts', units.length, partModulus)
    : undefined;
  const words = Uint32Array.from(units, (unit, at) => unit + (masks?.[at] ?? 0));
  const body = [new Uint8Array(words.buffer)];
  for (const parcel of outbox) await writeParcel(parcel, { rows: words.length }, body);
  return { timings: [{ step: 'score', ms: performance.now() - begin }] };
}

/** The feature holders' parts of released rows, summed, in units of 1/64 log-odds; at the label holder. */
export async function receivedParts(work: StepWork): Promise<Int32Array> {
  const { inbox, spec } = work;
  const { holders } = castOf(spec);
  const { rows } = await releasedRows(work);
  const sums = new Int32Array(rows.length);
  for (const holder of holders) {
    const parcel = parcelFrom(inbox, 'parts', holder);
    const { header, body, bodyBytes } = await readParcel(parcel, partHeader);
    if (header.rows !== sums.length || bodyBytes !== 4 * sums.length) {
      throw malformed(parcel, 'has another number of score parts than rows were released');
    }
    const words = new Uint32Array((await bytesOf(body())).buffer);
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at]! + words[at]!) | 0;
  }
  if (!sums.every((sum) => Math.abs(sum) <= holders.length * scoreUnitsLimit)) {
    throw new CodedError(
      'PARCEL_MALFORMED',
      `the score parts of ${holders.join(', ')} do not add up to scores`,
      {
        parties: holders,
      },
    );
  }
  return sums;
}

/** Rows whose score parts are released: positions in the joint order, and own row numbers. */
export async function releasedRows(work: StepWork): Promise<{ positions: Uint32Array; rows: Uint32Array }> {
  const aligned = await alignedRows(work);
  const positions = positionsOf(aligned, rowUse.heldOut, rowUse.calibrate);
  return { positions, rows: positions.map((at) => aligned.rows[at]!) };
}

/** This party's part of the log-odds of some of its rows. */
export async function ownParts(work: StepWork, rows: Uint32Array): Promise<Float64Array> {
  if (work.spec.type === 'scoring') return partsByModel(work, await scorecard(work), rows);
  const { features, fit } = await fittedParty(work);
  return ownScore(fit, await woeColumns(work, features, rows));
}

/** The own part of trees, when it is trees that the job scores by. */
export async function scoringTrees(work: StepWork): Promise<TreeModel | undefined> {
  if (work.spec.type !== 'scoring') return undefined;
  const model = await scoringModel(work);
  return model.format === 'fedrisk/tree-model/1' ? model : undefined;
}

async function scorecard(work: StepWork): Promise<VerticalModel> {
  const model = await scoringModel(work);
  if (model.format === 'fedrisk/vertical-model/1') return model;
  throw new CodedError('INTERNAL', 'trees have no score parts');
}

async function partsByModel(work: StepWork, model: VerticalModel, rows: Uint32Array): Promise<Float64Array> {
  const { table } = await ownRows(work);
  refuseDrift(model, table, rows);
  return ownScore(model.fit, columnsOf(table, model.features, rows));
}
