import type {
  ErrorCode,
  HexDigest,
  HorizontalSpec,
  JobId,
  JobSpec,
  Metric,
  NextStep,
  ParticipantName,
  PostOf,
  Step,
  SumPurpose,
  VerticalPhase,
  VerticalSpec,
} from '../../contract/index.js';

/** What a job is from its submission on. */
interface CharterOf<S extends JobSpec> {
  readonly jobId: JobId;
  readonly spec: S;
  readonly specJson: string;
  readonly specDigest: HexDigest;
  readonly submitter: string;
  readonly organisation: string;
  readonly submittedMs: number;
  /** Named participants in roster order: sorted by name. */
  readonly roster: readonly ParticipantName[];
}

export interface HorizontalCharter extends CharterOf<HorizontalSpec> {
  /** Q: signatures that fix a survivor set, reports that agree on the outcome. */
  readonly quorum: number;
}

export interface VerticalCharter extends CharterOf<VerticalSpec> {
  /** Every step there will be; the position in the list is the step's number. */
  readonly course: readonly Step[];
}

export type Charter = HorizontalCharter | VerticalCharter;

/** One value per participant, at most. */
export type ByParticipant<T> = ReadonlyMap<ParticipantName, T>;

/** Some participants. A map, since maps of states share their entries: a set would be copied for each. */
export type Present = ByParticipant<true>;

/** A sequence of sealed messages from one sender to one receiver: positions that arrived, and the last one. */
export interface SealedRun {
  readonly seqs: ReadonlySet<number>;
  readonly last: number | undefined;
}

/** Mask keys and shares of sums firstSum .. firstSum + count - 1 on their way in. */
export interface KeyBatch {
  readonly firstSum: number;
  readonly count: number;
  readonly deadlineMs: number;
  readonly keys: Present;
  /** Sender, then receiver. */
  readonly shares: ByParticipant<ByParticipant<SealedRun>>;
  /** Those whose keys and shares are all in. */
  readonly complete: Present;
}

/** A batch that went on without the mask keys of some. */
export interface ClosedBatch {
  readonly firstSum: number;
  readonly count: number;
  /** They have no part in its sums. */
  readonly without: ReadonlySet<ParticipantName>;
}

export interface Joining {
  readonly stage: 'joining';
  readonly deadlineMs: number;
  readonly joins: ByParticipant<PostOf<'join'>>;
}

/** Signatures over the roster: all there is to agree on where everybody keeps its own keys. */
export interface RosterSigning {
  readonly stage: 'signing';
  readonly deadlineMs: number;
  readonly joins: ByParticipant<PostOf<'join'>>;
  readonly rosterDigest: HexDigest;
  readonly signatures: ByParticipant<PostOf<'rosterSignature'>>;
}

export interface Signing extends RosterSigning {
  readonly commitments: PostOf<'keyCommitments'> | undefined;
  /** Receiver of the first participant's job keys. */
  readonly jobKeys: ByParticipant<SealedRun>;
}

export interface Sharing {
  readonly stage: 'sharing';
  readonly joins: ByParticipant<PostOf<'join'>>;
  readonly rosterDigest: HexDigest;
  readonly batch: KeyBatch;
}

/** A wait that can do without some, or stands still until they come back. */
interface Wait {
  readonly deadlineMs: number;
  /** The first deadline passed with too few; `deadlineMs` is the last one. */
  readonly stalled: boolean;
}

interface SumFacts {
  readonly sum: number;
  readonly purpose: SumPurpose;
  /** Training round, 0 outside training. */
  readonly round: number;
  /** Sums of the same round before it: levels of its tree. */
  readonly level: number;
  /** Those that the tree began with, of a later level of it: the sum is over them or over nobody. */
  readonly bound: readonly ParticipantName[] | undefined;
  /** Fewest contributions that the sum may include. */
  readonly needed: number;
  readonly startedMs: number;
  readonly contributions: ByParticipant<PostOf<'contribution'>>;
}

export interface Collecting extends SumFacts, Wait {
  readonly phase: 'collecting';
  /** When as many as needed had contributed; the others have a time of grace from then on. */
  readonly enoughMs: number | undefined;
}

interface MemberFacts extends SumFacts {
  /** The survivor set: whoever had contributed when collecting closed. It never changes. */
  readonly members: readonly ParticipantName[];
  /** Of members and of others; a sum is opened by the whole roster. */
  readonly signatures: ByParticipant<PostOf<'survivorSignature'>>;
}

export interface Unmasking extends MemberFacts, Wait {
  readonly phase: 'unmasking';
}

interface ReadyFacts extends MemberFacts {
  readonly digest: HexDigest;
  readonly bytes: number;
  readonly addMs: number;
  readonly reveals: Present;
  /** When the last of them came, or the sum itself. */
  readonly revealedMs: number;
  /** Members whose seeds are wanted from their neighbours; undefined before that is asked. */
  readonly missing: readonly ParticipantName[] | undefined;
  readonly reports: ByParticipant<PostOf<'applied'>>;
}

export interface Applying extends ReadyFacts, Wait {
  readonly phase: 'applying';
}

export interface Agreed extends ReadyFacts {
  readonly phase: 'agreed';
  readonly agreedMs: number;
  readonly fingerprint: HexDigest;
  readonly next: NextStep;
  readonly metrics: readonly Metric[];
}

/** A later level of a tree without somebody who began the tree: nothing of it is ever opened, and the tree ends above it. */
export interface Skipped extends SumFacts {
  readonly phase: 'skipped';
  /** When that was said. */
  readonly agreedMs: number;
  readonly next: Pick<NextStep, 'round'> & { readonly purpose: SumPurpose };
}

/** A sum that nothing is waited for any more. */
export type Past = Agreed | Skipped;
export type Sum = Collecting | Unmasking | Applying | Past;

export interface AwaitingConsent {
  readonly kind: 'awaiting-consent';
  readonly charter: Charter;
  readonly nextIndex: number;
  readonly deadlineMs: number;
  readonly consents: ByParticipant<PostOf<'consent'>>;
  readonly aborted: Aborted | undefined;
}

interface KeyingOf<C extends Charter, K> {
  readonly kind: 'keying';
  readonly charter: C;
  readonly nextIndex: number;
  readonly keying: K;
  readonly aborted: Aborted | undefined;
}

export type HorizontalKeying = KeyingOf<HorizontalCharter, Joining | Signing | Sharing>;
export type VerticalKeying = KeyingOf<VerticalCharter, Joining | RosterSigning>;
export type Keying = HorizontalKeying | VerticalKeying;

/** Why a participant left: its own abort, or the revocation of its certificate. */
export type Leaving = Pick<PostOf<'abort'>, 'code' | 'detail' | 'party'>;

/** A job whose sums run; the purpose of the current sum decides the kind. */
export interface Summing {
  readonly kind: 'preparing' | 'running' | 'evaluating';
  readonly charter: HorizontalCharter;
  readonly nextIndex: number;
  readonly joins: ByParticipant<PostOf<'join'>>;
  readonly rosterDigest: HexDigest;
  /** Sums below this number have their mask keys. */
  readonly keyedSums: number;
  /** Batches of these that lack somebody's; of all others everybody's are there. */
  readonly closedBatches: readonly ClosedBatch[];
  readonly past: readonly Past[];
  readonly current: Sum;
  /** Set while more mask keys are asked for; sums with keys go on beside it. */
  readonly batch: KeyBatch | undefined;
  /** Those the job goes on without, with what made them leave. */
  readonly left: ByParticipant<Leaving>;
  readonly aborted: Aborted | undefined;
}

interface StepFacts {
  readonly step: Step;
  readonly startedMs: number;
  /** Sender, then receiver. */
  readonly parcels: ByParticipant<ByParticipant<PostOf<'parcel'>>>;
  readonly reports: ByParticipant<PostOf<'report'>>;
}

export interface OpenStep extends StepFacts, Wait {}

/** A step in which nobody owes anything any more. */
export interface ClosedStep extends StepFacts {
  readonly endedMs: number;
}

/** A vertical job whose steps run; the phase of the open step decides the kind. */
export interface Exchanging {
  readonly kind: VerticalPhase;
  readonly charter: VerticalCharter;
  readonly nextIndex: number;
  readonly joins: ByParticipant<PostOf<'join'>>;
  readonly rosterDigest: HexDigest;
  readonly closedSteps: readonly ClosedStep[];
  readonly openStep: OpenStep;
  readonly aborted: Aborted | undefined;
}

/** A participant's abort that stands in the transcript; the job fails with it in the same step. */
export interface Aborted {
  readonly by: ParticipantName;
  readonly post: PostOf<'abort'>;
}

export type Unfinished = AwaitingConsent | Keying | Summing | Exchanging;

interface End {
  readonly nextIndex: number;
  readonly charter: Charter;
  /** The state the job ended in; what people look at afterwards. */
  readonly at: Unfinished;
  readonly endedMs: number;
}

export interface Finished extends End {
  readonly kind: 'finished';
  readonly fingerprint: HexDigest;
  readonly rounds: number;
  readonly bestRound: number;
}

export interface Failed extends End {
  readonly kind: 'failed';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly parties: readonly string[];
}

export interface Cancelled extends End {
  readonly kind: 'cancelled';
  readonly by: string;
  readonly reason: string;
}

/** A job: the fold of its transcript by `step`. */
export type JobState = Unfinished | Finished | Failed | Cancelled;
export type JobStateKind = JobState['kind'];

export const jobStateKinds = [
  'awaiting-consent',
  'keying',
  'preparing',
  'running',
  'evaluating',
  'aligning',
  'binning',
  'fitting',
  'scoring',
  'finished',
  'failed',
  'cancelled',
] as const satisfies readonly JobStateKind[];

export function isUnfinished(state: JobState): state is Unfinished {
  return state.kind !== 'finished' && state.kind !== 'failed' && state.kind !== 'cancelled';
}

export function isSumming(state: JobState): state is Summing {
  return state.kind === 'preparing' || state.kind === 'running' || state.kind === 'evaluating';
}

export function isExchanging(state: JobState): state is Exchanging {
  const { kind } = state;
  return kind === 'aligning' || kind === 'binning' || kind === 'fitting' || kind === 'scoring';
}

export function isOver(sum: Sum): sum is Past {
  return sum.phase === 'agreed' || sum.phase === 'skipped';
}

export function isVertical(charter: Charter): charter is VerticalCharter {
  return charter.spec.mode === 'vertical';
}

export function isVerticalKeying(state: Keying): state is VerticalKeying {
  return isVertical(state.charter);
}
