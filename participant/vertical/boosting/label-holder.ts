import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { castOf, type HexDigest, type ParticipantName } from '../../../contract/index.js';
import {
  type Histogram,
  leftOf,
  lossOfBad,
  rightOf,
  type Slots,
  slotsOf,
  type Tree,
} from '../../../learning/index.js';
import { alignedRows, positionsOf } from '../aligning.js';
import { ownRows } from '../own-rows.js';
import { bytesOf, malformed, readHeader, readParcel, writeParcel } from '../parcel.js';
import { rowUse } from '../row-use.js';
import type { InboundParcel, StepOutcome, StepWork } from '../step-work.js';
import { trainingLabels } from '../training-rows.js';
import { readBytes, readJson, workPath, writeJson, writeWords } from '../work-files.js';
import { HeldState } from './held-state.js';
import { LabelTree, type PartnerFeatures } from './label-tree.js';
import { nodeSums } from './node-sums.js';
import { overlapped } from './overlapped.js';
import { parcelOfStep } from './parcels.js';
import { binsHeader, plainHeader } from './partner-header.js';
import { boostingSpec, treeSettings } from './settings.js';
import { type CurvePoint, curvePoint } from './tree-course.js';
import { treeRows } from './tree-rows.js';

const held = new HeldState<LabelTree>();

export function forgetLabelTrees(jobId: string): void {
  held.forget(jobId);
}

/** Trees so far, as they stand in a file. */
export interface GrownTrees {
  /** Log-odds that every row starts from. */
  readonly start: number;
  /** Mean log-loss of the validation rows after each tree; none where no tree can be the last before all are grown. */
  readonly losses: readonly number[];
  readonly trees: readonly PlainTree[];
  /** The model after each tree. */
  readonly curve: readonly CurvePoint[];
}
export interface PlainTree {
  readonly branches: readonly (readonly [
    number,
    Tree['branches'] extends ReadonlyMap<number, infer B> ? B : never,
  ])[];
  readonly leaves: readonly (readonly [
    number,
    Tree['leaves'] extends ReadonlyMap<number, infer L> ? L : never,
  ])[];
}

/** Step gradients, at the label holder: the rows of each node to be counted, and their gradients, encrypted. */
export async function sendGradients(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { step, outbox } = work;
  const tree = held.take(work) ?? (await replayed(work, step.level));
  const pending = [...tree.pending];
  const sides =
    step.level === 0 ? new Map<number, Uint8Array>() : await partLevel(work, tree, step.level - 1);
  const counted = tree.counted();
  const families = new Set(counted.map(({ node }) => (node - 1) >> 1));
  for (const parcel of outbox) {
    const { to } = parcel;
    const { party, values } = await partnerOf(work, to);
    const parted = pending
      .filter(([node, split]) => families.has(node) && split.party !== party)
      .map(([node]) => ({ node, rows: tree.sizeOf(leftOf(node)) + tree.sizeOf(rightOf(node)) }));
    const header = { parted, counted: counted.map(({ node, rows }) => ({ node, rows: rows.length })) };
    async function* body() {
      for (const { node } of parted) yield sides.get(node)!;
      for (const { rows } of counted) {
        yield* nodeSums(work, to, values, rows.length).gradients(tree.gradientsOf(rows));
      }
    }
    await writeParcel(parcel, header, body());
  }
  held.leave(work, step.number + 2, tree);
  return { timings: [{ step: 'encrypt', ms: performance.now() - begin }] };
}

/** Step splits, at the label holder: histograms opened, splits chosen, each told to the holder whose feature it is of. */
export async function sendSplits(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { step, outbox } = work;
  const tree = held.take(work) ?? (await replayed(work, step.level, { counted: true }));
  const received = new Map<number, Histogram[]>();
  const counted = tree.counted();
  for (const holder of castOf(work.spec).holders) {
    const parcel = parcelOfStep(work, step.number - 1, holder);
    const { values, party } = await partnerOf(work, holder);
    const { body, bodyBytes } = await readParcel(parcel, plainHeader);
    const slots = slotsOf(values);
    let at = 0;
    const due = counted.map(({ node, rows }) => {
      const sums = nodeSums(work, holder, values, rows.length);
      const from = at;
      at += slots.length + sums.sumBytes;
      return { node, rows, sums, from, to: at };
    });
    if (at > bodyBytes) throw malformed(parcel, 'ends before its last node');
    if (at < bodyBytes) throw malformed(parcel, 'goes on behind its last node');
    const opened: Histogram[] = [];
    const histograms = overlapped(due, async ({ node, rows, sums, from, to }) => {
      const bytes = await bytesOf(body(from, to));
      const above = tree.groupsAbove(node, party - 1);
      const ends = checkedEnds(parcel, slots, bytes.slice(0, slots.length), above);
      return { ...(await sums.opened(bytes.subarray(slots.length), tree.gradientsOf(rows))), ends };
    });
    for await (const histogram of histograms) opened.push(histogram);
    for (const [k, { node }] of due.entries()) {
      received.set(node, [...(received.get(node) ?? []), opened[k]!]);
    }
  }
  const decryptMs = performance.now() - begin;
  keepSums(work, received);
  const splits = tree.decide(received);
  for (const parcel of outbox) {
    const { party } = await partnerOf(work, parcel.to);
    const own = [...splits].filter(([, split]) => split.party === party);
    await writeParcel(parcel, {
      splits: own.map(([node, { feature, bin, missingLeft }]) => ({ node, feature, bin, missingLeft })),
    });
  }
  held.leave(work, step.number + 2, tree);
  return {
    timings: [
      { step: 'decrypt', ms: decryptMs },
      { step: 'split', ms: performance.now() - begin - decryptMs },
    ],
  };
}

/** Step tree, at the label holder: the tree is done, and every common row has its score after it. */
export async function finishTree(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { step } = work;
  const alone = growsAlone(work);
  const levels = alone ? 0 : boostingSpec(work).trees.depth;
  const tree = held.take(work) ?? (await replayed(work, levels));
  if (alone) growAlone(tree);
  else await partLevel(work, tree, levels - 1);
  const before = await grown(work);
  const logOdds = await scoresAfter(work, step.round - 1);
  const { branches, leaves } = tree.finish(logOdds);
  const after: GrownTrees = {
    ...before,
    trees: [...before.trees.slice(0, step.round - 1), { branches: [...branches], leaves: [...leaves] }],
    losses: await lossesAfter(work, before.losses.slice(0, step.round - 1), logOdds),
    curve: [...before.curve.slice(0, step.round - 1), await curvePoint(work, logOdds)],
  };
  writeWords(work.folder, scoresName(step.round), logOdds);
  if (bestTree(after) === step.round) writeWords(work.folder, 'tree-scores-best', logOdds);
  writeJson(work.folder, 'trees', after);
  return {
    report: {
      fingerprint: fingerprintOf(work, after),
      metrics: [],
      features: [],
      labelFunctionals: 0,
      scoresReleased: 0,
      ...(isEnough(work, after) && { last: true as const }),
    },
    timings: [{ step: 'split', ms: performance.now() - begin }],
  };
}

/** Whether the tree is one that partners have no part in. */
function growsAlone(work: StepWork): boolean {
  return work.step.round === 1 && boostingSpec(work).trees.first === 'label-holder';
}

function growAlone(tree: LabelTree): void {
  while (tree.open) {
    tree.decide(new Map());
    tree.part(new Map());
  }
}

/** Under a key of this participant alone, like that of the finished model. */
function fingerprintOf({ ownSalt }: StepWork, trees: GrownTrees): HexDigest {
  const hmac = createHmac('sha256', ownSalt.reveal()).update('fedrisk/v1/trees\0');
  return hmac.update(JSON.stringify(trees)).digest('hex') as HexDigest;
}

/** Scores of all common rows after so many trees. */
export async function scoresAfter(work: StepWork, trees: number): Promise<Float64Array> {
  if (trees > 0) return new Float64Array(readBytes(work.folder, scoresName(trees)));
  const { rows } = await alignedRows(work);
  return new Float64Array(rows.length).fill((await grown(work)).start);
}

/** How many trees the model has: those up to the least loss, or all. */
export function bestTree({ trees, losses }: GrownTrees): number {
  return losses.length === 0 ? trees.length : losses.indexOf(Math.min(...losses)) + 1;
}

/** Whether the loss has not fallen for as many trees as the job has patience. */
function isEnough(work: StepWork, grownTrees: GrownTrees): boolean {
  const { patience } = boostingSpec(work).trees;
  return patience > 0 && grownTrees.trees.length - bestTree(grownTrees) >= patience;
}

async function lossesAfter(work: StepWork, before: readonly number[], logOdds: Float64Array) {
  if (boostingSpec(work).trees.patience === 0) return [];
  const aligned = await alignedRows(work);
  const { table } = await ownRows(work);
  let sum = 0;
  const validation = positionsOf(aligned, rowUse.calibrate);
  for (const at of validation) {
    const bad = table.label![aligned.rows[at]!] === 1;
    sum += lossOfBad(bad ? logOdds[at]! : -logOdds[at]!);
  }
  return [...before, sum / validation.length];
}

/** Scores of all common rows under the model. */
export async function finalScores(work: StepWork): Promise<Float64Array> {
  const trees = await grown(work);
  if (trees.losses.length === 0) return scoresAfter(work, trees.trees.length);
  return new Float64Array(readBytes(work.folder, 'tree-scores-best'));
}

/** Two names in turns: a crash between scores and trees leaves those before whole. */
const scoresName = (trees: number) => `tree-scores-${trees % 2}`;

export async function grown(work: StepWork): Promise<GrownTrees> {
  if (existsSync(workPath(work.folder, 'trees'))) return readJson<GrownTrees>(work.folder, 'trees');
  const labels = await trainingLabels(work);
  const { badWeight } = boostingSpec(work).trees;
  const bad = badWeight * labels.reduce((sum, label) => sum + label, 0);
  const good = labels.reduce((sum, label) => sum + 1 - label, 0);
  return { start: Math.log(bad / good), trees: [], losses: [], curve: [] };
}

/** Parts the rows of a level, by own features and by what partners told. */
async function partLevel(
  work: StepWork,
  tree: LabelTree,
  level: number,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const name = `tree-sides-${level}`;
  const told = new Map<number, Uint8Array>();
  for (const holder of castOf(work.spec).holders) {
    const { party } = await partnerOf(work, holder);
    const due = [...tree.pending].filter(([, split]) => split.party === party);
    const parcel = parcelOfStep(work, work.step.number - 1, holder);
    const { body, bodyBytes } = await readParcel(parcel, plainHeader);
    let at = 0;
    for (const [node] of due) {
      const bytes = Math.ceil(tree.sizeOf(node) / 8);
      told.set(node, await bytesOf(body(at, at + bytes)));
      at += bytes;
    }
    if (at !== bodyBytes) throw malformed(parcel, 'has other sides than the nodes it parts');
  }
  const { round } = work.step;
  const inBase64 = [...told].map(([node, bits]) => [node, Buffer.from(bits).toString('base64')] as const);
  writeJson(work.folder, name, { round, told: inBase64 });
  return tree.part(told);
}

interface KeptSides {
  readonly round: number;
  readonly told: readonly (readonly [number, string])[];
}

/** A tree up to a level, from what was kept of it: decided and parted below, and with `counted` parted up to it. */
async function replayed(work: StepWork, levels: number, { counted = false } = {}): Promise<LabelTree> {
  const spec = boostingSpec(work);
  const { folder, step } = work;
  const rows = await treeRows(work);
  const { table } = await ownRows(work);
  const aligned = await alignedRows(work);
  const labels = Uint8Array.from(aligned.rows, (row) => table.label![row]!);
  const holders = growsAlone(work) ? [] : castOf(spec).holders;
  const partners = await Promise.all(holders.map((holder) => partnerOf(work, holder)));
  const logOdds = await scoresAfter(work, step.round - 1);
  const tree = new LabelTree(rows, labels, logOdds, partners, treeSettings(spec), step.round - 1);
  for (let level = 0; level < levels; level++) {
    tree.decide(keptSums(work, level, partners));
    const last = level === levels - 1 && !counted;
    if (last) break;
    const { told } = readJson<KeptSides>(folder, `tree-sides-${level}`);
    tree.part(new Map(told.map(([node, bits]) => [node, new Uint8Array(Buffer.from(bits, 'base64'))])));
  }
  return tree;
}

/** A partner's features, kept when they were first asked for: its parcel is swept soon after. */
async function partnerOf(
  work: StepWork,
  holder: ParticipantName,
): Promise<PartnerFeatures & { readonly party: number }> {
  const { folder, inbox, spec } = work;
  const party = castOf(spec).holders.indexOf(holder) + 1;
  const name = `partner-${holder}`;
  if (existsSync(workPath(folder, name)))
    return { holder, party, ...readJson<Omit<PartnerFeatures, 'holder'>>(folder, name) };
  const parcel = inbox.find((one) => one.name === 'bins' && one.from === holder);
  if (parcel === undefined) throw new RangeError(`the bins of ${holder} are gone`);
  const { values, monotone } = await readHeader(parcel, binsHeader);
  const features = Object.keys(boostingSpec(work).parties[holder]!.features).length;
  if (values.length !== features || monotone.length !== features) {
    throw malformed(parcel, 'has other features than the job names');
  }
  const kept = { values, monotone };
  writeJson(folder, name, kept);
  return { holder, party, ...kept };
}

/**
 * Where a partner's groups of slots end in a node: groups of the parent or several of them together, since the sibling's sums are
 * the differences to the parent's.
 */
function checkedEnds(
  parcel: InboundParcel,
  slots: Slots,
  ends: Uint8Array,
  above: Uint8Array | undefined,
): Uint8Array {
  const sound =
    ends.every((end) => end <= 1) &&
    slots.starts.every((start, feature) => ends[start + slots.values[feature]! - 1] === 1);
  if (!sound) throw malformed(parcel, 'groups bins in no possible way');
  if (above && ends.some((end, slot) => end > above[slot]!)) {
    throw malformed(parcel, 'parts a group of bins that the parent of a node has');
  }
  return ends;
}

/** Sums as they were opened: node, then for each holder g, h and ends of every slot. */
function keepSums(work: StepWork, received: ReadonlyMap<number, readonly Histogram[]>): void {
  const words = [work.step.round, received.size];
  for (const [node, histograms] of received) {
    words.push(node);
    for (const { g, h, ends } of histograms) words.push(...g, ...h, ...ends);
  }
  writeWords(work.folder, `tree-sums-${work.step.level}`, Float64Array.from(words));
}

function keptSums(
  work: StepWork,
  level: number,
  partners: readonly PartnerFeatures[],
): Map<number, Histogram[]> {
  const words = new Float64Array(readBytes(work.folder, `tree-sums-${level}`));
  let at = 2;
  const take = (count: number) => {
    at += count;
    return words.slice(at - count, at);
  };
  return new Map(
    Array.from({ length: words[1]! }, () => {
      const node = words[at++]!;
      const histograms = partners.map(({ values }) => {
        const { length } = slotsOf(values);
        return { g: take(length), h: take(length), ends: Uint8Array.from(take(length)) };
      });
      return [node, histograms] as const;
    }),
  );
}
