import { existsSync } from 'node:fs';
import { z } from 'zod';
import { castOf, type JobId, type ParticipantName, Secret } from '../../contract/index.js';
import {
  type EncryptedVector,
  type Integers,
  type ProductShape,
  productSet,
  shapeBytes,
  unmask,
} from '../../crypto/matvec/index.js';
import { applyGradient, labelTerm, ownTerm, type PartyState, startParty } from '../../learning/index.js';
import { blaming, parcelFrom } from './aligning.js';
import { type FitMatrix, fitMatrix, gradientShape } from './fit-matrix.js';
import { heldSecretKey, maskPeers, publicKeyOf } from './keys.js';
import { pairMasks } from './pair-masks.js';
import { type Body, bytesOf, malformed, readParcel, writeParcel } from './parcel.js';
import { Recent } from './recent.js';
import { productRoom } from './rooms.js';
import type { InboundParcel, StepOutcome, StepWork } from './step-work.js';
import { trainingLabels } from './training-rows.js';
import { readBytes, readJson, workPath, writeJson, writeWords } from './work-files.js';

/**
 * One iteration (PROTOCOLS §6). Two vectors travel: the residual under the label holder's key, for the gradients of all
 * feature holders, and the residual under the first feature holder's key, for the label holder's gradient. Each
 * party adds its term; nobody can read either.
 */
type Vector = 'forHolders' | 'forLabelHolder';

const noHeader = z.strictObject({});
/** Two vectors in one body: the first one's length. */
const pairHeader = z.strictObject({ first: z.int().min(1) });

/** Step terms: the vectors begin, each at the party that holds its key. */
export async function sendTerms(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const vector: Vector = work.me === work.spec.labelHolder ? 'forHolders' : 'forLabelHolder';
  const pieces = await begunVector(work, vector);
  for (const parcel of work.outbox) await writeParcel(parcel, {}, pieces);
  return { timings: [{ step: 'encrypt', ms: performance.now() - begin }] };
}

/** Step hop, several feature holders: own terms added to both vectors, which go on re-randomised. */
export async function sendHop(work: StepWork): Promise<StepOutcome> {
  const begin = performance.now();
  const { holders } = castOf(work.spec);
  const forHolders = await handOn(work, 'forHolders');
  const first = work.me === holders[0];
  const forLabelHolder = first
    ? await begunVector(work, 'forLabelHolder')
    : await handOn(work, 'forLabelHolder');
  const length = shapeBytes(await gradientShape(work, 'forHolders')).passedVector;
  for (const parcel of work.outbox) {
    await writeParcel(parcel, { first: length }, inSequence(forHolders, forLabelHolder));
  }
  return { timings: [{ step: 'encrypt', ms: performance.now() - begin }] };
}

/** Step spread, the last feature holder: complete vectors to those who multiply them. */
export async function sendSpread(work: StepWork): Promise<StepOutcome> {
  const { outbox, spec, folder, step } = work;
  const begin = performance.now();
  const forHolders = new Uint8Array(await bytesOf(await handOn(work, 'forHolders')));
  // Its own multiplication takes the same vector.
  writeWords(folder, `residual-${step.round}`, forHolders);
  for (const parcel of outbox) {
    const body = parcel.to === spec.labelHolder ? await handOn(work, 'forLabelHolder') : [forHolders];
    await writeParcel(parcel, {}, body);
  }
  return { timings: [{ step: 'encrypt', ms: performance.now() - begin }] };
}

/** Step products: the own matrix times the residual, masked, for the holder of the key to open. */
export async function sendProducts(work: StepWork): Promise<StepOutcome> {
  const { me, spec, outbox, folder, step } = work;
  const begin = performance.now();
  const vector: Vector = me === spec.labelHolder ? 'forLabelHolder' : 'forHolders';
  const shape = await gradientShape(work, vector, me);
  const residual = await completeVector(work, vector, shape);
  const { columns } = await fitMatrix(work);
  const room = productRoom();
  const publicKey = await publicKeyOf(work, keyHolder(work, vector), 'gradients', shape.set);
  const { message, masks } = await room.multiply(residual, columns, publicKey, work.signal);
  writeWords(folder, `masks-${step.round}`, masks.reveal());
  for (const parcel of outbox) await writeParcel(parcel, {}, [message]);
  return { timings: [{ step: 'multiply', ms: performance.now() - begin }] };
}

/** Step openings, at the holders of keys: masked gradients, decrypted; the masks are known to their owners alone. */
export async function sendOpenings(work: StepWork): Promise<StepOutcome> {
  const { me, spec, outbox, inbox, step } = work;
  const begin = performance.now();
  const room = productRoom();
  const vector: Vector = me === spec.labelHolder ? 'forHolders' : 'forLabelHolder';
  for (const outbound of outbox) {
    const { to } = outbound;
    const shape = await gradientShape(work, vector, to);
    const parcel = parcelFrom(inbox, 'products', to, step.round);
    const answer = await exactBody(parcel, shapeBytes(shape).answer);
    const opened = await room.open(shape, heldSecretKey(work, 'gradients', shape.set), to, answer);
    await writeParcel(outbound, {}, [opened]);
  }
  return { timings: [{ step: 'decrypt', ms: performance.now() - begin }] };
}

/** This party after `rounds` gradients: kept after each, so that a restart goes on there. */
export async function stateAfter(work: StepWork, rounds: number): Promise<PartyState> {
  const { folder, me, spec } = work;
  const matrix = await fitMatrix(work);
  if (rounds === 0) return startParty(matrix.design);
  const name = `fit-${rounds}`;
  if (existsSync(workPath(folder, name))) return readJson<PartyState>(folder, name);
  const before = await stateAfter(work, rounds - 1);
  const vector: Vector = me === spec.labelHolder ? 'forLabelHolder' : 'forHolders';
  const opener = keyHolder(work, vector);
  const shape = await gradientShape(work, vector, me);
  const parcel = parcelFrom(work.inbox, 'openings', opener, rounds);
  const opened = await exactBody(parcel, shapeBytes(shape).opened);
  const masks = new Secret(new Uint8Array(readBytes(folder, `masks-${rounds}`)));
  const gradient = gradientOf(matrix, unmask(shape, masks, opener, opened));
  const after = await blaming(opener, async () =>
    applyGradient(matrix.design, before, gradient, matrix.settings),
  );
  writeJson(folder, name, after);
  return after;
}

/** The label holder's or the first feature holder's own term, encrypted under its own key. */
async function begunVector(work: StepWork, vector: Vector): Promise<AsyncIterable<Uint8Array>> {
  const shape = await gradientShape(work, vector);
  const term = await maskedTerm(work, vector, shape);
  const room = productRoom();
  return room.encryptVector(shape, heldSecretKey(work, 'gradients', shape.set), term);
}

/** Adds the own term and passes the vector on, so that nobody can compare what came in with what went out. */
async function handOn(work: StepWork, vector: Vector): Promise<AsyncIterable<Uint8Array>> {
  const shape = await gradientShape(work, vector);
  const received = await receivedVector(work, vector, shape);
  const room = productRoom();
  received.addPlain(await maskedTerm(work, vector, shape));
  return room.passOn(received, await publicKeyOf(work, keyHolder(work, vector), 'gradients', shape.set));
}

/** The vector as it came from the party before in the chain. */
async function receivedVector(work: StepWork, vector: Vector, shape: ProductShape): Promise<EncryptedVector> {
  const { spec, me, inbox, step } = work;
  const { labelHolder, holders } = castOf(spec);
  const room = productRoom();
  const own = holders.indexOf(me);
  if (own === 0) {
    const parcel = parcelFrom(inbox, 'terms', labelHolder, step.round);
    return room.readVector(shape, labelHolder, (await readParcel(parcel, noHeader)).body());
  }
  const parcel = parcelFrom(inbox, 'hop', holders[own - 1]!, step.round);
  const { from } = parcel;
  const { header, body } = await readParcel(parcel, pairHeader);
  if (vector === 'forHolders') return room.readPassedVector(shape, from, body(0, header.first));
  const rest = body(header.first);
  return own === 1 ? room.readVector(shape, from, rest) : room.readPassedVector(shape, from, rest);
}

/** The residual with everybody's term, to be multiplied here. */
async function completeVector(work: StepWork, vector: Vector, shape: ProductShape): Promise<EncryptedVector> {
  const { spec, me, inbox, step, folder } = work;
  const { labelHolder, holders } = castOf(spec);
  const room = productRoom();
  if (holders.length === 1) {
    const from = me === labelHolder ? holders[0]! : labelHolder;
    const parcel = parcelFrom(inbox, 'terms', from, step.round);
    const received = await room.readVector(shape, from, (await readParcel(parcel, noHeader)).body());
    received.addPlain(await maskedTerm(work, vector, shape));
    return received;
  }
  const last = holders.at(-1)!;
  if (me === last) {
    return room.readPassedVector(shape, me, [new Uint8Array(readBytes(folder, `residual-${step.round}`))]);
  }
  const parcel = parcelFrom(inbox, 'spread', last, step.round);
  const received = await room.readPassedVector(shape, last, (await readParcel(parcel, noHeader)).body());
  if (me === labelHolder) received.addPlain(await maskedTerm(work, vector, shape));
  return received;
}

/** Own term of this iteration; with several feature holders it carries masks that cancel over all parties. */
async function maskedTerm(work: StepWork, vector: Vector, shape: ProductShape): Promise<Integers> {
  const term = await termOf(work);
  if (castOf(work.spec).holders.length === 1) return term;
  const peers = await maskPeers(work, 'residual');
  const modulus = productSet(shape.set).plainModulus;
  const masks = pairMasks(peers, `${vector}/${work.step.round}`, term.length, modulus);
  for (let row = 0; row < term.length; row++) {
    const sum = masks[row]! + term[row]!;
    masks[row] = sum < 0 ? sum + modulus : sum >= modulus ? sum - modulus : sum;
  }
  return masks;
}

/** Both vectors of an iteration take the same term. */
const terms = new Recent<Int32Array>(2);

function termOf(work: StepWork): Promise<Int32Array> {
  const { jobId, me, spec, step } = work;
  return terms.get(`${jobId} ${me} ${step.round}`, async () => {
    const { design, settings } = await fitMatrix(work);
    const state = await stateAfter(work, step.round - 1);
    if (me !== spec.labelHolder) return ownTerm(design, state, settings);
    return labelTerm(design, state, await trainingLabels(work), settings);
  });
}

export function forgetTerms(jobId: JobId): void {
  terms.forget(`${jobId} `);
}

/** Sums of the columns that the design has. */
function gradientOf({ places }: FitMatrix, sums: Float64Array): Float64Array {
  return Float64Array.from(places, (place) => sums[place]!);
}

function keyHolder({ spec }: StepWork, vector: Vector): ParticipantName {
  const { labelHolder, holders } = castOf(spec);
  return vector === 'forHolders' ? labelHolder : holders[0]!;
}

async function exactBody(parcel: InboundParcel, bytes: number): Promise<Uint8Array> {
  const { body, bodyBytes } = await readParcel(parcel, noHeader);
  if (bodyBytes !== bytes) throw malformed(parcel, 'has another size than the columns ask for');
  return bytesOf(body());
}

async function* inSequence(...bodies: Body[]): AsyncGenerator<Uint8Array> {
  for (const body of bodies) yield* body;
}
