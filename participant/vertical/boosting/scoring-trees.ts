import { castOf } from '../../../contract/index.js';
import { leftOf, rightOf } from '../../../learning/index.js';
import { parcelFrom } from '../aligning.js';
import { refuseDrift } from '../drift.js';
import { ownRows } from '../own-rows.js';
import { bytesOf, malformed, readParcel, writeParcel } from '../parcel.js';
import type { StepOutcome, StepWork } from '../step-work.js';
import { plainHeader } from './partner-header.js';
import { sidesOf, splitId, splitIdsOf, type TreeModel } from './tree-model.js';

/**
 * Step parts of a scoring job, at a feature holder of trees: on which side of each of its splits every row is, whether the
 * row comes there or not, so that it does not learn the way of a row.
 */
export async function sendTreeParts(
  work: StepWork,
  model: TreeModel,
  rows: Uint32Array,
): Promise<StepOutcome> {
  const begin = performance.now();
  const { table } = await ownRows(work);
  refuseDrift(model, table, rows);
  const sides = sidesOf(model, table, rows);
  for (const parcel of work.outbox) await writeParcel(parcel, {}, [sides]);
  return { timings: [{ step: 'score', ms: performance.now() - begin }] };
}

/** Log-odds of rows, before calibration, at the label holder: every tree walked down by the sides that all parties told. */
export async function treeScores(work: StepWork, model: TreeModel, rows: Uint32Array): Promise<Float64Array> {
  const { forest } = model;
  if (forest === undefined) throw new RangeError('the leaves of these trees are elsewhere');
  const { table } = await ownRows(work);
  refuseDrift(model, table, rows);
  const bytes = Math.ceil(rows.length / 8);
  const sides = new Map<string, Uint8Array>();
  const keep = (ids: readonly string[], bits: Uint8Array) =>
    ids.forEach((id, at) => {
      sides.set(id, bits.subarray(at * bytes, (at + 1) * bytes));
    });
  keep(
    model.splits.map(({ id }) => id),
    sidesOf(model, table, rows),
  );
  for (const holder of castOf(work.spec).holders) {
    const ids = splitIdsOf(forest, holder);
    const parcel = parcelFrom(work.inbox, 'parts', holder);
    const { body, bodyBytes } = await readParcel(parcel, plainHeader);
    if (bodyBytes !== bytes * ids.length) throw malformed(parcel, 'has other sides than its splits');
    keep(ids, await bytesOf(body()));
  }
  const scores = new Float64Array(rows.length).fill(forest.start);
  forest.trees.slice(0, forest.used).forEach(({ branches, leaves }, tree) => {
    const values = new Map(leaves.map(({ node, value }) => [node, value]));
    const bits = new Map(branches.map(({ node }) => [node, sides.get(splitId(tree + 1, node))!]));
    for (let row = 0; row < scores.length; row++) {
      let node = 0;
      for (let side = bits.get(node); side !== undefined; side = bits.get(node)) {
        node = (side[row >> 3]! >> (row & 7)) & 1 ? leftOf(node) : rightOf(node);
      }
      scores[row]! += values.get(node)!;
    }
  });
  return scores;
}
