import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { CodedError, type ParticipantName } from '../../contract/index.js';
import { maskOffsets, shapeBytes, unmaskWith } from '../../crypto/matvec/index.js';
import {
  binCount,
  countBins,
  type FeatureBins,
  foreignCounts,
  joinBins,
  minimumRows,
  refuseEmptyFeature,
  shapeOf,
  woeOfBins,
} from '../../learning/index.js';
import { blaming, parcelFrom } from './aligning.js';
import { countShape, labelShape } from './count-shape.js';
import { binningSpec, columnAt, featureNames, fineBins, mostBins } from './features.js';
import { type FineParcel, fineParcel } from './fine-bins.js';
import { heldSecretKey, publicKeyOf } from './keys.js';
import type { ModelFeature } from './model.js';
import { ownRows } from './own-rows.js';
import {
  bytesOf,
  keepPlaintext,
  malformed,
  readHeader,
  readParcel,
  writeParcel,
  writeParcelOf,
} from './parcel.js';
import { labelsOf, nameOfQuestion } from './question.js';
import { productRoom } from './rooms.js';
import type { InboundParcel, LabelRelease, StepOutcome, StepWork } from './step-work.js';
import { telling } from './telling.js';
import { trainingLabels, trainingRows } from './training-rows.js';
import { explains, joinFeature, usedWoe, type WoeAnswer, woeAnswer } from './woe.js';
import { readJson, readShared, workPath, writeJson } from './work-files.js';

/** Own features in bins, with the WOE of each where it is known; by name. */
export type OwnFeatures = Readonly<Record<string, ModelFeature>>;

/** Step labels, at the label holder: its labels, encrypted; the same ciphertexts for every feature holder. */
export async function sendLabels(work: StepWork): Promise<StepOutcome> {
  const { folder, outbox } = work;
  const begin = performance.now();
  refuseUnshared(work);
  const label = await trainingLabels(work);
  const shape = labelShape(work, label.length);
  const vector = Float64Array.from(label);
  const pieces = productRoom().encryptVector(shape, heldSecretKey(work, 'labels', shape.set), vector);
  const path = workPath(folder, 'labels');
  await keepPlaintext(path, {}, pieces);
  for (const parcel of outbox) await writeParcelOf(parcel, path);
  return { timings: [{ step: 'encrypt', ms: performance.now() - begin }] };
}

/** Step counts, at a feature holder: bad customers of every fine bin, under the label holder's key and a mask. */
export async function sendCounts(work: StepWork): Promise<StepOutcome> {
  const { folder, inbox, outbox, spec } = work;
  const begin = performance.now();
  const { labelHolder } = spec;
  const assigned = readShared(folder, 'assigned');
  const counts = readJson<number[][]>(folder, 'fine-rows');
  const rows = assigned.length / counts.length;
  const shape = countShape(
    work,
    rows,
    counts.map((of) => of.length),
  );
  const room = productRoom();
  const { body } = await readParcel(parcelFrom(inbox, 'labels', labelHolder), z.strictObject({}));
  const vector = await room.readToMultiply(shape, labelHolder, body(), work.signal);
  const columns = { kind: 'histogram', bins: assigned, rows, columns: counts.length } as const;
  const publicKey = await publicKeyOf(work, labelHolder, 'labels', shape.set);
  const { message, masks } = await room.multiply(vector, columns, publicKey, work.signal);
  for (const parcel of outbox) await writeParcel(parcel, {}, [maskOffsets(shape, masks), message]);
  return { timings: [{ step: 'multiply', ms: performance.now() - begin }] };
}

/**
 * Step woe, at the label holder: counts opened, bins joined, WOE and IV told to each holder as far as the policy lets
 * them go. A question that was answered before gets the same answer, opens nothing and costs nothing.
 */
export async function answerWoe(work: StepWork): Promise<StepOutcome> {
  const { outbox, folder, ownSalt } = work;
  const begin = performance.now();
  refuseUnshared(work);
  const label = await trainingLabels(work);
  const { ids } = await ownRows(work);
  const labels = labelsOf(ownSalt, label, { ids, rows: await trainingRows(work) });
  writeJson(folder, 'features', await ownFeatures(work, label));
  const releases: LabelRelease[] = ownRelease(work, readJson<OwnFeatures>(folder, 'features'));
  const bad = label.reduce((sum, value) => sum + value, 0);
  const releasedOver = { rows: label.length, bad };
  for (const parcel of outbox) {
    const { to } = parcel;
    const asked = await finePart(work, to, label.length);
    const question = nameOfQuestion(binningSpec(work), asked, labels);
    const kept = keptAnswer(work, to, question);
    const answer = kept ?? (await telling(work, to, releasedOver, () => freshAnswer(work, to, asked, label)));
    await writeParcel(parcel, answer);
    writeJson(folder, `answer-${to}`, answer);
    releases.push(...releasesOf(work, to, question, answer));
  }
  writeJson(
    folder,
    'functionals',
    releases.reduce((sum, { functionals }) => sum + functionals, 0),
  );
  return {
    releases,
    releasedOver,
    timings: [{ step: 'bin', ms: performance.now() - begin }],
  };
}

/**
 * Which functionals an answer releases (PROTOCOLS §6): every joined bin's WOE, or one IV a feature; every column of the
 * fit. An answer that was given before releases nothing again.
 */
function releasesOf(
  work: StepWork,
  holder: ParticipantName,
  question: string,
  answer: WoeAnswer,
): LabelRelease[] {
  const { grant, jobId, labels, spec } = work;
  const release = (kind: LabelRelease['kind'], name: string, functionals: number, text: string) => {
    const known = labels?.answered.some(
      (entry) => entry.holder === holder && entry.kind === kind && entry.question === name,
    );
    return { holder, kind, question: name, functionals: known ? 0 : functionals, answer: text };
  };
  const bins = answer.features.reduce(
    (sum, { joined }) => sum + (joined && explains(joined.woe) ? joined.woe.length : 1),
    0,
  );
  const asked = grant.woe ? bins : answer.features.length;
  const binning = release('binning', questionName(question, grant.woe), asked, JSON.stringify(answer));
  if (spec.type === 'binning') return [binning];
  // Every column that is opened: those that explain nothing are zeros only at a holder that keeps to the protocol.
  const columns = featureNames(binningSpec(work), holder).length;
  // The holder names its own question, so that a fit under an old name could be one over other columns: every job pays.
  return [binning, release('fit', `${question}/${jobId}`, columns, '')];
}

/**
 * Labels enter a fit through the columns of all parties, the label holder's too: its gradients steer what feature holders
 * see of theirs from the second iteration on. Its own columns count once for all fits over them, with what calibration
 * tells (slope and mean weight).
 */
function ownRelease({ spec, me, ownSalt, labels }: StepWork, features: OwnFeatures): LabelRelease[] {
  if (spec.type !== 'training') return [];
  const hmac = createHmac('sha256', ownSalt.reveal()).update('fedrisk/v1/own-columns\0');
  const question = `own/${hmac.update(JSON.stringify(features)).digest('hex')}`;
  const known = labels?.answered.some((entry) => entry.kind === 'fit' && entry.question === question);
  const functionals = Object.keys(features).length + 1 + (spec.scores.release === 'none' ? 0 : 2);
  return [{ holder: me, kind: 'fit', question, functionals: known ? 0 : functionals, answer: '' }];
}

/** WOE and IV of the same bins are two questions: the second says more. */
function questionName(question: string, woe: boolean): string {
  return `${question}/${woe ? 'woe' : 'iv'}`;
}

function keptAnswer({ labels, grant }: StepWork, holder: string, question: string): WoeAnswer | undefined {
  const kept = labels?.answered.find(
    (entry) =>
      entry.holder === holder &&
      entry.kind === 'binning' &&
      entry.question === questionName(question, grant.woe),
  );
  return kept && woeAnswer.parse(JSON.parse(kept.answer));
}

async function finePart(work: StepWork, holder: ParticipantName, rows: number): Promise<FineParcel> {
  const spec = binningSpec(work);
  const parcel = parcelFrom(work.inbox, 'labels', holder);
  const header = await readHeader(parcel, fineParcel);
  const names = header.features.map(({ feature }) => feature);
  const most = mostBins(spec, [holder]);
  const least = minimumRows(spec.binning.minimumShare, rows);
  const fits =
    names.join('\n') === featureNames(spec, holder).join('\n') &&
    header.features.every(
      (of) =>
        of.rows.length === of.values + of.alone &&
        of.rows.length <= most &&
        // A bin of few rows would tell their labels, so it is not for its owner alone to keep them out.
        (of.values === 1 || of.rows.slice(0, of.values).every((count) => count >= least)) &&
        of.rows.reduce((sum, count) => sum + count, 0) === rows,
    );
  if (!fits) throw malformed(parcel, 'lists other features, bins or rows than the job has');
  return header;
}

async function freshAnswer(
  work: StepWork,
  holder: ParticipantName,
  asked: FineParcel,
  label: Uint8Array,
): Promise<WoeAnswer> {
  const spec = binningSpec(work);
  const bad = await openCounts(work, holder, asked, label.length);
  const totalBad = label.reduce((sum, value) => sum + value, 0);
  const features = await blaming(holder, async () =>
    asked.features.map(({ feature, rows, ...shape }, at) => {
      const counts = foreignCounts(rows, bad[at]!, shape, label.length, totalBad);
      const { groups, table } = joinFeature(spec, { feature, owner: holder }, counts, shape);
      // Three decimals: exact values would tell by how many customers two bins differ.
      const woe = usedWoe(spec, table).map((value) => rounded(value, 3));
      const joined = work.grant.woe ? { joined: { groups: groups.map((group) => [...group]), woe } } : {};
      return { feature, iv: rounded(table.iv, 4), bins: groups.length, ...joined };
    }),
  );
  return { features };
}

/** Before labels leave in any form. @throws {CodedError} LABELS_NOT_SHARED. */
function refuseUnshared({ spec, grant, me }: StepWork): void {
  if (spec.type !== 'training' || grant.woe) return;
  throw new CodedError('LABELS_NOT_SHARED', `the policy of ${me} keeps WOE values, which a fit needs`, {
    parties: [me],
  });
}

async function openCounts(
  work: StepWork,
  holder: ParticipantName,
  asked: FineParcel,
  rows: number,
): Promise<Float64Array[]> {
  const sizes = asked.features.map((of) => of.rows.length);
  const shape = countShape(work, rows, sizes);
  const parcel: InboundParcel = parcelFrom(work.inbox, 'counts', holder);
  const { body, bodyBytes } = await readParcel(parcel, z.strictObject({}));
  const { opened, answer } = shapeBytes(shape);
  if (bodyBytes !== opened + answer) throw malformed(parcel, 'has another size than the bins ask for');
  const bytes = await bytesOf(body());
  const room = productRoom();
  const key = heldSecretKey(work, 'labels', shape.set);
  const masked = await room.open(shape, key, holder, bytes.subarray(opened));
  const sums = unmaskWith(shape, masked, holder, bytes.subarray(0, opened));
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return sums.subarray(at - size, at);
  });
}

/** The label holder's own features, binned by the same rules from counts in the clear. */
async function ownFeatures(work: StepWork, label: Uint8Array): Promise<OwnFeatures> {
  const spec = binningSpec(work);
  const { table } = await ownRows(work);
  const rows = await trainingRows(work);
  const entries = featureNames(spec, work.me).map((feature) => {
    const column = columnAt(table, feature, rows);
    const { bins: fine, assigned } = fineBins(spec, column);
    const counts = countBins(assigned, label, binCount(fine));
    refuseEmptyFeature(feature, fine, counts.rows, work.me);
    const joined = joinFeature(spec, { feature, owner: work.me }, counts, shapeOf(fine));
    return [
      feature,
      modelFeature(fine, joined.groups, woeOfBins(joined.table), counts.rows, joined.table.iv),
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** A feature holder's features, once the answer is there; from the parcel the first time, which is swept later. */
export async function answeredFeatures(work: StepWork): Promise<OwnFeatures> {
  const { folder } = work;
  if (!existsSync(workPath(folder, 'features'))) writeJson(folder, 'features', await readAnswer(work));
  return readJson<OwnFeatures>(folder, 'features');
}

async function readAnswer({ folder, inbox, spec }: StepWork): Promise<OwnFeatures> {
  const fine = readJson<Record<string, FeatureBins>>(folder, 'fine');
  const rows = readJson<number[][]>(folder, 'fine-rows');
  const parcel = parcelFrom(inbox, 'woe', spec.labelHolder);
  const header = await readHeader(parcel, woeAnswer);
  const names = Object.keys(fine);
  if (header.features.map(({ feature }) => feature).join('\n') !== names.join('\n')) {
    throw malformed(parcel, 'answers for other features');
  }
  return blaming(parcel.from, async () =>
    Object.fromEntries(
      header.features.map(({ feature, joined, iv }, at) => {
        const bins = fine[feature]!;
        const groups = joined?.groups ?? rows[at]!.map((_, bin) => [bin]);
        const woe = joined?.woe ?? [];
        if (joined && woe.length !== groups.length) throw malformed(parcel, 'has a WOE too many or too few');
        return [feature, modelFeature(bins, groups, woe, rows[at]!, iv)];
      }),
    ),
  );
}

function modelFeature(
  fine: FeatureBins,
  groups: readonly (readonly number[])[],
  woe: readonly number[],
  fineRows: readonly number[],
  iv: number,
): ModelFeature {
  const rows = groups.map((group) => group.reduce((sum, bin) => sum + fineRows[bin]!, 0));
  return { kind: fine.kind, bins: joinBins(fine, groups), woe, rows, iv };
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
