import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CodedError,
  type JobId,
  type ParticipantName,
  type PostBody,
  type PostOf,
  Secret,
  type Step,
} from '../../contract/index.js';
import { labelBudget, type StepNote } from '../journal/index.js';
import type { Results, StepFailed, StepTaken } from '../training/index.js';
import { allowed } from './consent.js';
import { type DutyParts, jobFolder } from './duty-parts.js';
import type { StepCourse, StoredParcel } from './step-course.js';
import type { StepView } from './step-view.js';
import type { JobTranscript } from './transcript.js';

/** Steps after its own in which a parcel may be looked into; then it is removed. */
const usesOfParcel = 2;

/** In this step the first values made from own ids leave. */
const firstOfOwnIds: Step['name'] = 'blind';
/** Name under which the journal keeps what consent rested on. */
const ownRows = 'own-rows';

/** What a participant does in a vertical job only. */
export class StepDuties {
  readonly #parts: DutyParts;

  constructor(parts: DutyParts) {
    this.#parts = parts;
  }

  /** Reads the own rows and remembers their numbers, on which policy and label budget rest at every step. */
  async ownRows(transcript: JobTranscript, signal: AbortSignal): Promise<number> {
    const { work, journal } = this.#parts;
    const { rows, labelled } = await work.run<'preflightVertical'>(
      { kind: 'preflightVertical', ...this.#jobTask(transcript) },
      signal,
    );
    const readiness = Buffer.from(JSON.stringify({ rows, labelled }));
    journal.keepSecret(transcript.jobId, ownRows, new Secret(readiness));
    return rows;
  }

  /**
   * Parcels and report of one step. Up to the note in the journal nothing was sent, and everything is done afresh after
   * a crash; from the note on only the stored bytes are sent.
   */
  async take(view: StepView, transcript: JobTranscript, signal: AbortSignal): Promise<PostBody[]> {
    const { journal, link } = this.#parts;
    const { jobId } = transcript;
    const { number: step } = view.step;
    const note = journal.stepNote(jobId, step) ?? (await this.#work(view.step, transcript, signal));
    const start = performance.now();
    for (const { to, digest } of note.parcels) {
      await link.upload({ jobId, sum: step, to, digest }, this.#outgoing(jobId, step, to).sealedPath, signal);
    }
    const upload = { step: 'upload', ms: performance.now() - start };
    const parcels = note.parcels.map(({ to, digest, bytes }): PostOf<'parcel'> => {
      return { kind: 'parcel', step, to, digest, bytes, timings: [...note.timings, upload] };
    });
    if (note.report === undefined) return parcels;
    return [...parcels, { kind: 'report', step, ...note.report, timings: [...note.timings] }];
  }

  /** The step itself, from the parcels that came to the note of those that go. */
  async #work(step: Step, transcript: JobTranscript, signal: AbortSignal): Promise<StepNote> {
    const { journal, work, progress } = this.#parts;
    const { jobId, me, stepping, fixedRoster } = transcript;
    const { grant, waiver } = await this.#terms(step, transcript);
    const standing = holdsLabels(transcript) ? journal.labels.standing(ownDataset(transcript)) : undefined;
    const start = performance.now();
    const wanted = wantedParcels(stepping, me, step.number);
    await this.#tidy(jobId, wanted);
    const inbox = await this.#fetch(jobId, wanted, signal);
    const download = { step: 'download', ms: performance.now() - start };
    const secrets = journal.stepSecrets(jobId);
    const sealPrivateKey = journal.secret(jobId, 'seal-key');
    if (sealPrivateKey === undefined) throw new CodedError('INTERNAL', `${jobId} has no sealing key here`);
    const taken = await work.run<'takeStep'>(
      {
        kind: 'takeStep',
        ...this.#jobTask(transcript),
        step: step.number,
        rosterDigest: fixedRoster.digest,
        inbox,
        sealPrivateKey: sealPrivateKey.reveal(),
        outbox: step.parcels
          .filter(({ from }) => from === me)
          .map(({ to }) => ({
            to,
            ...this.#outgoing(jobId, step.number, to),
            sealKey: fixedRoster.entries.find(({ name }) => name === to)!.sealKey,
          })),
        grant,
        ...(standing && { labels: { ...standing, waived: waiver !== undefined } }),
        jobSecret: journal.jobSecret(jobId).reveal(),
        ownSalt: journal.ownSalt().reveal(),
        secrets: new Map([...secrets].map(([name, secret]) => [name, secret.reveal()])),
      },
      signal,
      (at) => progress({ jobId, sum: step.number, ...at }),
    );
    if ('failure' in taken) {
      this.#charge(taken, waiver, transcript);
      const { code, message, parties } = taken.failure;
      throw new CodedError(code, message, { parties });
    }
    const report = taken.report && released(taken.report, transcript);
    const note: StepNote = {
      step: step.number,
      parcels: taken.parcels,
      ...(report && { report }),
      timings: [...taken.timings, download],
    };
    const keep = new Map([...taken.keep].map(([name, bytes]) => [name, new Secret(bytes)]));
    return journal.keepStep(jobId, note, keep, () => {
      if (step.name === firstOfOwnIds) this.#beginAlignment(transcript);
      this.#charge(taken, waiver, transcript);
    });
  }

  /** The terms of the rule that allows the job now. @throws {CodedError} with the code of the policy when none does. */
  #terms({ number }: Step, transcript: JobTranscript) {
    const { rows } = this.#readiness(transcript);
    const aligned = transcript.stepping.steps.some(
      (step) => step.name === firstOfOwnIds && step.number < number,
    );
    return allowed(this.#parts.judgeVertical(transcript, { rows, aligned }));
  }

  #readiness({ jobId }: JobTranscript): Results['preflightVertical'] {
    const kept = this.#parts.journal.secret(jobId, ownRows);
    if (kept === undefined)
      throw new CodedError('INTERNAL', `${jobId} was approved without a look at the rows`);
    return JSON.parse(Buffer.from(kept.reveal()).toString('utf8'));
  }

  #beginAlignment(transcript: JobTranscript): void {
    const { journal, clock } = this.#parts;
    const { jobId, me, fixedRoster } = transcript;
    const peers = fixedRoster.names.filter((name) => name !== me);
    journal.alignments.begin(jobId, ownDataset(transcript), peers, clock.now());
  }

  /**
   * The budget is the smaller one of the whole label set and of the rows that the functionals are of.
   * @throws {CodedError} LABEL_BUDGET_EXCEEDED; the note, and all that it would have let out, is then not kept.
   */
  #charge(
    { releases, releasedOver }: Pick<StepTaken | StepFailed, 'releases' | 'releasedOver'>,
    waiver: string | undefined,
    transcript: JobTranscript,
  ): void {
    if (releases.length === 0) return;
    const { journal, clock } = this.#parts;
    const { labelled } = this.#readiness(transcript);
    if (!holdsLabels(transcript) || labelled === undefined) {
      throw new CodedError('INTERNAL', 'only the holder of labels releases functionals of them');
    }
    const budget = Math.min(labelBudget(labelled), labelBudget(releasedOver ?? labelled));
    const allowance = { budget, waiver };
    journal.labels.charge(ownDataset(transcript), transcript.jobId, releases, allowance, clock.now());
  }

  /** What is not on disk yet, opened or sealed, comes from the coordinator; what broke off goes on where it ended. */
  async #fetch(jobId: JobId, wanted: readonly StoredParcel[], signal: AbortSignal) {
    const inbox = [];
    for (const { step, route, digest, bytes } of wanted) {
      const { from } = route;
      const path = this.#incoming(jobId, step.number, from);
      const sealedPath = `${path}.sealed`;
      if (!existsSync(path)) {
        const parcel = { jobId, sum: step.number, from, digest, bytes };
        await this.#parts.link.downloadParcel(parcel, sealedPath, signal);
      }
      inbox.push({ step: step.number, name: step.name, round: step.round, from, path, sealedPath });
    }
    return inbox;
  }

  /** Before a step: what earlier steps sent stands at the coordinator, and what an earlier attempt wrote counts for nothing. */
  async #tidy(jobId: JobId, wanted: readonly StoredParcel[]): Promise<void> {
    const folder = jobFolder(this.#parts.jobsFolder, jobId);
    const keep = wanted.map(({ step, route }) => this.#incoming(jobId, step.number, route.from));
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const kept = keep.some((parcel) =>
        [parcel, `${parcel}.sealed`, `${parcel}.sealed.part`].includes(path),
      );
      if (/^(parcel|step)-/.test(name) && !kept) await rm(path, { force: true });
    }
  }

  #incoming(jobId: JobId, step: number, from: ParticipantName): string {
    return join(jobFolder(this.#parts.jobsFolder, jobId), `parcel-${step}-from-${from}`);
  }

  #outgoing(jobId: JobId, step: number, to: ParticipantName) {
    return { sealedPath: join(jobFolder(this.#parts.jobsFolder, jobId), `step-${step}-to-${to}.upload`) };
  }

  #jobTask({ stepping: { spec }, jobId, me }: JobTranscript) {
    const { datasetFolder, jobsFolder } = this.#parts;
    return { spec, participant: me, datasetFolder, jobsFolder, jobId };
  }
}

function holdsLabels({ stepping: { spec }, me }: JobTranscript): boolean {
  return spec.type !== 'scoring' && spec.labelHolder === me;
}

function ownDataset({ stepping: { spec }, me }: JobTranscript): string {
  return spec.parties[me]!.dataset;
}

/**
 * Parcels that a step may look into: those of two steps of its own before they are swept, and public keys and seeds to
 * the end. A pure function of the course, so that after a crash the same files are there.
 */
function wantedParcels(course: StepCourse, me: ParticipantName, before: number): StoredParcel[] {
  let oldest = before;
  for (let uses = 0; oldest > 0 && uses < usesOfParcel; ) {
    oldest -= 1;
    const { parcels, reports } = course.steps[oldest]!;
    if (reports.includes(me) || parcels.some(({ from }) => from === me)) uses += 1;
  }
  return course.parcelsTo(me, before).filter(({ step }) => step.name === 'keys' || step.number >= oldest);
}

/** A report as coordinator and submitter may see it. */
function released(
  report: NonNullable<StepTaken['report']>,
  { stepping: { spec } }: JobTranscript,
): StepNote['report'] {
  const released: readonly string[] = spec.release;
  return {
    ...report,
    metrics: report.metrics.filter(({ name }) => released.includes(name)),
    features: released.includes('iv') ? report.features : [],
  };
}
