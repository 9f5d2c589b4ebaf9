import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import {
  type HexDigest,
  type HorizontalSpec,
  type Metric,
  type NextStep,
  outcomeOf,
  type ParameterSetName,
  Secret,
  type ThreadOutcome,
  type Timing,
  type VerticalSpecOf,
} from '../../contract/index.js';
import {
  chooseParameterSet,
  keyedFingerprint,
  type MaskPeer,
  type SumId,
} from '../../crypto/secure-sum/index.js';
import { type Backend, loadBackend } from '../../learning/index.js';
import { preflight as loadRows, preflightVertical, type VerticalReadiness } from '../data/index.js';
import { type Protection, writeOutgoing } from '../privacy/index.js';
import type { performStep } from '../vertical/index.js';
import { concludeJob, type JobResult } from './conclusion.js';
import { keepUpdate, lateUpdateOf } from './kept-update.js';
import { absorb, partOf, warmState } from './learner.js';
import { forgetStates, type LearnerState, loadState, saveState, statePath } from './learner-state.js';
import type { ShownRows } from './measured-model.js';
import { populationDigest } from './population.js';
import { type ReadGate, readThrough } from './read-gate.js';
import type { StepFailed, StepTaken, TakeStepTask, VerticalTask } from './step-task.js';
import type { LocalData } from './sum-task.js';

/** Plain data only: tasks cross into worker threads. */
interface JobTask {
  readonly spec: HorizontalSpec;
  readonly participant: string;
  readonly datasetFolder: string;
  /** Folder of all jobs of this home; each has one folder under its id. */
  readonly jobsFolder: string;
  readonly jobId: string;
  /** Closed while rows are read. */
  readonly gate: ReadGate;
}

interface SumWork extends JobTask {
  readonly sumId: SumId;
  readonly rosterDigest: HexDigest;
  readonly roster: readonly MaskPeer[];
  readonly heKeys: Readonly<Record<ParameterSetName, Uint8Array>>;
  readonly macKey: Uint8Array;
  /** Hex; the key of the category hash of a job without warm start. */
  readonly hashKey: string;
  /** Sums up to the last one that was opened before this one; those in between were skipped. */
  readonly after: number;
}

export interface PreflightTask extends JobTask {
  readonly kind: 'preflight';
}
export interface ContributeTask extends SumWork {
  readonly kind: 'contribute';
  readonly maskSecret: Uint8Array;
  readonly selfSeed: Uint8Array;
  /** Draws of trees follow from it. */
  readonly drawKey: Uint8Array;
  /** Where the protected contribution goes. */
  readonly path: string;
  /** Where the update goes before it is protected, in case it is too late for its round. */
  readonly keepUpdate?: string;
  /** An update that was, to be sent now instead of training again. */
  readonly lateUpdate?: string;
  /** Encrypts both at rest. */
  readonly updateKey?: Uint8Array;
  readonly progress: MessagePort;
}
export interface OpenTask extends SumWork {
  readonly kind: 'open';
  readonly selfSeeds: ReadonlyMap<string, Uint8Array>;
  readonly maskSecrets: ReadonlyMap<string, Uint8Array>;
  readonly parameterSet: ParameterSetName;
  readonly valueCount: number;
  readonly fingerprintKey: Uint8Array;
  readonly path: string;
}
export interface ConcludeTask extends JobTask {
  readonly kind: 'conclude';
  /** Sums that were opened. */
  readonly sums: number;
  /** Keyed fingerprint that ended the job. */
  readonly agreedFingerprint: HexDigest;
  readonly compareSolo: boolean;
}
export interface PreflightVerticalTask extends VerticalTask {
  readonly kind: 'preflightVertical';
}
export type Task =
  | PreflightTask
  | ContributeTask
  | OpenTask
  | ConcludeTask
  | PreflightVerticalTask
  | TakeStepTask;

export interface Preflight {
  readonly rows: number;
  readonly population: HexDigest;
  readonly backend: Backend['name'];
}
export interface Contributed {
  readonly digest: HexDigest;
  readonly bytes: number;
  readonly valueCount: number;
  readonly parameterSet: ParameterSetName;
  /** Of the rows that went into it, which may be others than those at consent. */
  readonly shown: ShownRows;
  readonly timings: readonly Timing[];
}
export interface Opened {
  readonly fingerprint: HexDigest;
  readonly next: NextStep;
  readonly metrics: readonly Metric[];
  readonly timings: readonly Timing[];
}

export interface Results {
  readonly preflight: Preflight;
  readonly contribute: Contributed;
  readonly open: Opened;
  readonly conclude: JobResult;
  readonly preflightVertical: VerticalReadiness;
  readonly takeStep: StepTaken | StepFailed;
}

/** Environment for dataset sources that name a variable; workers get it from main. */
export type Environment = (name: string) => string | undefined;

/**
 * The heavy work of a participant, as one function for a worker thread. Between tasks it remembers the rows of the
 * last dataset; everything else is in the job's folder, so a new worker after a crash goes on where the old one was.
 * @param stepWork what a party does in a step of a vertical job; `performStep` when left out.
 */
export function createTasks(protection: Protection, env: Environment, stepWork?: typeof performStep) {
  let remembered: { key: string; data: LocalData } | undefined;

  async function localData(task: JobTask): Promise<LocalData> {
    const key = JSON.stringify([task.jobId, task.datasetFolder]);
    if (remembered?.key !== key) {
      const read = () => loadRows(task.spec, task.datasetFolder, { env });
      remembered = { key, data: { table: await readThrough(task.gate, read) } };
    }
    return remembered.data;
  }

  async function preflight(task: PreflightTask): Promise<Preflight> {
    const { table } = await localData(task);
    if (task.spec.warmStart !== undefined) await startOf(task, '');
    const { name } = await loadBackend();
    const rows = table.test.reduce((count, held) => count + (held === 0 ? 1 : 0), 0);
    return { rows, population: populationDigest(table), backend: name };
  }

  async function contribute(task: ContributeTask): Promise<Contributed> {
    const { spec, participant, sumId, roster, progress } = task;
    const begin = performance.now();
    progress.postMessage({ step: 'train', fraction: 0 });
    const [data, backend, state] = await Promise.all([localData(task), loadBackend(), stateBefore(task)]);
    const readyMs = performance.now() - begin;
    const part = partOf(
      { spec, participant, purpose: sumId.purpose, round: sumId.round, drawKey: task.drawKey },
      state,
      data,
      backend,
      await lateUpdateOf(task),
    );
    if (part.update !== undefined) keepUpdate(task, part.update);
    const parameterSet = chooseParameterSet({ maxAbs: part.maxAbs, contributors: roster.length });
    progress.postMessage({ step: 'encrypt', fraction: 0 });
    const encryptStart = performance.now();
    const outgoing = await writeOutgoing(
      protection,
      {
        parameterSet,
        rosterDigest: task.rosterDigest,
        sumId,
        roster,
        colluders: spec.colluders,
        self: participant,
        maskSecret: task.maskSecret,
        selfSeed: task.selfSeed,
        heKey: task.heKeys[parameterSet],
        macKey: task.macKey,
        values: part.values,
        maxAbs: part.maxAbs,
      },
      task.path,
    );
    progress.postMessage({ step: 'upload', fraction: 0 });
    const timings = [
      { step: 'queue', ms: readyMs },
      { step: 'train', ms: part.trainMs },
      { step: 'encrypt', ms: performance.now() - encryptStart },
    ];
    const population = populationDigest(data.table);
    const shown = part.model === undefined ? { population } : { population, model: part.model };
    return { ...outgoing, valueCount: part.values.length, parameterSet, shown, timings };
  }

  async function open(task: OpenTask): Promise<Opened> {
    const {
      spec,
      participant,
      sumId,
      rosterDigest,
      roster,
      selfSeeds,
      maskSecrets,
      parameterSet,
      valueCount,
    } = task;
    const begin = performance.now();
    const sums = await protection.open(
      {
        parameterSet,
        rosterDigest,
        sumId,
        roster,
        colluders: spec.colluders,
        selfSeeds,
        maskSecrets,
        heKey: task.heKeys[parameterSet],
        macKey: task.macKey,
        valueCount,
      },
      createReadStream(task.path, { highWaterMark: 1 << 18 }),
    );
    const decryptMs = performance.now() - begin;
    const before = await stateBefore(task);
    const { state, next, metrics } = absorb(
      { spec, participant, purpose: sumId.purpose, round: sumId.round },
      before,
      sums,
    );
    const folder = join(task.jobsFolder, task.jobId);
    const bytes = saveState(statePath(folder, sumId.sum + 1), state);
    await forgetStates(folder, task.after);
    const fingerprint = keyedFingerprint(new Secret(task.fingerprintKey), bytes);
    const timings = [
      { step: 'decrypt', ms: decryptMs },
      { step: 'apply', ms: performance.now() - begin - decryptMs },
    ];
    return { fingerprint, next, metrics, timings };
  }

  async function readyFor(task: PreflightVerticalTask): Promise<VerticalReadiness> {
    const { spec, participant, datasetFolder, jobsFolder, gate } = task;
    const options = {
      env,
      ...(spec.type === 'scoring' && { modelFeatures: await featuresOf(spec, jobsFolder) }),
    };
    return readThrough(gate, () => preflightVertical(spec, participant, datasetFolder, options));
  }

  /** What vertical jobs need is loaded by them: a sixth of what a thread of horizontal jobs takes to start. */
  async function step(task: TakeStepTask): Promise<StepTaken | StepFailed> {
    const [{ takeStep }, { performStep }] = await Promise.all([
      import('./step-task.js'),
      import('../vertical/index.js'),
    ]);
    return takeStep(task, stepWork ?? performStep, { env });
  }

  function run(task: Task): Promise<Results[Task['kind']]> {
    switch (task.kind) {
      case 'preflight':
        return preflight(task);
      case 'contribute':
        return contribute(task);
      case 'open':
        return open(task);
      case 'conclude':
        return localData(task).then((data) => concludeJob(task, data));
      case 'preflightVertical':
        return readyFor(task);
      case 'takeStep':
        return step(task);
    }
  }

  return (task: Task): Promise<ThreadOutcome<Results[Task['kind']]>> => outcomeOf(() => run(task));
}

/** Features that a dataset must have to be scored by the own part of a model. @throws {CodedError} MODEL_UNKNOWN. */
async function featuresOf(spec: VerticalSpecOf<'scoring'>, jobsFolder: string) {
  const { readModelPart, wantedOf } = await import('../vertical/index.js');
  return wantedOf(await readModelPart(join(jobsFolder, spec.model.job)));
}

/** The state a sum starts from: what the sum before left, or the start of the job. */
async function stateBefore(task: SumWork): Promise<LearnerState> {
  const { after } = task;
  if (after > 0) return loadState(statePath(join(task.jobsFolder, task.jobId), after));
  return startOf(task, task.hashKey);
}

/** @throws {CodedError} MODEL_UNKNOWN, MODEL_INVALID when a warm start has nothing fitting to start from. */
async function startOf({ spec, jobsFolder }: JobTask, hashKey: string): Promise<LearnerState> {
  if (spec.warmStart === undefined) return { hashKey, history: [], trainLoss: [] };
  return warmState(spec, await loadState(join(jobsFolder, spec.warmStart.job, 'model.json')));
}
