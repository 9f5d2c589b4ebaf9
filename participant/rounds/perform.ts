import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type HexDigest, type JobSpec, type PostBody } from '../../contract/index.js';
import { answerFor } from './consent.js';
import { refuseDifferencing } from './differencing.js';
import type { Duty } from './duties.js';
import type { DutyParts } from './duty-parts.js';
import { JobSecrets } from './keys.js';
import { StepDuties } from './perform-steps.js';
import { SumDuties } from './perform-sums.js';
import { sealPairOf } from './seal-pair.js';
import type { JobTranscript } from './transcript.js';

export type { DutyParts } from './duty-parts.js';

/** Ciphertexts, plaintexts and joint statistics on the way, which an ended or left job no longer needs. */
const passing: Readonly<Record<JobSpec['mode'], RegExp>> = {
  horizontal: /^(sum|state|update)-\d|\.tmp$/,
  vertical: /^(parcel|step|work)-|\.(tmp|upload|part)$/,
};

/** How each duty is done. Everything here may be done again after a crash; the journal keeps what must not differ. */
export class Duties {
  readonly #parts: DutyParts;
  readonly #sums: SumDuties;
  readonly #steps: StepDuties;

  constructor(parts: DutyParts) {
    this.#parts = parts;
    this.#sums = new SumDuties(parts);
    this.#steps = new StepDuties(parts);
  }

  /** `signal` ends the work with its duty, `job` what may go on after it. */
  perform(
    duty: Duty,
    transcript: JobTranscript,
    signal: AbortSignal,
    job = signal,
  ): Promise<readonly PostBody[]> {
    switch (duty.kind) {
      case 'consent':
        return this.#consent(transcript, signal);
      case 'join':
        return this.#join(transcript, signal);
      case 'signRoster':
        return this.#signRoster(transcript);
      case 'takeStep':
        return this.#steps.take(duty.view, transcript, signal);
      case 'conclude':
        return this.#conclude(transcript, signal);
      default:
        return this.#sums.perform(duty, transcript, signal, job);
    }
  }

  #consent(transcript: JobTranscript, signal: AbortSignal): Promise<PostBody[]> {
    const { journal, approvalPollMs } = this.#parts;
    const common = { journal, approvalPollMs };
    if (transcript.spec.mode === 'vertical') {
      const judge = (rows: number) => this.#parts.judgeVertical(transcript, { rows, aligned: false });
      const read = () => this.#steps.ownRows(transcript, signal);
      return answerFor({ ...common, judge, read, remember: () => {} }, transcript, signal);
    }
    const { participants: members, colluders } = transcript.spec;
    const { jobId } = transcript;
    const judge = (rows: number) => this.#parts.judge(transcript, rows);
    let population: HexDigest;
    const read = async () => {
      const ready = await this.#sums.preflight(transcript, signal);
      population = ready.population;
      return ready.rows;
    };
    // Of a warm start the first sum is a round, and holds counts for the same reason.
    const first = { sum: 0, purpose: 'magnitudes' } as const;
    const remember = () => refuseDifferencing(journal, { ...first, population, members, jobId, colluders });
    return answerFor({ ...common, judge, read, remember }, transcript, signal);
  }

  async #join(transcript: JobTranscript, signal: AbortSignal): Promise<PostBody[]> {
    const { me, certificateFingerprint, signer, journal } = this.#parts;
    // Vertical jobs use no tensor library.
    const { backend } =
      transcript.spec.mode === 'vertical'
        ? ({ backend: 'wasm' } as const)
        : await this.#sums.preflight(transcript, signal);
    const { publicKey } = await sealPairOf(journal, transcript.jobId);
    return [
      {
        kind: 'join',
        specDigest: transcript.submitted!.specDigest,
        organisation: me.organisation,
        party: me.party,
        certificateFingerprint,
        identityKey: signer.publicKey,
        sealKey: publicKey,
        backend,
      },
    ];
  }

  async #signRoster(transcript: JobTranscript): Promise<PostBody[]> {
    const { journal, signer } = this.#parts;
    const { course } = transcript;
    // What we sign that the keys are, they must be.
    if (course?.mode === 'horizontal') await new JobSecrets(journal, signer, transcript).jobKeys();
    const commitmentsDigest = course?.sharedKeys();
    if (commitmentsDigest === undefined) {
      throw new CodedError('MESSAGE_UNEXPECTED', 'no key commitments yet');
    }
    return [{ kind: 'rosterSignature', rosterDigest: transcript.fixedRoster.digest, commitmentsDigest }];
  }

  async #conclude(transcript: JobTranscript, signal: AbortSignal): Promise<PostBody[]> {
    const { journal } = this.#parts;
    const { ended, jobId } = transcript;
    if (ended?.kind === 'finished') {
      // The state says that the model is kept: after a crash behind that line what it was made from may be gone. In a
      // vertical job the last step left the model before its report was sent.
      if (journal.job(jobId)?.state !== 'finished') {
        if (transcript.spec.mode === 'horizontal') await this.#sums.keepModel(transcript, ended, signal);
        journal.keepJob(jobId, 'finished');
      }
    } else if (ended?.kind === 'failed') {
      journal.keepJob(jobId, 'failed', ended.code, ended.detail);
    } else if (ended?.kind === 'cancelled') {
      journal.keepJob(jobId, 'cancelled', 'JOB_CANCELLED', `${ended.by}: ${ended.reason}`);
    }
    await this.sweep(transcript);
    return [];
  }

  /**
   * Removes the files of an ended or left job beside a kept model. Of a vertical job that did not finish everything
   * goes: its last step may have left a model that not everybody reported on.
   */
  async sweep({ jobId, course, ended }: JobTranscript): Promise<void> {
    this.#sums.forget(jobId);
    const folder = join(this.#parts.jobsFolder, jobId);
    if (!existsSync(folder)) return;
    const mode = course?.mode ?? 'horizontal';
    const all = mode === 'vertical' && ended?.kind !== 'finished';
    for (const name of await readdir(folder)) {
      if (all || passing[mode].test(name)) await rm(join(folder, name), { force: true, recursive: true });
    }
  }
}
