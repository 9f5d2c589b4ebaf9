import { type ParticipantName, shownLevel, type Timing } from '../../contract/index.js';
import { isUnfinished, isVertical, type JobState } from '../rounds/index.js';
import { activityInSteps } from './participant-view.js';
import type { RoundParticipant, RoundSources, RoundView, StepView } from './round-shape.js';
import { type Stretch, stretchesOf, type TimedStep } from './stretches.js';
import { waitingFor } from './view.js';

/** A phase or an iteration of a vertical job as people see it. */
export function stretchView(state: JobState, stretch: Stretch, sources: RoundSources): RoundView {
  const isLast = stretchesOf(state).at(-1)?.number === stretch.number;
  const waits = isLast ? waitingFor(state, sources.presence) : [];
  const reports = stretch.steps.flatMap((step) => [...step.reports.values()]);
  return {
    sum: stretch.number,
    purpose: stretch.phase,
    round: stretch.round,
    phase: phaseOf(state, stretch, isLast),
    startedMs: stretch.startedMs,
    agreedMs: stretch.endedMs,
    parameterSet: '',
    parameters: '',
    keyHolders: stretch.phase === 'fitting' ? keyHolders(state) : [],
    survivors: [],
    survivorSignatures: 0,
    valueCount: 0,
    sumDigest: '',
    sumBytes: 0,
    addMs: 0,
    verification: verificationOf(state, isLast),
    fingerprint: isLast && state.kind === 'finished' ? state.fingerprint : '',
    metrics: reports.flatMap(({ metrics }) => metrics),
    participants: state.charter.roster.map((name) => participantIn(state, stretch, name, sources)),
    waitingFor: waits,
    steps: stretch.steps.map((step, at) => stepView(step, at === stretch.steps.length - 1 ? waits : [])),
    leftOut: [],
    needed: 0,
    level: 0,
  };
}

function phaseOf(state: JobState, { endedMs }: Stretch, isLast: boolean): string {
  if (endedMs > 0) return 'agreed';
  return isLast && !isUnfinished(state) ? 'failed' : 'collecting';
}

/**
 * The label holder's gradient is under the key of the first feature holder, all others under the label holder's. Trees have the label
 * holder's alone.
 */
function keyHolders({ charter }: JobState): string[] {
  if (!isVertical(charter)) return [];
  const { labelHolder, type } = charter.spec;
  if (type === 'boosting') return [labelHolder];
  return [labelHolder, ...charter.roster.filter((name) => name !== labelHolder).slice(0, 1)];
}

/** Parcels are opened and checked by their receivers, and all have been once everybody reported. */
function verificationOf(state: JobState, isLast: boolean): string {
  if (state.kind === 'finished') return 'verified';
  return isLast && state.kind === 'failed' ? state.code : 'pending';
}

function stepView(step: TimedStep, waits: string[]): StepView {
  return {
    step: step.step.number,
    name: step.step.name,
    startedMs: step.startedMs,
    endedMs: step.endedMs,
    parcels: [...step.parcels].flatMap(([from, sent]) =>
      [...sent].map(([to, { bytes, digest, timings }]) => ({ from, to, bytes, digest, timings })),
    ),
    waitingFor: waits,
    level: shownLevel(step.step),
  };
}

function participantIn(
  state: JobState,
  { steps }: Stretch,
  name: ParticipantName,
  sources: RoundSources,
): RoundParticipant {
  const sent = steps.flatMap((step) => [...(step.parcels.get(name)?.values() ?? [])]);
  const report = steps.map((step) => step.reports.get(name)).find((found) => found !== undefined);
  return {
    name,
    state: activityInSteps(steps, name, sources.presence.progress(state.charter.jobId, name)),
    timings: steps.flatMap((step) => timingsIn(step, name)),
    bytesUp: sent.reduce((bytes, parcel) => bytes + parcel.bytes, 0),
    digest: '',
    fingerprint: report?.fingerprint ?? '',
  };
}

/** A participant works once for all its parcels of a step, and each of them carries the times of that work. */
function timingsIn({ parcels, reports }: TimedStep, name: ParticipantName): Timing[] {
  const [parcel] = parcels.get(name)?.values() ?? [];
  return [...(parcel?.timings ?? []), ...(reports.get(name)?.timings ?? [])];
}
