import { randomBytes } from 'node:crypto';
import { CodedError, type HorizontalSpec } from '../../contract/index.js';
import { type SumId, uploadBytes } from '../../crypto/secure-sum/index.js';
import { x25519Public } from '../../crypto/secure-sum/x25519.js';
import { nextStep } from '../../learning/index.js';
import type { Order, Results, ShownRows, Task, WorkPool } from '../../participant/training/index.js';
import { digestOf } from './digest.js';
import { spot } from './random.js';
import { readiness, takeStep } from './symbolic-steps.js';
import { readVirtual, writeVirtual } from './virtual-files.js';
import type { Witness } from './witness.js';

/** Small numbers in place of gradients. */
export const valueCount = 3;
export const parameterSet = 'narrow';

/** A contribution or a sum: values in the clear beside the masks that lie over them, by name, with their factor. */
export interface Masked {
  readonly values: readonly number[];
  /** One per contribution. */
  readonly slots: Readonly<Record<string, number>>;
  readonly masks: Readonly<Record<string, number>>;
  /** A second encryption of the same is another message. */
  readonly fresh: string;
}

export interface WorkParts {
  readonly witness: Witness;
  /** Takes the time of the work; rejects when the signal aborts, never returns in a process that died. */
  spend(ms: number, signal: AbortSignal): Promise<void>;
}

const usualMs = {
  preflight: 20,
  contribute: 200,
  open: 40,
  conclude: 10,
  preflightVertical: 20,
  takeStep: 100,
} as const;

/** Training, masking and opening as arithmetic on small integers; the rest of a participant is the product's. */
export function symbolicWork(parts: WorkParts): Pick<WorkPool, 'run'> {
  const run = async (order: Order<Task['kind']>, signal: AbortSignal): Promise<unknown> => {
    const { kind } = order;
    await parts.spend(usualMs[kind], signal);
    switch (kind) {
      case 'preflight':
        return { rows: 100, population: digestOf(`rows of ${order.participant}`), backend: 'wasm' };
      case 'contribute':
        return contribute(order as Order<'contribute'>, parts);
      case 'open':
        return open(order as Order<'open'>, parts);
      case 'conclude':
        return conclude(order as Order<'conclude'>, parts);
      case 'preflightVertical':
        return readiness;
      case 'takeStep':
        return takeStep(order as Order<'takeStep'>, parts.witness);
    }
  };
  return { run: run as WorkPool['run'] };
}

/** What a participant adds to a sum: small integers that depend on the model it starts from. */
export function partOf(who: string, { sum, purpose, round }: Omit<SumId, 'jobId'>, model: string): number[] {
  return Array.from({ length: valueCount }, (_, k) =>
    spot(`${who} ${sum} ${purpose} ${round} ${model} ${k}`, 100),
  );
}

/** The model that a sum leads to. */
export function modelAfter(model: string, values: readonly number[]): string {
  return digestOf(`${model} ${values.join(' ')}`);
}

export const firstModel = 'first';

function contribute(order: Order<'contribute'>, { witness }: WorkParts): Results['contribute'] {
  const { participant, sumId, roster, maskSecret, selfSeed, path } = order;
  const own = hex(x25519Public(maskSecret));
  const at = place(order);
  const masks: Record<string, number> = { [`self ${hex(selfSeed)} ${at}`]: 1 };
  for (const { name, maskKey } of roster) {
    if (name === participant || maskKey === undefined) continue;
    const adds = participant < name;
    const pair = adds ? `${own} ${maskKey}` : `${maskKey} ${own}`;
    masks[`pair ${pair} ${at}`] = adds ? 1 : -1;
  }
  const values = ownValues(order);
  const made: Masked = { values, slots: { [participant]: 1 }, masks, fresh: randomBytes(16).toString('hex') };
  const text = JSON.stringify(made);
  writeVirtual(path, text);
  const digest = digestOf(text);
  witness.contributed(participant, sumId.sum, digest, values);
  return {
    digest,
    bytes: uploadBytes({ parameterSet, valueCount, contributors: roster.length }),
    valueCount,
    parameterSet,
    shown: shownBy(order),
    timings: [],
  };
}

/** Jobs draw their seeds: a model of one is never that of another. */
function shownBy({ participant, jobId, sumId, ...order }: Order<'contribute'>): ShownRows {
  const population = digestOf(`rows of ${participant}`);
  if (sumId.purpose === 'magnitudes' || sumId.purpose === 'moments') return { population };
  const key = digestOf(`${jobId} ${modelBefore({ ...order, jobId, sumId })}`);
  return { population, model: { key, sketch: Float32Array.of(spot(`${participant} ${key}`, 2 ** 24)) } };
}

/** What is new, or an update that missed its round. */
function ownValues(order: Order<'contribute'>): readonly number[] {
  const { participant, sumId, lateUpdate, keepUpdate } = order;
  const late = lateUpdate === undefined ? undefined : readVirtual(lateUpdate);
  if (late !== undefined) return JSON.parse(late) as number[];
  const values = partOf(participant, sumId, modelBefore(order));
  if (keepUpdate !== undefined) writeVirtual(keepUpdate, JSON.stringify(values));
  return values;
}

/** Adds what was uploaded; knows no mask. */
export function addMasked(uploads: readonly Masked[]): Masked {
  const values = Array.from({ length: valueCount }, (_, k) =>
    uploads.reduce((sum, of) => sum + of.values[k]!, 0),
  );
  const add = (part: 'slots' | 'masks') => {
    const total: Record<string, number> = {};
    for (const upload of uploads) {
      for (const [name, factor] of Object.entries(upload[part])) total[name] = (total[name] ?? 0) + factor;
    }
    return Object.fromEntries(Object.entries(total).filter(([, factor]) => factor !== 0));
  };
  return { values, slots: add('slots'), masks: add('masks'), fresh: '' };
}

function open(order: Order<'open'>, { witness }: WorkParts): Results['open'] {
  const { participant, spec, sumId, roster, selfSeeds, maskSecrets, path } = order;
  const sum = JSON.parse(readVirtual(path) ?? '') as Masked;
  const at = place(order);
  const left = { ...sum.masks };
  const take = (mask: string, factor: number) => {
    left[mask] = (left[mask] ?? 0) - factor;
    if (left[mask] === 0) delete left[mask];
  };
  for (const seed of selfSeeds.values()) take(`self ${hex(seed)} ${at}`, 1);
  const members = roster.filter(({ name }) => selfSeeds.has(name));
  for (const [dropped, secret] of maskSecrets) {
    const key = hex(x25519Public(secret));
    for (const { name, maskKey } of members) {
      const adds = name < dropped;
      take(`pair ${adds ? `${maskKey} ${key}` : `${key} ${maskKey}`} ${at}`, adds ? 1 : -1);
    }
  }
  const whole = roster.every(({ name }) => (sum.slots[name] ?? 0) === (selfSeeds.has(name) ? 1 : 0));
  if (!whole || Object.keys(left).length > 0) {
    throw new CodedError('SUM_SLOT_MISMATCH', `sum ${sumId.sum} is not that of its survivors`);
  }
  const model = modelAfter(modelBefore(order), sum.values);
  writeVirtual(statePath(order, sumId.sum + 1), model);
  witness.opened(
    participant,
    sumId.sum,
    members.map(({ name }) => name),
    sum.values,
    model,
  );
  const next = nextStep(spec, sumId, []);
  return { fingerprint: digestOf(`fingerprint ${model}`), next, metrics: [], timings: [] };
}

function conclude(order: Order<'conclude'>, { witness }: WorkParts): Results['conclude'] {
  const model = readVirtual(statePath(order, order.sums));
  if (model === undefined || digestOf(`fingerprint ${model}`) !== order.agreedFingerprint) {
    throw new CodedError('MODEL_DISAGREEMENT', 'the model that was kept is not the one that ended the job');
  }
  writeVirtual(`${order.jobsFolder}/${order.jobId}/model.json`, model);
  witness.concluded(order.participant, model);
  return {} as Results['conclude'];
}

interface JobOrder {
  readonly spec: HorizontalSpec;
  readonly jobsFolder: string;
  readonly jobId: string;
}

function modelBefore(order: JobOrder & { readonly sumId: SumId }): string {
  const { sum } = order.sumId;
  const model = sum === 0 ? firstModel : readVirtual(statePath(order, sum));
  if (model === undefined) throw new CodedError('INTERNAL', `nothing was opened before sum ${sum}`);
  return model;
}

function statePath({ jobsFolder, jobId }: JobOrder, sum: number): string {
  return `${jobsFolder}/${jobId}/state-${sum}`;
}

function place({ rosterDigest, sumId }: { rosterDigest: string; sumId: SumId }): string {
  return `${rosterDigest.slice(0, 8)} ${sumId.sum} ${sumId.purpose} ${sumId.round}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
