import type { PostKind } from '../../contract/index.js';
import type { KeyBatch } from './key-batch.js';
import type { StepCourse } from './step-course.js';
import type { StepView } from './step-view.js';
import type { SumCourse } from './sum-course.js';
import type { SumView } from './sum-view.js';
import type { JobTranscript } from './transcript.js';

/** What a participant owes a job at a moment. Each names posts that do not stand in the transcript yet. */
export type Duty =
  | { readonly kind: 'consent' }
  | { readonly kind: 'join' }
  | { readonly kind: 'shareJobKeys' }
  | { readonly kind: 'signRoster' }
  | { readonly kind: 'issueSumKeys'; readonly batch: KeyBatch }
  | { readonly kind: 'contribute'; readonly sum: SumView }
  | { readonly kind: 'signSurvivors'; readonly sum: SumView }
  | { readonly kind: 'reveal'; readonly sum: SumView }
  | { readonly kind: 'recover'; readonly sum: SumView }
  | { readonly kind: 'openSum'; readonly sum: SumView }
  | { readonly kind: 'takeStep'; readonly view: StepView }
  | { readonly kind: 'conclude' };

/**
 * The duties that follow from a transcript, in order. A pure function of what everybody can see, so a restarted
 * participant finds the same duties again; the journal makes each of them come out with the same bytes.
 */
export function dutiesOf(transcript: JobTranscript, concluded: boolean): Duty[] {
  const { course } = transcript;
  if (transcript.ended !== undefined) return concluded ? [] : lastDuties(transcript);
  if (course === undefined) return [];
  if (!transcript.said('consent')) return [{ kind: 'consent' }];
  if (!transcript.consented) return [];
  if (!transcript.said('join')) return [{ kind: 'join' }];
  if (transcript.roster === undefined) return [];
  if (course.mode === 'vertical') return stepDuties(transcript, course);
  return [...keyDuties(transcript, course), ...sumDuties(transcript, course)];
}

/** Nothing of a step is due before its opening, and it opens only after all signed the roster. */
function stepDuties(transcript: JobTranscript, { current }: StepCourse): Duty[] {
  if (!transcript.said('rosterSignature')) return [{ kind: 'signRoster' }];
  return current?.owedBy(transcript.me) ? [{ kind: 'takeStep', view: current }] : [];
}

function keyDuties(transcript: JobTranscript, course: SumCourse): Duty[] {
  const { names } = transcript.fixedRoster;
  const peers = names.filter((name) => name !== transcript.me);
  const holders = course.graph.neighbours(transcript.me);
  const duties: Duty[] = [];
  const first = names[0];
  if (first === transcript.me) {
    const shared = peers.every((peer) => transcript.said(`sealed/job-keys/0/${peer}/0`));
    if (!shared || !transcript.said('keyCommitments')) duties.push({ kind: 'shareJobKeys' });
  }
  const haveKeys =
    course.keyCommitments !== undefined &&
    (first === transcript.me || course.sealedFrom(first as string, 'job-keys', 0) !== undefined);
  if (haveKeys && !transcript.said('rosterSignature')) duties.push({ kind: 'signRoster' });
  if (transcript.rosterSignatures.size === names.length) {
    for (const batch of course.keyBatches) {
      const { firstSum, closed } = batch;
      const issued =
        closed ||
        (transcript.said(`sumKeys/${firstSum}`) &&
          holders.every((peer) => transcript.said(`sealed/sum-shares/${firstSum}/${peer}/0`)));
      if (!issued) duties.push({ kind: 'issueSumKeys', batch });
    }
  }
  return duties;
}

/** After the end: what the others agreed on while we were away, in order, then the result. */
function lastDuties(transcript: JobTranscript): Duty[] {
  const missed = transcript.ended?.kind === 'finished' ? missedSums(transcript) : [];
  return [...missed, { kind: 'conclude' }];
}

/**
 * Sums the others agreed on while we were away: each starts from the outcome of the one before. Our signature and
 * our shares are not needed for them any more, and stay here.
 */
function missedSums({ sums, me }: JobTranscript): Duty[] {
  return sums
    .filter((sum) => sum.agreed !== undefined && !sum.applied.has(me))
    .map((sum) => ({ kind: 'openSum', sum }));
}

/** First what the others may be waiting for, then what we missed, in order, then what starts from it. */
function sumDuties(transcript: JobTranscript, course: SumCourse): Duty[] {
  const missed = missedSums(transcript);
  const sum = course.currentSum;
  if (sum === undefined || sum.over) return missed;
  return [...helpDuties(sum, transcript, course), ...missed, ...ownDuties(sum, transcript, course)];
}

/** Who is outside the survivor set signs and reveals like its members: these alone may not be enough for it. */
function helpDuties(sum: SumView, transcript: JobTranscript, { quorum, graph }: SumCourse): Duty[] {
  const duties: Duty[] = [];
  if (sum.survivors !== undefined && owes(transcript, 'survivorSignature', sum)) {
    duties.push({ kind: 'signSurvivors', sum });
  }
  if (!mayReveal(sum, quorum)) return duties;
  if (owes(transcript, 'reveal', sum)) duties.push({ kind: 'reveal', sum });
  const held = sum.missing.some((name) => graph.holds(transcript.me, name));
  if (held && !transcript.said(`recovery/${sum.sum}/missing`)) duties.push({ kind: 'recover', sum });
  return duties;
}

function ownDuties(sum: SumView, transcript: JobTranscript, { graph }: SumCourse): Duty[] {
  if (sum.survivors === undefined) {
    const due = sum.asks(transcript.me) && owes(transcript, 'contribution', sum);
    return due ? [{ kind: 'contribute', sum }] : [];
  }
  const openable = owes(transcript, 'applied', sum) && sum.isOpenable(graph);
  return openable ? [{ kind: 'openSum', sum }] : [];
}

function owes(transcript: JobTranscript, kind: PostKind, { sum }: SumView): boolean {
  return !transcript.said(`${kind}/${sum}`);
}

/**
 * Whether shares may leave: the sum exists, and a quorum signed the survivor set that we computed ourselves. With two
 * sets at different participants at most one gets there, since two quorums share an honest participant, who signs once.
 */
export function mayReveal(
  sum: Pick<SumView, 'survivors' | 'ready' | 'signaturesOnSurvivors'>,
  quorum: number,
): boolean {
  return sum.survivors !== undefined && sum.ready !== undefined && sum.signaturesOnSurvivors() >= quorum;
}

/**
 * Whether a duty has lost its purpose while it was done: the round went on without us, or the end came.
 * What was under way is stopped; nothing is wrong.
 */
export function isObsolete(duty: Duty): boolean {
  switch (duty.kind) {
    case 'contribute':
      return duty.sum.survivors !== undefined || duty.sum.skipped;
    case 'signSurvivors':
    case 'reveal':
    case 'recover':
      return duty.sum.agreed !== undefined;
    case 'issueSumKeys':
      return duty.batch.closed;
    default:
      return false;
  }
}

/** One name per duty of a job. */
export function dutyName(duty: Duty): string {
  switch (duty.kind) {
    case 'issueSumKeys':
      return `${duty.kind}/${duty.batch.firstSum}`;
    case 'contribute':
    case 'signSurvivors':
    case 'reveal':
    case 'recover':
      return `${duty.kind}/${duty.sum.sum}`;
    case 'openSum':
      // Each attempt is a duty of its own.
      return [duty.kind, duty.sum.sum, ...(duty.sum.notEnough > 0 ? [duty.sum.notEnough] : [])].join('/');
    case 'takeStep':
      return `${duty.kind}/${duty.view.step.number}`;
    default:
      return duty.kind;
  }
}
