import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import {
  CodedError,
  type ErrorCode,
  type HexDigest,
  type JobId,
  type ParticipantName,
  Secret,
  stepsOf,
  type Timing,
  type VerticalSpec,
} from '../../contract/index.js';
import { openParcel, type ParcelPlace, type SealedParcel, sealParcel } from '../../crypto/sealing/index.js';
import type { ReadOptions } from '../data/index.js';
import {
  forgetJob,
  type InboundParcel,
  type LabelBudget,
  type LabelRelease,
  type performStep,
  type StepOutcome,
  TellingFailure,
  type VerticalGrant,
} from '../vertical/index.js';
import { endWanted, type ReadGate, readThrough } from './read-gate.js';

/** Plain data only: tasks cross into worker threads. */
export interface VerticalTask {
  readonly spec: VerticalSpec;
  readonly participant: ParticipantName;
  readonly datasetFolder: string;
  /** Folder of all jobs of this home; each has one folder under its id. */
  readonly jobsFolder: string;
  readonly jobId: JobId;
  /** Closed while rows may be read. */
  readonly gate: ReadGate;
}

export interface TakeStepTask extends VerticalTask {
  readonly kind: 'takeStep';
  /** Number of the step. */
  readonly step: number;
  readonly rosterDigest: HexDigest;
  /** What was downloaded, sealed; the plaintext stands, or will stand, at `path`. */
  readonly inbox: readonly (InboundParcel & { readonly sealedPath: string })[];
  /** X25519, of this participant for this job. */
  readonly sealPrivateKey: Uint8Array;
  /** Plaintext goes to `path`, the parcel as it is sent to `sealedPath`; `sealKey` is the receiver's, hex. */
  readonly outbox: readonly {
    readonly to: ParticipantName;
    readonly sealedPath: string;
    readonly sealKey: string;
  }[];
  readonly grant: VerticalGrant;
  readonly labels?: LabelBudget | undefined;
  readonly jobSecret: Uint8Array;
  readonly ownSalt: Uint8Array;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly progress: MessagePort;
}

export interface StepTaken {
  readonly parcels: readonly {
    readonly to: ParticipantName;
    readonly digest: HexDigest;
    readonly bytes: number;
  }[];
  readonly report?: StepOutcome['report'];
  readonly timings: readonly Timing[];
  readonly keep: ReadonlyMap<string, Uint8Array>;
  readonly releases: readonly LabelRelease[];
  readonly releasedOver?: NonNullable<StepOutcome['releasedOver']>;
}

/** A step that failed, and by failing told something of the labels: its caller charges that, and then fails. */
export interface StepFailed {
  readonly failure: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly parties: readonly string[];
  };
  readonly releases: readonly LabelRelease[];
  readonly releasedOver?: NonNullable<StepOutcome['releasedOver']>;
}

/** Of a post's ten; opening, download and upload take the others. */
const mostTimings = 7;

/** A step's place in its job, as sender and receiver of its parcels both know it. */
const placeOf = (
  { jobId, rosterDigest }: TakeStepTask,
  step: number,
  sender: string,
  receiver: string,
): ParcelPlace => ({ rosterDigest, session: `${jobId}/step/${step}`, sender, receiver });

/**
 * A step of a vertical job, up to the sealed parcels on disk: opens what came, works, seals what goes. A crash anywhere
 * in here leaves nothing that was sent; opened parcels stay, the rest is written anew.
 */
export async function takeStep(
  task: TakeStepTask,
  work: typeof performStep,
  sources: ReadOptions,
): Promise<StepTaken | StepFailed> {
  const { spec, jobId, participant: me, datasetFolder, jobsFolder, grant, labels, gate } = task;
  const begin = performance.now();
  for (const parcel of task.inbox) await openInbound(task, parcel);
  const openMs = performance.now() - begin;
  const step = stepsOf(spec)[task.step]!;
  const sealed = new Map<ParticipantName, SealedParcel>();
  // The work may read rows at any time, and a thread must not end in the middle of that: whoever wants it gone is
  // told by the signal, and waits until the work heard it.
  const outcome: StepOutcome | StepFailed = await readThrough(gate, () =>
    withSignal(gate, (signal) =>
      work({
        spec,
        jobId,
        me,
        step,
        rosterDigest: task.rosterDigest,
        datasetFolder,
        jobsFolder,
        folder: join(jobsFolder, jobId),
        inbox: task.inbox.map(({ sealedPath: _, ...parcel }) => parcel),
        outbox: task.outbox.map((outbound) => ({
          to: outbound.to,
          seal: async (plain) => {
            sealed.set(outbound.to, await sealOutbound(task, outbound, plain));
          },
        })),
        grant,
        ...(labels && { labels }),
        jobSecret: new Secret(task.jobSecret),
        ownSalt: new Secret(task.ownSalt),
        secrets: new Map([...task.secrets].map(([name, bytes]) => [name, new Secret(bytes)])),
        sources,
        signal,
        progress: (named, fraction) => task.progress.postMessage({ step: named, fraction }),
      }),
    ),
  ).catch(failedTelling);
  if ('failure' in outcome) return outcome;
  const parcels = task.outbox.map(({ to }) => {
    const parcel = sealed.get(to);
    if (parcel === undefined) throw new CodedError('INTERNAL', `step ${step.name} wrote no parcel to ${to}`);
    return { to, ...parcel };
  });
  // Rows and matrices; whoever takes the last step again after a crash makes them again.
  if (step.name === 'close') forgetJob(jobId);
  if (step.reports.includes(me) && outcome.report === undefined) {
    throw new CodedError('INTERNAL', `step ${step.name} gave no report`);
  }
  return {
    parcels,
    ...(outcome.report && { report: outcome.report }),
    timings: [...outcome.timings.slice(0, mostTimings), { step: 'open', ms: openMs }],
    keep: new Map([...(outcome.keep ?? [])].map(([name, secret]) => [name, secret.reveal()])),
    releases: outcome.releases ?? [],
    ...(outcome.releasedOver && { releasedOver: outcome.releasedOver }),
  };
}

/** Errors lose their fields between threads, so that a failure with releases crosses as a value. */
function failedTelling(thrown: unknown): StepFailed {
  if (!(thrown instanceof TellingFailure)) throw thrown;
  const { code, message, parties, releases, releasedOver } = thrown;
  return { failure: { code, message, parties }, releases, ...(releasedOver && { releasedOver }) };
}

/** The plaintext has its name only when it is whole, so one that stands there was opened before. */
async function openInbound(task: TakeStepTask, parcel: TakeStepTask['inbox'][number]): Promise<void> {
  const { step, from, path, sealedPath } = parcel;
  if (existsSync(path)) return;
  const privateKey = new Secret(task.sealPrivateKey);
  const place = placeOf(task, step, from, task.participant);
  await openParcel({ privateKey, place, from: sealedPath, to: path });
  await rm(sealedPath, { force: true });
}

/** A parcel of the step, sealed as its plaintext comes. */
function sealOutbound(
  task: TakeStepTask,
  { to, sealedPath, sealKey }: TakeStepTask['outbox'][number],
  plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<SealedParcel> {
  const place = placeOf(task, task.step, task.participant, to);
  return sealParcel({ receiverKey: sealKey, place, plain, to: sealedPath });
}

async function withSignal<T>(gate: ReadGate, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const control = new AbortController();
  const look = setInterval(() => {
    if (endWanted(gate)) control.abort(new CodedError('JOB_ENDED', 'the work is no longer wanted'));
  }, 50);
  try {
    return await run(control.signal);
  } finally {
    clearInterval(look);
  }
}
