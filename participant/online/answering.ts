import { join } from 'node:path';
import type { Logger } from 'pino';
import {
  type Clock,
  CodedError,
  type JobId,
  type ParticipantName,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import { homeLayout } from '../config.js';
import { type Pins, readPins } from '../identity/index.js';
import type { Journal } from '../journal/index.js';
import { onlineGrant, type Policy, readPolicy } from '../policy/index.js';
import type { ScoreAnswer, ScoreQuestion } from '../session/index.js';
import { readModelPart } from '../vertical/model.js';
import { rowOf } from './key-table.js';
import type { HolderSide } from './model-sides.js';
import { type OnlineJob, onlineJob, pinnedEntry } from './online-job.js';
import { ownRowOf } from './own-part.js';
import { type Answer, openQuestion, type Question, sealAnswer, type Withheld } from './score-messages.js';
import type { ScoreTable } from './score-table.js';
import { scorecardHolder } from './scorecard-sides.js';
import { fileStamp } from './stamps.js';
import { TableKeeper } from './table-keeper.js';
import type { TableWork } from './table-worker.js';
import { treeHolder } from './tree-sides.js';
import { Watched } from './watched.js';

export interface AnsweringParts {
  readonly home: string;
  readonly name: ParticipantName;
  readonly organisation: string;
  readonly coordinator: { readonly name: string; readonly caFingerprint: string };
  readonly signer: Signer;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Variables that dataset files may name. */
  readonly environment: TableWork['environment'];
  /** Of the tables. */
  readonly lookMs?: number;
  readonly read?: (work: TableWork) => Promise<ScoreTable>;
}

/** A question may be this old, or this far ahead: clocks of parties differ. The ledger remembers ids for longer. */
const freshMs = 300_000;
/** Models with a table in memory. */
const mostModels = 8;
/** Between two tries to load a model that cannot be loaded. */
const againMs = 2000;

interface ServedModel {
  readonly job: OnlineJob;
  /** Names of own features, which the policy may withhold. */
  readonly features: readonly string[];
  readonly side: HolderSide;
  readonly rows: TableKeeper;
}

interface KeptModel {
  /** Of the files it rests on. */
  readonly stamp: string;
  readonly model: Promise<ServedModel>;
  /** Of a failure: until then it stands, so that questions in vain cost little. */
  againMs: number;
}

/**
 * A feature holder's side of single scores: answers a label holder's question with its own part of the log-odds, rounded
 * to 1/64, or by trees with the side of each of its splits. The coordinator relays and sees names, job, lengths and times.
 */
export class ScoreAnswering {
  readonly #parts: AnsweringParts;
  readonly #policy: Watched<Promise<Policy>>;
  readonly #pins: Watched<Pins>;
  readonly #models = new Map<JobId, KeptModel>();
  #closed = false;

  constructor(parts: AnsweringParts) {
    const { home } = parts;
    const { policy } = homeLayout(home);
    this.#parts = parts;
    this.#policy = new Watched(policy, () => readPolicy(policy));
    this.#pins = new Watched(join(home, 'peers.json'), () => readPins(home));
  }

  /**
   * Nothing is said to whom the roster does not name as label holder, or who did not sign. Everything else, refusals too,
   * is sealed for the asker and of one length, so that the coordinator cannot tell them apart.
   * @throws {CodedError} of which only that it is refused may leave.
   */
  async answer({ jobId, from, requestId, sealed }: ScoreQuestion): Promise<ScoreAnswer> {
    const { signer, log } = this.#parts;
    try {
      const model = await this.#served(jobId);
      const { job } = model;
      if (from !== job.spec.labelHolder || from === job.me) {
        throw new CodedError('SCORE_REFUSED', `${from} does not hold the labels of ${jobId}`, {
          parties: [from],
        });
      }
      const to = pinnedEntry(job, from, this.#pins.get());
      const question = await openQuestion({ job, requestId, from: to, sealed });
      const answer = await this.#judged(model, requestId, question);
      return { sealed: await sealAnswer({ job, signer, requestId, to }, answer, model.side.bytes) };
    } catch (thrown) {
      const { code, message } = toCodedError(thrown);
      log.warn({ jobId, from, code, reason: message }, 'a score question is refused');
      throw thrown;
    }
  }

  /**
   * Reads the rows of models that the policy lets be asked now, newest first, so that the first question after a start
   * need not wait for them. What fails is said when it is asked.
   */
  async prepare(): Promise<void> {
    const { journal } = this.#parts;
    const asked = journal.jobs().filter(({ jobId, state }) => {
      return state === 'finished' && journal.secret(jobId, 'seal-key') !== undefined;
    });
    for (const { jobId } of asked.reverse().slice(0, mostModels)) {
      if (this.#closed) return;
      try {
        const model = await this.#served(jobId);
        const holder = model.job.spec.labelHolder !== model.job.me;
        if (holder && (await this.#granted(model)).kind === 'grant') await model.rows.table();
      } catch (thrown) {
        const { code, message } = toCodedError(thrown);
        this.#parts.log.warn({ jobId, code, reason: message }, 'score questions cannot be answered');
      }
    }
  }

  /** Resolves when no table is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const models = [...this.#models.values()];
    this.#models.clear();
    await Promise.all(models.map(({ model }) => letGo(model)));
  }

  async #judged(model: ServedModel, requestId: string, question: Question): Promise<Answer> {
    const { clock, log, journal } = this.#parts;
    const { job } = model;
    const { labelHolder: peer } = job.spec;
    const atMs = clock.now();
    const refused = (kind: Withheld, code: string) => {
      log.warn({ jobId: job.jobId, from: peer, code, kind }, 'a score question is not answered');
      return { kind };
    };
    if (!(Math.abs(atMs - question.askedMs) <= freshMs)) return refused('stale', 'SCORE_REFUSED');
    const grant = await this.#granted(model).catch(toCodedError);
    if (grant instanceof CodedError) return refused('forbidden', grant.code);
    if (grant.kind === 'refuse') return refused('forbidden', grant.code);
    const admission = { peer, requestId, atMs, perDay: grant.onlinePerDay };
    const admitted = journal.scores.admit(admission);
    if (admitted !== 'admitted') return refused(admitted, 'SCORE_REFUSED');
    let table: ScoreTable;
    try {
      table = await model.rows.table();
    } catch (thrown) {
      return refused('unready', toCodedError(thrown).code);
    }
    const row = rowOf(table, question.customer);
    if (row === -1) return { kind: 'unknown' };
    return { kind: 'part', body: model.side.told(ownRowOf(table, row), requestId, question.customer) };
  }

  async #granted({ job: { spec, me }, features }: ServedModel) {
    const { name, organisation, coordinator, clock } = this.#parts;
    return onlineGrant(await this.#policy.get(), {
      coordinator,
      me: { name, organisation },
      pinned: this.#pins.get(),
      nowMs: clock.now(),
      labelHolder: spec.labelHolder,
      tells: spec.type === 'boosting' ? 'sides' : 'part',
      purpose: spec.purpose,
      dataset: spec.parties[me]!.dataset,
      features,
    });
  }

  /** The model as it stands on disk now: who removes its file, or a pin, withdraws it. */
  async #served(jobId: JobId): Promise<ServedModel> {
    const { home, journal, clock } = this.#parts;
    if (journal.job(jobId)?.state !== 'finished') {
      throw new CodedError('MODEL_UNKNOWN', `${jobId} is no finished job here`);
    }
    const folder = join(homeLayout(home).jobs, jobId);
    const stamp = `${fileStamp(join(folder, 'model.json'))} ${fileStamp(join(home, 'peers.json'))}`;
    const known = this.#models.get(jobId);
    this.#models.delete(jobId);
    if (known?.stamp === stamp && clock.now() < known.againMs) {
      this.#models.set(jobId, known);
      return known.model;
    }
    if (known !== undefined) void letGo(known.model);
    const kept = { stamp, model: this.#load(jobId, folder), againMs: Number.POSITIVE_INFINITY };
    this.#models.set(jobId, kept);
    kept.model.catch(() => {
      kept.againMs = clock.now() + againMs;
    });
    for (const [oldest, { model }] of this.#models) {
      if (this.#models.size <= mostModels) break;
      this.#models.delete(oldest);
      void letGo(model);
    }
    return kept.model;
  }

  async #load(jobId: JobId, folder: string): Promise<ServedModel> {
    const { home, name, organisation, signer, journal } = this.#parts;
    const own = { organisation, identityKey: signer.publicKey };
    const pins = this.#pins.get();
    const job = onlineJob(journal, jobId, name, (peer) => (peer === name ? own : pins.get(peer)));
    const model = await readModelPart(folder);
    const { environment, clock, log, lookMs, read } = this.#parts;
    const order = {
      datasetFolder: homeLayout(home).datasets,
      dataset: job.spec.parties[name]!.dataset,
      model,
    };
    return {
      job,
      features: Object.keys(model.features),
      side: model.format === 'fedrisk/tree-model/1' ? treeHolder(job, model) : scorecardHolder(job),
      rows: new TableKeeper({
        ...{ order, environment, clock, log },
        ...(lookMs !== undefined && { lookMs }),
        ...(read && { read }),
      }),
    };
  }
}

async function letGo(model: Promise<ServedModel>): Promise<void> {
  await model.then(({ rows }) => rows.close()).catch(() => undefined);
}
