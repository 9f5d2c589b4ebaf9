import { z } from 'zod';
import {
  binCount,
  countRows,
  type FeatureBins,
  type FeatureTable,
  refuseEmptyFeature,
  shapeOf,
} from '../../learning/index.js';
import { type BinningSpec, binningSpec, columnAt, featureNames, fineBins } from './features.js';
import { ownRows } from './own-rows.js';
import { writeParcel } from './parcel.js';
import { questionOf } from './question.js';
import type { StepOutcome, StepWork } from './step-work.js';
import { trainingRows } from './training-rows.js';
import { writeJson, writeWords } from './work-files.js';

const fineFeature = z.strictObject({
  feature: z.string().max(64),
  values: z.int().min(1).max(255),
  alone: z.int().min(0).max(255),
  ordered: z.boolean(),
  rows: z.array(z.int().min(0)).min(1).max(255),
});
/** What the label holder learns of a holder's features before it opens a count. */
export const fineParcel = z.strictObject({
  question: z.string().regex(/^[0-9a-f]{64}$/),
  features: z.array(fineFeature).min(1).max(2000),
});
export type FineParcel = z.infer<typeof fineParcel>;

/** Step labels, at a feature holder: fine bins of own features, made without labels, and their row counts. */
export async function sendFineBins(work: StepWork): Promise<StepOutcome> {
  const { folder, outbox, me, ownSalt } = work;
  const spec = binningSpec(work);
  const begin = performance.now();
  const names = featureNames(spec, me);
  const { ids, table } = await ownRows(work);
  const rows = await trainingRows(work);
  const { bins, flat } = assignFeatures(spec, names, table, rows);
  const assigned = names.map((_, at) => flat.subarray(at * rows.length, (at + 1) * rows.length));
  const counts = assigned.map((of, at) => countRows(of, binCount(bins[at]!)).rows);
  names.forEach((name, at) => {
    refuseEmptyFeature(name, bins[at]!, counts[at]!, me);
  });
  const header: FineParcel = {
    question: questionOf(ownSalt, names, assigned, { ids, rows }),
    features: names.map((feature, at) => ({ feature, ...shapeOf(bins[at]!), rows: [...counts[at]!] })),
  };
  writeJson(folder, 'fine', Object.fromEntries(names.map((name, at) => [name, bins[at]])));
  writeJson(folder, 'fine-rows', counts);
  writeWords(folder, 'assigned', flat);
  for (const parcel of outbox) await writeParcel(parcel, header);
  return { timings: [{ step: 'bin', ms: performance.now() - begin }] };
}

/**
 * Fine bins of every feature, and the bin of every training row, feature after feature in the joint order. One column at
 * a time: all of them at once would be as large as the table.
 */
function assignFeatures(
  spec: BinningSpec,
  names: readonly string[],
  table: FeatureTable,
  rows: Uint32Array,
): { readonly bins: readonly FeatureBins[]; readonly flat: Uint8Array } {
  // Bins are the same in any order. A column is read as it lies in memory, and only its bins, a byte each, are put in the
  // joint order.
  const order = inOwnOrder(rows);
  const ordered = order.map((at) => rows[at]!);
  const flat = new Uint8Array(names.length * rows.length);
  const bins = names.map((name, index) => {
    const { bins, assigned } = fineBins(spec, columnAt(table, name, ordered));
    const start = index * rows.length;
    for (let k = 0; k < order.length; k++) flat[start + order[k]!] = assigned[k]!;
    return bins;
  });
  return { bins, flat };
}

/** Positions of the joint order by own row. */
function inOwnOrder(rows: Uint32Array): Uint32Array {
  const last = rows.reduce((most, row) => Math.max(most, row), 0);
  const positions = new Int32Array(last + 1).fill(-1);
  rows.forEach((row, at) => {
    positions[row] = at;
  });
  return Uint32Array.from(positions.filter((at) => at >= 0));
}
