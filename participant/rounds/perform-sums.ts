import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CodedError,
  type EventOf,
  type JobId,
  type Metric,
  type PostBody,
  Secret,
} from '../../contract/index.js';
import { sumBytes } from '../../crypto/secure-sum/index.js';
import type { OpenedSum } from '../journal/index.js';
import { packShown, type Results, unlessAborted, unpackShown } from '../training/index.js';
import { categoryKey } from './category-key.js';
import { refuseDifferencing, spendStatistic } from './differencing.js';
import { drawKey } from './draw-key.js';
import { type Duty, mayReveal } from './duties.js';
import { type DutyParts, jobFolder } from './duty-parts.js';
import { JobSecrets } from './keys.js';
import { forgetLate, keepsLate, lateKey, lateWork } from './late-update.js';
import type { SumView } from './sum-view.js';
import type { JobTranscript } from './transcript.js';

type Preflight = Results['preflight'];
type SumDuty = Exclude<Duty, { readonly kind: 'consent' | 'join' | 'signRoster' | 'takeStep' | 'conclude' }>;

/** What is nearly done is left to finish. */
const patienceMs = 10_000;

/** When work ends before it is done: with its duty, or with the job. */
interface Until {
  readonly signal: AbortSignal;
  readonly job: AbortSignal;
}

/** What a participant does in a horizontal job only. */
export class SumDuties {
  readonly #parts: DutyParts;
  readonly #preflights = new Map<string, Promise<Preflight>>();

  constructor(parts: DutyParts) {
    this.#parts = parts;
  }

  perform(
    duty: SumDuty,
    transcript: JobTranscript,
    signal: AbortSignal,
    job: AbortSignal,
  ): Promise<readonly PostBody[]> {
    const secrets = new JobSecrets(this.#parts.journal, this.#parts.signer, transcript);
    switch (duty.kind) {
      case 'shareJobKeys':
        return secrets.shareJobKeys();
      case 'issueSumKeys':
        return secrets.issueSumKeys(duty.batch);
      case 'contribute':
        return this.#contribute(duty.sum, transcript, secrets, { signal, job });
      case 'signSurvivors':
        return this.#signSurvivors(duty.sum, transcript);
      case 'reveal':
        return this.#reveal(duty.sum, transcript, secrets);
      case 'recover':
        return this.#recover(duty.sum, transcript, secrets);
      case 'openSum':
        return this.#openSum(duty.sum, transcript, secrets, signal);
    }
  }

  preflight(transcript: JobTranscript, signal: AbortSignal): Promise<Preflight> {
    const { jobId } = transcript;
    const begun =
      this.#preflights.get(jobId) ??
      this.#parts.work.run<'preflight'>({ kind: 'preflight', ...this.#jobTask(transcript) }, signal);
    this.#preflights.set(jobId, begun);
    begun.catch(() => this.#preflights.delete(jobId));
    return begun;
  }

  forget(jobId: JobId): void {
    this.#preflights.delete(jobId);
  }

  async keepModel(transcript: JobTranscript, ended: EventOf<'finished'>, signal: AbortSignal): Promise<void> {
    const task = {
      kind: 'conclude',
      ...this.#jobTask(transcript),
      sums: transcript.sums.length,
      agreedFingerprint: ended.fingerprint,
      compareSolo: this.#parts.compareSolo,
    } as const;
    await this.#parts.work.run<'conclude'>(task, signal);
  }

  async #contribute(
    sum: SumView,
    transcript: JobTranscript,
    secrets: JobSecrets,
    until: Until,
  ): Promise<PostBody[]> {
    const { journal, link } = this.#parts;
    const { jobId, fixedRoster } = transcript;
    if (transcript.rosterSignatures.size !== fixedRoster.names.length) {
      throw new CodedError('ROSTER_MISMATCH', 'a sum started before everybody signed the roster');
    }
    const keyless = [...sum.keyed].filter((name) => transcript.summing.sumKeyOf(name, sum) === undefined);
    if (keyless.length > 0) {
      throw new CodedError(
        'SUM_OUT_OF_ORDER',
        `sum ${sum.sum} started without mask keys of ${keyless.join(', ')}`,
      );
    }
    const path = join(jobFolder(this.#parts.jobsFolder, jobId), `sum-${sum.sum}.upload`);
    const outgoing =
      journal.outgoing(jobId, sum.sum) ?? (await this.#protect(sum, transcript, secrets, path, until));
    const start = performance.now();
    await link.upload({ jobId, sum: sum.sum, to: '', digest: outgoing.digest }, path, until.signal);
    const timings = [...outgoing.timings, { step: 'upload', ms: performance.now() - start }];
    return [{ kind: 'contribution', ...outgoing, timings }];
  }

  /**
   * Trains, masks and encrypts once; a crash before the note below means that nothing was sent yet. Where a late update
   * serves the next round, training goes on when this one has closed; what it gives is on disk, and nothing else of it
   * is used.
   */
  async #protect(
    sum: SumView,
    transcript: JobTranscript,
    secrets: JobSecrets,
    path: string,
    { signal, job }: Until,
  ) {
    const { jobId } = transcript;
    await secrets.heldShares(sum.sum);
    const { maskSecret, selfSeed } = secrets.sumSecrets(sum.sum).reveal();
    const keeps = keepsLate(sum, transcript);
    const task = {
      kind: 'contribute',
      ...(await this.#sumWork(sum, transcript, secrets)),
      ...(keeps && {
        ...lateWork(sum, transcript, jobFolder(this.#parts.jobsFolder, jobId)),
        updateKey: lateKey(this.#parts.journal.jobSecret(jobId)),
      }),
      maskSecret,
      selfSeed,
      drawKey: drawKey(this.#parts.journal.jobSecret(jobId)),
      path,
    } as const;
    const working = this.#parts.work.run<'contribute'>(
      task,
      keeps ? job : patient(signal, job),
      ({ step, fraction }) => this.#parts.progress({ jobId, sum: sum.sum, step, fraction }),
    );
    const made = await unlessAborted(working, signal);
    const { purpose, round } = sum;
    const { digest, bytes, valueCount, parameterSet, shown, timings } = made;
    const { journal } = this.#parts;
    journal.keepSecret(jobId, `population/${digest}`, new Secret(packShown(shown)));
    const { keyedDigest: keyed } = sum;
    const outgoing = {
      sum: sum.sum,
      purpose,
      round,
      valueCount,
      parameterSet,
      digest,
      bytes,
      timings: [...timings],
      ...(keyed && { keyed }),
    };
    journal.keepOutgoing(jobId, outgoing);
    return outgoing;
  }

  async #signSurvivors(sum: SumView, transcript: JobTranscript): Promise<PostBody[]> {
    const { me, jobId } = transcript;
    const { members, digest } = sum.survivors!;
    const own = sum.contributions.get(me);
    const kept = this.#parts.journal.outgoing(jobId, sum.sum);
    if (members.includes(me) && kept?.digest !== own?.digest) {
      throw new CodedError(
        'SURVIVORS_MISMATCH',
        `sum ${sum.sum} would include a contribution that we did not make`,
      );
    }
    const opened = this.#openedWith(sum, transcript);
    if (opened) refuseDifferencing(this.#parts.journal, opened);
    return [{ kind: 'survivorSignature', sum: sum.sum, survivorDigest: digest }];
  }

  async #reveal(sum: SumView, transcript: JobTranscript, secrets: JobSecrets): Promise<PostBody[]> {
    this.#mayReveal(sum, transcript);
    return [await secrets.reveal(sum)];
  }

  /** Under the rule of a reveal: shares of members' seeds leave for the set that a quorum signed, and for no other. */
  async #recover(sum: SumView, transcript: JobTranscript, secrets: JobSecrets): Promise<PostBody[]> {
    this.#mayReveal(sum, transcript);
    return secrets.recovery(sum, 'missing', sum.missing);
  }

  #mayReveal(sum: SumView, transcript: JobTranscript): void {
    const { quorum } = transcript.summing;
    if (!mayReveal(sum, quorum)) {
      throw new CodedError(
        'SURVIVORS_MISMATCH',
        `fewer than ${quorum} signed the survivor set of sum ${sum.sum}`,
      );
    }
    this.#spend(sum, transcript);
  }

  /**
   * Every sum that we are in counts as opened for its members from here on, whether or not the coordinator ever hands us
   * the sum. Also asked before a sum is opened late: then the others revealed without us.
   */
  #spend(sum: SumView, transcript: JobTranscript): void {
    const opened = this.#openedWith(sum, transcript);
    if (opened) spendStatistic(this.#parts.journal, opened);
  }

  /** A sum as the ledger has it; nothing of one without us. */
  #openedWith(view: SumView, { jobId, me, summing: { spec } }: JobTranscript): OpenedSum | undefined {
    if (!view.includes(me)) return undefined;
    const { sum, purpose } = view;
    const own = view.contributions.get(me);
    const kept = own && this.#parts.journal.secret(jobId, `population/${own.digest}`);
    if (kept === undefined) throw new CodedError('INTERNAL', `nothing is known of our part of sum ${sum}`);
    const { members } = view.survivors!;
    return { ...unpackShown(kept.reveal()), jobId, sum, purpose, members, colluders: spec.colluders };
  }

  async #openSum(
    sum: SumView,
    transcript: JobTranscript,
    secrets: JobSecrets,
    signal: AbortSignal,
  ): Promise<PostBody[]> {
    const { jobId } = transcript;
    // Its state is on disk since before this was kept; the coordinator may have nothing of the sum any more.
    const said = this.#parts.journal.said(jobId, `applied/${sum.sum}`);
    if (said !== undefined) return [said.body];
    this.#spend(sum, transcript);
    const { release }: { release: readonly string[] } = transcript.summing.spec;
    const ready = sum.ready!;
    const folder = jobFolder(this.#parts.jobsFolder, jobId);
    const path = join(folder, `sum-${sum.sum}.download`);
    const { parameterSet, valueCount } = sum.survivors!;
    const contributors = transcript.fixedRoster.names.length;
    if (ready.bytes !== sumBytes({ parameterSet, valueCount, contributors })) {
      throw new CodedError('SUM_MALFORMED', `sum ${sum.sum} is announced with ${ready.bytes} bytes`);
    }
    const start = performance.now();
    const { revealed } = sum;
    const [unmasking] = await Promise.all([
      secrets.unmasking(sum),
      this.#parts.link.download(
        { jobId, sum: sum.sum, digest: ready.digest, bytes: ready.bytes },
        path,
        signal,
      ),
    ]);
    if ('doubted' in unmasking) {
      sum.notEnough = revealed;
      return unmasking.doubted.length > 0 ? secrets.recovery(sum, 'doubted', unmasking.doubted) : [];
    }
    const downloadMs = performance.now() - start;
    const keys = await secrets.jobKeys();
    const opened = await this.#parts.work.run<'open'>(
      {
        kind: 'open',
        ...(await this.#sumWork(sum, transcript, secrets)),
        ...unmasking,
        parameterSet,
        valueCount,
        fingerprintKey: keys.fingerprint.reveal(),
        path,
      },
      signal,
    );
    if (sum.agreed !== undefined && sum.agreed.fingerprint !== opened.fingerprint) {
      throw new CodedError('MODEL_DISAGREEMENT', `the others agreed on another outcome of sum ${sum.sum}`);
    }
    await rm(path, { force: true });
    if (sum.includes(transcript.me)) await forgetLate(folder);
    return [
      {
        kind: 'applied',
        sum: sum.sum,
        sumDigest: ready.digest,
        fingerprint: opened.fingerprint,
        next: opened.next,
        metrics: opened.metrics.filter((metric: Metric) => release.includes(metric.name)),
        timings: [{ step: 'download', ms: downloadMs }, ...opened.timings],
      },
    ];
  }

  async #sumWork(sum: SumView, transcript: JobTranscript, secrets: JobSecrets) {
    const keys = await secrets.jobKeys();
    const { fixedRoster } = transcript;
    return {
      ...this.#jobTask(transcript),
      sumId: sum.idIn(transcript),
      rosterDigest: fixedRoster.digest,
      roster: fixedRoster.names.map((name) => ({
        name,
        maskKey: transcript.summing.sumKeyOf(name, sum)?.maskKey,
      })),
      heKeys: { narrow: keys.heNarrow.reveal(), wide: keys.heWide.reveal() },
      macKey: keys.mac.reveal(),
      hashKey: categoryKey(keys.mac),
      after: 1 + (transcript.sums.slice(0, sum.sum).findLast(({ skipped }) => !skipped)?.sum ?? -1),
    };
  }

  #jobTask({ summing: { spec }, jobId }: JobTranscript) {
    const { me, datasetFolder, jobsFolder } = this.#parts;
    return { spec, participant: me.name, datasetFolder, jobsFolder, jobId };
  }
}

/**
 * Ends work some time after its duty. Ending it ends its thread, and with that rows and tensor library are gone: where
 * they take longer to come back than a round waits, a participant that is late once would be late for ever.
 */
function patient(signal: AbortSignal, job: AbortSignal): AbortSignal {
  const end = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => end.abort(), patienceMs).unref(), { once: true });
  return AbortSignal.any([end.signal, job]);
}
