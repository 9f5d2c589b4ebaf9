import { z } from 'zod';
import { assignBins, binCount, countRows, refuseEmptyFeature, shapeOf } from '../../learning/index.js';
import { binningSpec, columnAt, featureNames, fineBins } from './features.js';
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
  // One column at a time: all of them at once would be as large as the table.
  const flat = new Uint8Array(names.length * rows.length);
  const assigned = names.map((_, at) => flat.subarray(at * rows.length, (at + 1) * rows.length));
  const bins = names.map((name, at) => {
    const column = columnAt(table, name, rows);
    const own = fineBins(spec, column);
    assigned[at]!.set(assignBins(column, own));
    return own;
  });
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
  for (const { path } of outbox) await writeParcel(path, header);
  return { timings: [{ step: 'bin', ms: performance.now() - begin }] };
}
