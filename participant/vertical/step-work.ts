import {
  CodedError,
  type JobId,
  type ParticipantName,
  type PostOf,
  type Secret,
  type Step,
  type StepName,
  type Timing,
  type VerticalSpec,
} from '../../contract/index.js';
import type { ReadOptions } from '../data/index.js';

/** A parcel from a peer, opened and authenticated; the plaintext is attacker-controlled all the same. */
export interface InboundParcel {
  readonly step: number;
  readonly name: StepName;
  readonly round: number;
  readonly from: ParticipantName;
  readonly path: string;
}

/** A parcel this party owes. */
export interface OutboundParcel {
  readonly to: ParticipantName;
  /** Takes the plaintext in pieces and seals them as they come; sent is the whole once the step is done. */
  seal(plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
}

/** What the policy rule that allowed the job says about it, for checks that need the peer's numbers. */
export interface VerticalGrant {
  readonly maximumPeerRows: number;
  readonly minimumOwnRows: number;
  readonly minimumCommonRows: number;
  /** Label holder: feature holders may learn the WOE values of their bins. */
  readonly woe: boolean;
  /** Feature holder: rows whose score parts may leave. */
  readonly scores: 'none' | 'holdout' | 'all';
  /** Feature holder: most of the common rows that a training job may release, held-out and calibration rows together. */
  readonly maximumReleasedShare: number;
  /** The node was started for jobs without encryption, on loopback. */
  readonly plaintext?: true;
}

/** Functionals of the labels that one step releases to a feature holder (PROTOCOLS §6, label budget). */
export interface LabelRelease {
  readonly holder: ParticipantName;
  readonly kind: 'binning' | 'fit';
  /** Names what was asked: the same question is answered once, and from the ledger ever after. */
  readonly question: string;
  /** Bin counts or columns; 0 for a repetition. */
  readonly functionals: number;
  /** What was answered, as JSON, to be given again to the same question. */
  readonly answer: string;
}

/** The label holder's standing for the label set of this job. */
export interface LabelBudget {
  /** Functionals released so far over all jobs. */
  readonly spent: number;
  /** A recorded waiver of the operator lifts the limit. */
  readonly waived: boolean;
  readonly answered: readonly { holder: string; kind: string; question: string; answer: string }[];
}

/** Everything one party's work in one step rests on. Done again after a crash; nothing of it was sent by then. */
export interface StepWork {
  readonly spec: VerticalSpec;
  readonly jobId: JobId;
  readonly me: ParticipantName;
  readonly step: Step;
  /** Digest of the roster everybody signed; binds derived keys to the job. */
  readonly rosterDigest: string;
  readonly datasetFolder: string;
  /** Folder of all jobs; models of earlier ones stand there. */
  readonly jobsFolder: string;
  /** Own files of this job, durable between steps. */
  readonly folder: string;
  /** Every parcel received in an earlier step and not yet swept. */
  readonly inbox: readonly InboundParcel[];
  readonly outbox: readonly OutboundParcel[];
  readonly grant: VerticalGrant;
  /** Of the label holder only. */
  readonly labels?: LabelBudget;
  /** 32 random bytes, drawn once per job and journaled; scalars and orders that must not change derive from it. */
  readonly jobSecret: Secret;
  /** 32 random bytes of the participant, the same over all jobs; salts digests that name questions. */
  readonly ownSalt: Secret;
  /** What earlier steps asked to keep. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** How dataset sources are read: environment variables that dataset files may name. */
  readonly sources: ReadOptions;
  readonly signal: AbortSignal;
  progress(step: string, fraction: number): void;
}

/**
 * A step that fails after it opened something of the labels: that it fails, and why, is an answer too, and is charged like
 * one (a false row count in a bin of one customer fails exactly when that customer is bad).
 */
export class TellingFailure extends CodedError {
  readonly releases: readonly LabelRelease[];
  readonly releasedOver: StepOutcome['releasedOver'];

  constructor(failure: CodedError, outcome: Required<Pick<StepOutcome, 'releases' | 'releasedOver'>>) {
    super(failure.code, failure.message, { cause: failure, parties: failure.parties });
    this.releases = outcome.releases;
    this.releasedOver = outcome.releasedOver;
  }
}

/** What a step leads to, beside the parcels it wrote. */
export interface StepOutcome {
  readonly report?: Omit<PostOf<'report'>, 'kind' | 'step' | 'timings'>;
  readonly timings: readonly Timing[];
  /** Journaled under encryption, in one transaction with the note that fixes the parcels. */
  readonly keep?: ReadonlyMap<string, Secret>;
  /** Charged in the same transaction; the step is refused when the budget does not hold them. */
  readonly releases?: readonly LabelRelease[];
  /** Rows and bad ones among them that the functionals are of: a small intersection has a small budget. */
  readonly releasedOver?: { readonly rows: number; readonly bad: number };
}
