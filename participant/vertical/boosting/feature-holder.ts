import { existsSync } from 'node:fs';
import {
  countSlots,
  depthOf,
  everySlot,
  joinedGroups,
  leftBits,
  leftOf,
  markedRows,
  placesOf,
  RowPartition,
  rightOf,
  sampledRows,
  slotsOf,
} from '../../../learning/index.js';
import { bytesOf, malformed, readHeader, readParcel, writeParcel } from '../parcel.js';
import type { InboundParcel, StepOutcome, StepWork } from '../step-work.js';
import { readJson, workPath, writeJson } from '../work-files.js';
import { HeldState } from './held-state.js';
import { hiddenFeatures } from './hidden-features.js';
import { nodeSums } from './node-sums.js';
import { overlapped } from './overlapped.js';
import { parcelOfStep } from './parcels.js';
import { type GradientsHeader, gradientsHeader, type PartnerSplit, splitsHeader } from './partner-header.js';
import { boostingSpec, treeSettings } from './settings.js';

/** A tree at a feature holder: who is where, and what may be told of it. */
interface HeldTree {
  readonly partition: RowPartition;
  readonly sampled: Uint8Array;
  /** Groups of slots of every counted node and of its sibling. */
  readonly ends: Map<number, Uint8Array>;
}

/** What came in on one level of the tree under way: enough to follow the tree again after a crash. */
interface LevelNote {
  readonly round: number;
  /** Nodes that were parted before this level, with their bits in base64. */
  readonly parted: readonly { readonly node: number; readonly bits: string }[];
  readonly counted: readonly number[];
  /** Own splits, once the label holder chose. */
  readonly splits?: readonly PartnerSplit[];
}

const held = new HeldState<HeldTree>();

export function forgetHeldTrees(jobId: string): void {
  held.forget(jobId);
}

/** Step bins, at a feature holder: how many bins each feature has, under numbers that mean nothing. */
export async function sendBins(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { features, monotone } = await hiddenFeatures(work);
  for (const parcel of work.outbox) await writeParcel(parcel, { values: features.values, monotone });
  return { timings: [{ step: 'bin', ms: performance.now() - begin }] };
}

/** Step histograms, at a feature holder: of every counted node the sums of the encrypted gradients over its bins. */
export async function sendHistograms(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { spec, outbox, step } = work;
  const { labelHolder } = spec;
  const { features } = await hiddenFeatures(work);
  const slots = slotsOf(features.values);
  const parcel = parcelOfStep(work, step.number - 1, labelHolder);
  const { header, body, bodyBytes } = await readParcel(parcel, gradientsHeader);
  const tree = held.take(work) ?? (await followed(work, step.level));
  const own = await ownSides(work, tree);
  refuseOtherNodes(parcel, header, step.level, own);
  const sumsOf = (rows: number) => nodeSums(work, work.me, features.values, rows);
  const bytesDue = [
    ...header.parted.map(({ rows }) => bitBytes(rows)),
    ...header.counted.map(({ rows }) => sumsOf(rows).gradientBytes),
  ].reduce((sum, bytes) => sum + bytes, 0);
  if (bytesDue !== bodyBytes) throw malformed(parcel, 'has another size than its nodes');
  let at = 0;
  const parted = [...own];
  for (const { node, rows } of header.parted) {
    const bytes = bitBytes(rows);
    refuseOtherRows(parcel, tree, node, rows);
    parted.push({ node, bits: await bytesOf(body(at, at + bytes)) });
    at += bytes;
  }
  const counted = header.counted.map(({ node }) => node);
  note(work, { round: step.round, parted: parted.map(inBase64), counted });
  await follow(work, tree, parted, counted, parcel);
  const due = header.counted.map(({ node, rows }) => {
    const inSample = markedRows(tree.partition.rowsOf(node), tree.sampled);
    if (inSample.length !== rows)
      throw malformed(parcel, `counts ${rows} rows in node ${node}, which has ${inSample.length}`);
    const sums = sumsOf(rows);
    at += sums.gradientBytes;
    return { node, inSample, sums, gradients: body(at - sums.gradientBytes, at) };
  });
  const answersOf = () =>
    overlapped(due, async ({ node, inSample, sums, gradients }) => {
      const ends = tree.ends.get(node)!;
      const rows = inSample.length;
      const cells = new Uint8Array(rows * features.values.length);
      slots.starts.forEach((_, feature) => {
        const place = placesOf(slots, feature, ends);
        const column = feature * features.rows;
        const start = feature * rows;
        for (let k = 0; k < rows; k++) cells[start + k] = place[features.bins[column + inSample[k]!]!]!;
      });
      return [ends, ...(await sums.sums(gradients, cells))];
    });
  async function* answers() {
    for await (const answer of answersOf()) yield* answer;
  }
  for (const outbound of outbox) await writeParcel(outbound, {}, answers());
  held.leave(work, step.number + 2, tree);
  return { timings: [{ step: 'multiply', ms: performance.now() - begin }] };
}

/** Step sides, at a feature holder: which rows go left in the nodes that its features part. */
export async function sendSides(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { spec, step, outbox } = work;
  const parcel = parcelOfStep(work, step.number - 1, spec.labelHolder);
  const { splits } = await readHeader(parcel, splitsHeader);
  const tree = held.take(work) ?? (await followed(work, step.level + 1));
  const { features } = await hiddenFeatures(work);
  for (const { feature, bin, node } of splits) {
    if (feature >= features.values.length || bin >= features.values[feature]!) {
      throw malformed(parcel, `parts node ${node} at a bin that no feature has`);
    }
    if (depthOf(node) !== step.level || !tree.ends.has(node)) {
      throw malformed(parcel, `parts node ${node}, which this level does not have`);
    }
    const start = slotsOf(features.values).starts[feature]!;
    if (tree.ends.get(node)![start + bin] !== 1)
      throw malformed(parcel, `parts node ${node} inside of a group of bins`);
  }
  if (new Set(splits.map(({ node }) => node)).size !== splits.length)
    throw malformed(parcel, 'parts a node twice');
  note(work, { ...readJson<LevelNote>(work.folder, noteName(step.level)), splits });
  const sides = await ownSides(work, tree);
  for (const outbound of outbox)
    await writeParcel(
      outbound,
      {},
      sides.map(({ bits }) => bits),
    );
  await keepSplits(work, splits);
  held.leave(work, step.number + 2, tree);
  return { timings: [{ step: 'split', ms: performance.now() - begin }] };
}

/** Bits of the splits that were chosen from own features on the level before, as far as they are not parted yet. */
async function ownSides(work: StepWork, tree: HeldTree): Promise<{ node: number; bits: Uint8Array }[]> {
  const level = work.step.name === 'sides' ? work.step.level : work.step.level - 1;
  if (level < 0) return [];
  const { splits = [] } = readJson<LevelNote>(work.folder, noteName(level));
  return sidesOf(work, tree, splits);
}

async function sidesOf(work: StepWork, { partition }: HeldTree, splits: readonly PartnerSplit[]) {
  const { features } = await hiddenFeatures(work);
  return splits.map(({ node, feature, bin, missingLeft }) => {
    const column = features.bins.subarray(feature * features.rows, (feature + 1) * features.rows);
    const missing = features.values[feature]!;
    return { node, bits: leftBits(partition.rowsOf(node), column, bin, missing, missingLeft) };
  });
}

/** Parts nodes, and finds the groups of what is counted now. */
async function follow(
  work: StepWork,
  tree: HeldTree,
  parted: readonly { readonly node: number; readonly bits: Uint8Array }[],
  counted: readonly number[],
  parcel?: InboundParcel,
): Promise<void> {
  const { features } = await hiddenFeatures(work);
  const slots = slotsOf(features.values);
  const { groupRows } = boostingSpec(work).trees;
  for (const { node, bits } of parted) tree.partition.split(node, bits);
  for (const node of counted) {
    const parent = (node - 1) >> 1;
    const family = node === 0 ? [0] : [leftOf(parent), rightOf(parent)];
    const above = node === 0 ? everySlot(slots) : tree.ends.get(parent);
    if (above === undefined || !family.every((member) => tree.partition.has(member))) {
      throw parcel
        ? malformed(parcel, `counts node ${node}, which does not exist`)
        : new RangeError(`no node ${node}`);
    }
    const counts = family.map((member) =>
      countSlots(features, slots, markedRows(tree.partition.rowsOf(member), tree.sampled)),
    );
    const ends = joinedGroups(slots, above, counts, groupRows);
    for (const member of family) tree.ends.set(member, ends);
  }
}

/** The tree before a level, from notes. */
async function followed(work: StepWork, levels: number): Promise<HeldTree> {
  const { rows } = await hiddenFeatures(work);
  const settings = treeSettings(boostingSpec(work));
  const tree: HeldTree = {
    partition: new RowPartition(rows.features.rows),
    sampled: sampledRows(rows.training, settings, work.step.round - 1),
    ends: new Map(),
  };
  for (let level = 0; level < levels; level++) {
    const { parted, counted } = readJson<LevelNote>(work.folder, noteName(level));
    const bits = parted.map(({ node, bits }) => ({
      node,
      bits: new Uint8Array(Buffer.from(bits, 'base64')),
    }));
    await follow(work, tree, bits, counted);
  }
  return tree;
}

const noteName = (level: number) => `tree-level-${level}`;

function note(work: StepWork, levelNote: LevelNote): void {
  writeJson(work.folder, noteName(work.step.level), levelNote);
}

const inBase64 = ({ node, bits }: { readonly node: number; readonly bits: Uint8Array }) => ({
  node,
  bits: Buffer.from(bits).toString('base64'),
});

/**
 * Nodes of another level, twice, or more than a tree can have there: the proof that masks hide bins counts what a whole job opens.
 */
function refuseOtherNodes(
  parcel: InboundParcel,
  { parted, counted }: GradientsHeader,
  level: number,
  own: readonly { readonly node: number }[],
): void {
  const partedNodes = [...own, ...parted].map(({ node }) => node);
  const countedNodes = counted.map(({ node }) => node);
  const sound =
    partedNodes.every((node) => depthOf(node) === level - 1) &&
    countedNodes.every((node) => depthOf(node) === level) &&
    new Set(partedNodes).size === partedNodes.length &&
    new Set(countedNodes.map((node) => (node - 1) >> 1)).size === countedNodes.length;
  if (!sound) throw malformed(parcel, `names nodes that level ${level} of a tree has not`);
}

const bitBytes = (rows: number) => Math.ceil(rows / 8);

function refuseOtherRows(parcel: InboundParcel, { partition }: HeldTree, node: number, rows: number): void {
  if (!partition.has(node) || partition.rowsOf(node).length !== rows) {
    throw malformed(parcel, `parts node ${node} with other rows than it has`);
  }
}

/** Own splits of a tree, for the own part of the model. */
export type KeptSplits = readonly (PartnerSplit & { readonly round: number })[];

async function keepSplits(work: StepWork, splits: readonly PartnerSplit[]): Promise<void> {
  const { step, folder } = work;
  const before = existsSync(workPath(folder, 'tree-splits'))
    ? readJson<KeptSplits>(folder, 'tree-splits')
    : [];
  const others = before.filter(
    ({ round, node }) => round !== step.round || !splits.some((split) => split.node === node),
  );
  writeJson(folder, 'tree-splits', [...others, ...splits.map((split) => ({ ...split, round: step.round }))]);
}
