import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../contract/index.js';
import { writePrivateFile } from '../../crypto/identity/index.js';
import {
  deserializeModelState,
  type Encoding,
  type Forest,
  type JointBins,
  type LiftRow,
  type Magnitudes,
  type Metrics,
  type ModelState,
  serializeModelState,
} from '../../learning/index.js';

/** Metrics of the joint model after `round` updates, and the loss of the round that made it. */
export interface KnownMetrics {
  readonly round: number;
  readonly metrics: Metrics | undefined;
}

/** What a participant has learnt in a job so far: the same at every participant, bit for bit. */
export interface LearnerState {
  readonly magnitudes?: Magnitudes;
  readonly encoding?: Encoding;
  /** Key of the category hash, hex; from the job's keys, or from the model of a warm start. */
  readonly hashKey: string;
  readonly model?: ModelState;
  /** Of trees in place of `encoding` and `model`. */
  readonly bins?: JointBins;
  readonly forest?: Forest;
  /** Of a finished job of trees, how many of them are kept. */
  readonly kept?: number;
  /** The best model so far when it is not `model`. */
  readonly best?: ModelState;
  readonly history: readonly KnownMetrics[];
  /** Joint training loss by round, from round 1. */
  readonly trainLoss: readonly number[];
  /** Of trees that end by validation rows: the joint loss of these before the first tree and after each; null without any. */
  readonly validationLoss?: readonly (number | null)[];
  /** Of trees, how the model to keep ranks everybody's held-out rows. */
  readonly lift?: ModelLift;
}

/** Bands of the ranking by the model after `round` updates. */
export interface ModelLift {
  readonly round: number;
  readonly rows: readonly LiftRow[];
}

interface StateFile extends Omit<LearnerState, 'model' | 'best'> {
  readonly format: 'fedrisk/learner-state/1';
  readonly model?: string;
  readonly best?: string;
}

/** Bytes of a state, the same wherever the state is the same; for files and fingerprints. */
export function encodeState(state: LearnerState): Uint8Array {
  const { model, best, ...rest } = state;
  const file: StateFile = {
    format: 'fedrisk/learner-state/1',
    ...rest,
    ...(model && { model: base64(serializeModelState(model)) }),
    ...(best && { best: base64(serializeModelState(best)) }),
  };
  return Buffer.from(JSON.stringify(file));
}

/** Replaces the state file atomically; a crash leaves the old one or the new one. Gives its bytes. */
export function saveState(path: string, state: LearnerState): Uint8Array {
  const bytes = encodeState(state);
  writePrivateFile(path, bytes);
  return bytes;
}

/** @throws {CodedError} MODEL_UNKNOWN when there is no such file, MODEL_INVALID when it is damaged. */
export async function loadState(path: string): Promise<LearnerState> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CodedError('MODEL_UNKNOWN', 'the model this needs is not in this home folder', { cause });
  });
  try {
    const { format, model, best, ...rest } = JSON.parse(text) as StateFile;
    if (format !== 'fedrisk/learner-state/1') throw new Error(`format ${format}`);
    return {
      ...rest,
      ...(model !== undefined && { model: deserializeModelState(Buffer.from(model, 'base64')) }),
      ...(best !== undefined && { best: deserializeModelState(Buffer.from(best, 'base64')) }),
    };
  } catch (cause) {
    throw new CodedError('MODEL_INVALID', 'a stored model is damaged', { cause });
  }
}

/** Where a job keeps the state that its sum `sum` starts from. */
export function statePath(jobFolder: string, sum: number): string {
  return join(jobFolder, `state-${sum}.json`);
}

/** Sums whose states stand in a job's folder, rising. */
export async function keptStates(jobFolder: string): Promise<number[]> {
  const names = await readdir(jobFolder).catch(() => []);
  return names
    .flatMap((name) => /^state-(\d{1,9})\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Removes states that nothing starts from any more, once a sum that starts from state `after` was applied. The one before stays too: who
 * died before it said what the last sum led to opens that sum again.
 */
export async function forgetStates(jobFolder: string, after: number): Promise<void> {
  const older = (await keptStates(jobFolder)).filter((sum) => sum < after);
  await Promise.all(older.slice(0, -1).map((sum) => rm(statePath(jobFolder, sum), { force: true })));
}

/** What a participant knows of a job that runs: undefined before its first sum, and when the job ended just now. */
export async function latestState(jobFolder: string): Promise<LearnerState | undefined> {
  const latest = (await keptStates(jobFolder)).at(-1);
  if (latest === undefined) return undefined;
  return loadState(statePath(jobFolder, latest)).catch((thrown: unknown) => {
    if (thrown instanceof CodedError && thrown.code === 'MODEL_UNKNOWN') return undefined;
    throw thrown;
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** @throws {CodedError} SUM_OUT_OF_ORDER where a sum starts from what no sum has led to. */
export function known<T>(value: T | undefined): T {
  if (value === undefined)
    throw new CodedError('SUM_OUT_OF_ORDER', 'the sum needs results that do not exist yet');
  return value;
}
