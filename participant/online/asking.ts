import { randomBytes } from 'node:crypto';
import {
  type Clock,
  CodedError,
  castOf,
  type ErrorCode,
  nameList,
  type ParticipantName,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import { fromScoreUnits, scoreUnitsLimit } from '../../learning/index.js';
import type { Pins } from '../identity/index.js';
import type { Link } from '../session/index.js';
import { jointScores } from '../vertical/closing.js';
import type { VerticalModel } from '../vertical/model.js';
import { type ApplicantValues, applicantTable } from './applicant.js';
import { customerKey, rowOf } from './key-table.js';
import { type OnlineJob, pinnedEntry } from './online-job.js';
import { fittedBins, ownParts } from './own-part.js';
import { reasonsOf } from './reasons.js';
import { openAnswer, sealQuestion, type Withheld } from './score-messages.js';
import type { ScoreTable } from './score-table.js';

export interface AskingParts {
  readonly job: OnlineJob;
  readonly model: VerticalModel;
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
    /** What everybody starts from. */
    readonly base: number;
    readonly bank: number;
    /** Of all partners together. */
    readonly partners: number;
  };
  /** Own features that cost most points against the mean training row. */
  readonly reasons: readonly { readonly feature: string; readonly pointsLost: number }[];
}

/** For the first answers, which wait for rows to be read. */
const firstMs = 10_000;

interface OwnPart {
  readonly customer: Uint8Array;
  readonly part: number;
  readonly bins: ArrayLike<number>;
}

/** The label holder's side of single scores: own part, the partners' sealed parts, and the points of both. */
export class ScoreAsking {
  readonly #parts: AskingParts;
  readonly #reasons: ReturnType<typeof reasonsOf>;
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
    this.#reasons = reasonsOf(model);
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
    const own = await this.#ownPart(asked);
    const requestId = randomBytes(16).toString('hex');
    const words = await this.#words(requestId, own.customer);
    const partner = fromScoreUnits([this.#sumOf(words)]);
    const scores = jointScores(this.#parts.model, Float64Array.of(own.part), partner);
    const [probability, points, bank, partners] = [
      scores.probability,
      scores.points,
      scores.ownPoints,
      scores.partnerPoints,
    ].map((values) => values[0]!) as [number, number, number, number];
    return {
      requestId,
      probability: rounded(probability, 6),
      points: rounded(points, 2),
      contributions: {
        base: rounded(points - bank - partners, 2),
        bank: rounded(bank, 2),
        partners: rounded(partners, 2),
      },
      reasons: this.#reasons(own.bins).map(({ reason, pointsLost }) => ({
        feature: reason,
        pointsLost: rounded(pointsLost, 2),
      })),
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
      this.#holders.map((to) => this.#wordOf(to, requestId, nobody, firstMs)),
    );
    return asked
      .flatMap((each) => (each.status === 'rejected' ? [toCodedError(each.reason)] : []))
      .filter(({ code }) => code !== 'SCORE_UNKNOWN_CUSTOMER');
  }

  async #ownPart({ id, features }: ScoreAsked): Promise<OwnPart> {
    const { model, job } = this.#parts;
    const table = await this.#parts.table();
    const customer = customerKey(id, table.normalise);
    const row = customer === undefined ? -1 : rowOf(table, customer);
    if (customer !== undefined && features !== undefined) {
      const applicant = applicantTable(model, features);
      const bins = fittedBins(model, applicant).map(([bin]) => bin!);
      return { customer, part: ownParts(model, applicant)[0]!, bins };
    }
    if (customer === undefined || row === -1) {
      throw new CodedError('SCORE_UNKNOWN_CUSTOMER', `the dataset of ${job.me} has no row of this customer`, {
        parties: [job.me],
      });
    }
    return { customer, part: table.parts[row]!, bins: table.bins.map((of) => of[row]!) };
  }

  /** The masked words of all feature holders, or the one error that tells most about why not. */
  async #words(requestId: string, customer: Uint8Array): Promise<number[]> {
    const asked = await Promise.allSettled(this.#holders.map((to) => this.#wordOf(to, requestId, customer)));
    const errors = asked.flatMap((each) => (each.status === 'rejected' ? [toCodedError(each.reason)] : []));
    if (errors.length > 0) throw mostTelling(errors);
    return asked.map((each) => (each as PromiseFulfilledResult<number>).value);
  }

  async #wordOf(
    to: ParticipantName,
    requestId: string,
    customer: Uint8Array,
    deadlineMs = this.#parts.deadlineMs,
  ): Promise<number> {
    const { job, signer, clock, pins, ask } = this.#parts;
    const entry = pinnedEntry(job, to, pins());
    const question = { customer, askedMs: clock.now() };
    const sealed = await sealQuestion({ job, signer, requestId, to: entry }, question);
    const answered = await within(deadlineMs, to, ask({ jobId: job.jobId, to, requestId, sealed }));
    const answer = await openAnswer({ job, requestId, from: entry, sealed: answered });
    if (answer.kind === 'part') return answer.word;
    throw withheldError(to, answer.kind);
  }

  /** Masks cancel in the sum mod 2^32; what is left is a score, or the parts do not belong together. */
  #sumOf(words: readonly number[]): number {
    const sum = words.reduce((total, word) => (total + word) | 0, 0);
    if (Math.abs(sum) > words.length * scoreUnitsLimit) {
      throw new CodedError(
        'MESSAGE_MALFORMED',
        `the parts of ${nameList(this.#holders)} do not add up to a score`,
        {
          parties: this.#holders,
        },
      );
    }
    return sum;
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
