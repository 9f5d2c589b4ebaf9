import type { ParticipantName } from '../../contract/index.js';
import {
  isExchanging,
  isSumming,
  isUnfinished,
  type JobState,
  type OpenStep,
  type Sum,
  stepsSoFar,
  type Unfinished,
} from '../rounds/index.js';
import type { Presence, Progress } from './presence.js';

type StepFacts = Omit<OpenStep, 'deadlineMs' | 'stalled'>;

/** What a participant is doing, as people read it. */
export type ParticipantActivity =
  | 'waiting'
  | 'consented'
  | 'joined'
  | 'keyed'
  | 'training'
  | 'encrypting'
  | 'uploading'
  | 'uploaded'
  | 'signed'
  | 'revealed'
  | 'applied'
  | 'left-out'
  | 'left'
  | 'working'
  | 'sent'
  | 'reported'
  | 'refused';

export interface ParticipantView {
  readonly name: string;
  readonly organisation: string;
  readonly kind: string;
  readonly connected: boolean;
  readonly state: ParticipantActivity;
  readonly fraction: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly code: string;
  readonly detail: string;
  readonly backend: string;
}

export interface KnownParty {
  readonly organisation: string;
  readonly role: string;
}

/** The unfinished state to show: of an ended job, the one it ended in. */
export function shownState(state: JobState): Unfinished {
  return isUnfinished(state) ? state : state.at;
}

export function sumsOf(state: Unfinished): readonly Sum[] {
  return isSumming(state) ? [...state.past, state.current] : [];
}

export function participantView(
  state: JobState,
  name: ParticipantName,
  party: KnownParty | undefined,
  presence: Presence,
): ParticipantView {
  const shown = shownState(state);
  const progress = presence.progress(state.charter.jobId, name);
  const activity = activityOf(shown, name, progress);
  const objection = objectionOf(shown, name);
  const { bytesUp, bytesDown } = trafficOf(shown, name);
  return {
    name,
    organisation: party?.organisation ?? '',
    kind: party?.role ?? '',
    connected: presence.isConnected(name),
    state: activity,
    fraction: fractionOf(activity, progress),
    bytesUp,
    bytesDown,
    code: objection?.code ?? '',
    detail: objection?.detail ?? '',
    backend: joinsOf(shown)?.get(name)?.backend ?? '',
  };
}

/** What a participant does in one sum; progress is what it says itself between two posts. */
export function activityInSum(
  sum: Sum,
  name: ParticipantName,
  progress: Progress | undefined,
): ParticipantActivity {
  if (sum.phase === 'collecting') {
    if (sum.contributions.has(name)) return 'uploaded';
    if (progress?.sum !== sum.sum) return 'waiting';
    if (progress.step === 'train') return 'training';
    if (progress.step === 'encrypt') return 'encrypting';
    return progress.step === 'upload' ? 'uploading' : 'waiting';
  }
  if (sum.phase === 'skipped') return sum.contributions.has(name) ? 'uploaded' : 'left-out';
  if (sum.phase !== 'unmasking') {
    if (sum.reports.has(name)) return 'applied';
    if (sum.reveals.has(name)) return 'revealed';
  }
  if (sum.signatures.has(name)) return 'signed';
  return sum.members.includes(name) ? 'uploaded' : 'left-out';
}

/** Of a participant that has left, the same for every sum it had no part in any more. */
export function shownActivity(activity: ParticipantActivity, hasLeft: boolean): ParticipantActivity {
  return hasLeft && (activity === 'waiting' || activity === 'left-out') ? 'left' : activity;
}

/** What a participant does in the last of some steps of a vertical job, or did in the ones before. */
export function activityInSteps(
  steps: readonly StepFacts[],
  name: ParticipantName,
  progress: Progress | undefined,
): ParticipantActivity {
  if (steps.some(({ reports }) => reports.has(name))) return 'reported';
  const last = steps.at(-1);
  const sentInLast = last?.parcels.get(name)?.size ?? 0;
  const owed = last?.step.parcels.filter(({ from }) => from === name).length ?? 0;
  if (last && (sentInLast < owed || last.step.reports.includes(name))) {
    return progress?.sum === last.step.number ? 'working' : 'waiting';
  }
  return sentInLast > 0 ? 'sent' : 'waiting';
}

function activityOf(
  state: Unfinished,
  name: ParticipantName,
  progress: Progress | undefined,
): ParticipantActivity {
  if (isSumming(state)) {
    return state.left.has(name) ? 'left' : activityInSum(state.current, name, progress);
  }
  if (isExchanging(state)) return activityInSteps([state.openStep], name, progress);
  if (state.kind === 'awaiting-consent') {
    const consent = state.consents.get(name);
    if (!consent) return 'waiting';
    return consent.approved ? 'consented' : 'refused';
  }
  const { keying } = state;
  if (keying.stage === 'sharing') return keying.batch.keys.has(name) ? 'keyed' : 'joined';
  return keying.joins.has(name) ? 'joined' : 'consented';
}

const idle: readonly ParticipantActivity[] = ['waiting', 'left-out', 'left'];

function fractionOf(activity: ParticipantActivity, progress: Progress | undefined): number {
  const busy: readonly ParticipantActivity[] = ['training', 'encrypting', 'uploading', 'working'];
  if (busy.includes(activity)) return progress?.fraction ?? 0;
  return idle.includes(activity) ? 0 : 1;
}

function objectionOf(state: Unfinished, name: ParticipantName) {
  if (state.aborted?.by === name) return state.aborted.post;
  if (isSumming(state) && state.left.has(name)) return state.left.get(name);
  const consent = state.kind === 'awaiting-consent' ? state.consents.get(name) : undefined;
  return consent?.approved === false ? consent : undefined;
}

/** Bytes of vectors or parcels that went out and came in, as far as the transcript shows it. */
function trafficOf(state: Unfinished, name: ParticipantName) {
  const sums = sumsOf(state);
  const total = (sizes: readonly number[]) => sizes.reduce((bytes, size) => bytes + size, 0);
  if (!isExchanging(state)) {
    return {
      bytesUp: total(sums.map((sum) => sum.contributions.get(name)?.bytes ?? 0)),
      bytesDown: total(sums.map((sum) => bytesDownOf(sum, name))),
    };
  }
  const sent = stepsSoFar(state).flatMap(({ parcels }) => [...(parcels.get(name)?.values() ?? [])]);
  const received = state.closedSteps.flatMap(({ parcels }) =>
    [...parcels.values()].flatMap((parcel) => parcel.get(name) ?? []),
  );
  return {
    bytesUp: total(sent.map(({ bytes }) => bytes)),
    bytesDown: total(received.map(({ bytes }) => bytes)),
  };
}

function bytesDownOf(sum: Sum, name: ParticipantName): number {
  return (sum.phase === 'applying' || sum.phase === 'agreed') && sum.reports.has(name) ? sum.bytes : 0;
}

/** Roster entries so far; undefined before any can be given. */
export function joinsOf(state: Unfinished) {
  if (state.kind === 'awaiting-consent') return undefined;
  return state.kind === 'keying' ? state.keying.joins : state.joins;
}
