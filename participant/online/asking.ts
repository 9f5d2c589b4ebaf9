import { randomBytes } from 'node:crypto';
import {
  type Clock,
  CodedError,
  castOf,
  type ErrorCode,
  type ParticipantName,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import type { Pins } from '../identity/index.js';
import type { Link } from '../session/index.js';
import type { ModelPart } from '../vertical/model.js';
import { type ApplicantValues, applicantTable } from './applicant.js';
import { customerKey, rowOf } from './key-table.js';
import type { LabelSide, ScoreReason } from './model-sides.js';
import { type OnlineJob, pinnedEntry } from './online-job.js';
import { type OwnRow, ownPartsOf, ownRowOf } from './own-part.js';
import { openAnswer, sealQuestion, type Withheld } from './score-messages.js';
import type { ScoreTable } from './score-table.js';
import { scorecardLabelSide } from './scorecard-sides.js';
import { treeLabelSide } from './tree-sides.js';

export interface AskingParts {
  readonly job: OnlineJob;
  readonly model: ModelPart;
  readonly signer: Signer;
  readonly clock: Pick<Clock, 'now'>;
  /** All answers must be in by then. */
  readonly deadlineMs: number;
  table(): Promise<ScoreTable>;
  pins(): Pins;
  readonly ask: Link['askScore'];
}

/** One customer to score. */
export interface ScoreAsked {
  /** As the own dataset writes it. */
  readonly id: string;
  /** The own features of somebody who is not in the dataset yet; without them the own row of the id counts. */
  readonly features?: ApplicantValues | undefined;
}

export interface JointScore {
  readonly requestId: string;
  /** Of bad, calibrated; six decimals. */
  readonly probability: number;
  /** Two decimals, as are all points. */
  readonly points: number;
  /** Add up to the points within rounding. */
  readonly contributions: {
    /** What everybody starts from; by trees the points of the mean training row. */
    readonly base: number;
    readonly bank: number;
    /** Of all partners together. */
    readonly partners: number;
  };
  /** Features that cost most points against the mean training row: own ones; by trees partners' too, under their codes. */
  readonly reasons: readonly ScoreReason[];
}

/** For the first answers, which wait for rows to be read. */
const firstMs = 10_000;

interface Applicant {
  readonly customer: Uint8Array;
  readonly row: OwnRow;
}

/** The label holder's side of single scores: own part, the partners' sealed parts, and the points of both. */
export class ScoreAsking {
  readonly #parts: AskingParts;
  readonly #side: LabelSide;
  readonly #holders: readonly ParticipantName[];

  /** @throws {CodedError} MODEL_UNKNOWN when the model here is not the label holder's part. */
  constructor(parts: AskingParts) {
    const { model, job } = parts;
    if (job.spec.labelHolder !== job.me || model.scaling === undefined) {
      throw new CodedError(
        'MODEL_UNKNOWN',
        `${job.me} is not the label holder of ${job.jobId}, and gets no scores`,
      );
    }
    this.#parts = parts;
    this.#side =
      model.format === 'fedrisk/tree-model/1' ? treeLabelSide(job, model) : scorecardLabelSide(job, model);
    this.#holders = castOf(job.spec).holders;
  }

  /** Feature holders that every score asks. */
  get partners(): readonly string[] {
    return this.#holders;
  }

  /**
   * @throws {CodedError} SCORE_UNKNOWN_CUSTOMER, SCORE_REFUSED and SCORE_TIMEOUT naming who; SCHEMA_DRIFT and
   * DATASET_TYPE for features; PEER_* when a pin changed; COORDINATOR_UNREACHABLE, RATE_LIMITED.
   */
  async score(asked: ScoreAsked): Promise<JointScore> {
    const { customer, row } = await this.#applicant(asked);
    const requestId = randomBytes(16).toString('hex');
    const told = await this.#told(requestId, customer);
    const { probability, points, bank, partners, reasons } = this.#side.score(row, told);
    return {
      requestId,
      probability: rounded(probability, 6),
      points: rounded(points, 2),
      contributions: {
        base: rounded(points - bank - partners, 2),
        bank: rounded(bank, 2),
        partners: rounded(partners, 2),
      },
      reasons: reasons.map((reason) => ({ ...reason, pointsLost: rounded(reason.pointsLost, 2) })),
    };
  }

  /**
   * Asks every partner about nobody: a partner reads its rows at the first question about a model, which should not
   * be a customer's, and whoever starts to serve hears who would not answer.
   * @returns the errors of those that are not ready.
   */
  async unready(): Promise<CodedError[]> {
    const nobody = new Uint8Array(randomBytes(32));
    const requestId = randomBytes(16).toString('hex');
    const asked = await Promise.allSettled(
      this.#holders.map((to) => this.#toldBy(to, requestId, nobody, firstMs)),
    );
    return asked
      .flatMap((each) => (each.status === 'rejected' ? [toCodedError(each.reason)] : []))
      .filter(({ code }) => code !== 'SCORE_UNKNOWN_CUSTOMER');
  }

  async #applicant({ id, features }: ScoreAsked): Promise<Applicant> {
    const { model, job } = this.#parts;
    const table = await this.#parts.table();
    const customer = customerKey(id, table.normalise);
    const row = customer === undefined ? -1 : rowOf(table, customer);
    if (customer !== undefined && features !== undefined) {
      return { customer, row: ownRowOf(ownPartsOf(model, applicantTable(model, features)), 0) };
    }
    if (customer === undefined || row === -1) {
      throw new CodedError('SCORE_UNKNOWN_CUSTOMER', `the dataset of ${job.me} has no row of this customer`, {
        parties: [job.me],
      });
    }
    return { customer, row: ownRowOf(table, row) };
  }

  /** What all feature holders told, or the one error that tells most about why not. */
  async #told(requestId: string, customer: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
    const asked = await Promise.allSettled(this.#holders.map((to) => this.#toldBy(to, requestId, customer)));
    const errors = asked.flatMap((each) => (each.status === 'rejected' ? [toCodedError(each.reason)] : []));
    if (errors.length > 0) throw mostTelling(errors);
    return new Map(
      this.#holders.map((to, at) => [to, (asked[at] as PromiseFulfilledResult<Uint8Array>).value]),
    );
  }

  async #toldBy(
    to: ParticipantName,
    requestId: string,
    customer: Uint8Array,
    deadlineMs = this.#parts.deadlineMs,
  ): Promise<Uint8Array> {
    const { job, signer, clock, pins, ask } = this.#parts;
    const entry = pinnedEntry(job, to, pins());
    const question = { customer, askedMs: clock.now() };
    const sealed = await sealQuestion({ job, signer, requestId, to: entry }, question);
    const answered = await within(deadlineMs, to, ask({ jobId: job.jobId, to, requestId, sealed }));
    const answer = await openAnswer(
      { job, requestId, from: entry, sealed: answered },
      this.#side.bytesFrom(to),
    );
    if (answer.kind === 'part') return answer.body;
    throw withheldError(to, answer.kind);
  }
}

async function within<T>(deadlineMs: number, holder: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const sentence = `${holder} did not answer within ${deadlineMs / 1000} s`;
      reject(new CodedError('SCORE_TIMEOUT', sentence, { parties: [holder] }));
    }, deadlineMs);
  });
  // Whichever comes second must not count as unhandled.
  answer.catch(() => undefined);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

const withheldWords: Readonly<Record<Exclude<Withheld, 'unknown'>, string>> = {
  forbidden: 'its policy does not allow it',
  exhausted: 'its questions of this day are used up',
  repeated: 'it saw the request id before',
  stale: 'its clock and ours differ by minutes',
  unready: 'its rows cannot be read at present',
};

function withheldError(holder: string, kind: Withheld): CodedError {
  const parties = [holder];
  if (kind === 'unknown') {
    return new CodedError('SCORE_UNKNOWN_CUSTOMER', `${holder} has no row of this customer`, { parties });
  }
  return new CodedError('SCORE_REFUSED', `${holder} does not answer: ${withheldWords[kind]}`, { parties });
}

/** Which code is told when partners differ; others come before these. */
const lessTelling: readonly ErrorCode[] = ['SCORE_REFUSED', 'SCORE_TIMEOUT', 'SCORE_UNKNOWN_CUSTOMER'];

/** One error for all that have its code. */
function mostTelling(errors: readonly CodedError[]): CodedError {
  const [first] = [...errors].sort((a, b) => lessTelling.indexOf(a.code) - lessTelling.indexOf(b.code));
  const alike = errors.filter(({ code }) => code === first!.code);
  if (alike.length === 1) return first!;
  const parties = [...new Set(alike.flatMap((error) => error.parties))];
  return new CodedError(first!.code, alike.map(({ message }) => message).join('; '), { parties });
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
