import { type EventOf, quorumOf } from '../../contract/index.js';
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
  | { readonly kind: 'issueSumKeys'; readonly request: EventOf<'sumKeysRequested'> }
  | { readonly kind: 'contribute'; readonly sum: SumView }
  | { readonly kind: 'signSurvivors'; readonly sum: SumView }
  | { readonly kind: 'reveal'; readonly sum: SumView }
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
    for (const request of course.sumKeyRequests) {
      const issued =
        transcript.said(`sumKeys/${request.firstSum}`) &&
        peers.every((peer) => transcript.said(`sealed/sum-shares/${request.firstSum}/${peer}/0`));
      if (!issued) duties.push({ kind: 'issueSumKeys', request });
    }
  }
  return duties;
}

function lastDuties(transcript: JobTranscript): Duty[] {
  const missed = transcript.ended?.kind === 'finished' ? missedSum(transcript) : undefined;
  return [...(missed ? [{ kind: 'openSum', sum: missed } as const] : []), { kind: 'conclude' }];
}

/** A sum the others agreed on while we were away; its model is ours too, and everything after starts from it. */
function missedSum({ sums, me }: JobTranscript): SumView | undefined {
  return sums.find((sum) => sum.agreed !== undefined && !sum.applied.has(me));
}

function sumDuties(transcript: JobTranscript, course: SumCourse): Duty[] {
  const missed = missedSum(transcript);
  if (missed !== undefined) return [{ kind: 'openSum', sum: missed }];
  const sum = course.currentSum;
  if (sum === undefined || sum.agreed !== undefined) return [];
  if (!transcript.said(`contribution/${sum.sum}`)) return [{ kind: 'contribute', sum }];
  if (sum.survivors === undefined) return [];
  if (!transcript.said(`survivorSignature/${sum.sum}`)) return [{ kind: 'signSurvivors', sum }];
  if (sum.ready === undefined) return [];
  const peers = transcript.fixedRoster.names.filter((name) => name !== transcript.me);
  if (!peers.every((peer) => transcript.said(`sealed/reveal/${sum.sum}/${peer}/0`)))
    return [{ kind: 'reveal', sum }];
  const revealed =
    1 + peers.filter((peer) => course.sealedFrom(peer, 'reveal', sum.sum) !== undefined).length;
  const quorum = quorumOf(peers.length + 1, course.spec.colluders);
  return revealed >= quorum && !transcript.said(`applied/${sum.sum}`) ? [{ kind: 'openSum', sum }] : [];
}
