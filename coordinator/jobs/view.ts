import {
  algorithmOf,
  type FeatureReport,
  type Metric,
  type ParticipantName,
  sumsPerRound,
} from '../../contract/index.js';
import {
  deadlineOf,
  type HorizontalCharter,
  isOver,
  isSumming,
  isUnfinished,
  isVertical,
  type JobState,
  owed,
  type Sum,
  stalledUntil,
  sumName,
  type Unfinished,
} from '../rounds/index.js';
import { latestMetrics } from './latest-metrics.js';
import {
  type KnownParty,
  type ParticipantView,
  participantView,
  shownState,
  sumsOf,
} from './participant-view.js';
import type { Presence } from './presence.js';
import { verticalPart } from './vertical-view.js';

/** What views look up beside the job itself. */
export interface ViewSources {
  readonly presence: Presence;
  readonly parties: ReadonlyMap<string, KnownParty>;
  readonly nowMs: number;
}

export interface JobView {
  readonly jobId: string;
  readonly name: string;
  readonly state: JobState['kind'];
  readonly phase: string;
  readonly round: number;
  readonly rounds: number;
  readonly waitingFor: string[];
  readonly deadlineMs: number;
  readonly code: string;
  readonly detail: string;
  readonly metrics: Metric[];
  readonly participants: ParticipantView[];
  readonly submitter: string;
  readonly submittedMs: number;
  readonly endedMs: number;
  readonly fingerprint: string;
  readonly bestRound: number;
  readonly specDigest: string;
  readonly model: string;
  readonly algorithm: string;
  readonly secondsLeft: number;
  readonly parties: string[];
  readonly mode: string;
  readonly type: string;
  readonly labelHolder: string;
  readonly features: FeatureReport[];
  readonly labelFunctionals: number;
  readonly scoresReleased: number;
  readonly stalledUntilMs: number;
  /** Of the tree under way, from 1; 0 outside of levels. */
  readonly level: number;
  /** Levels of a tree; 0 where none is grown level by level. */
  readonly levels: number;
}

/** A job as people see it; everything in it follows from the state, presence and clock. */
export function jobView(state: JobState, sources: ViewSources): JobView {
  const { charter } = state;
  return {
    jobId: charter.jobId,
    name: charter.spec.name,
    state: state.kind,
    waitingFor: waitingFor(state, sources.presence),
    deadlineMs: isUnfinished(state) ? deadlineOf(state) : 0,
    stalledUntilMs: isUnfinished(state) ? stalledUntil(state) : 0,
    code: endCode(state),
    detail: endDetail(state),
    participants: charter.roster.map((name) =>
      participantView(state, name, sources.parties.get(name), sources.presence),
    ),
    submitter: charter.submitter,
    submittedMs: charter.submittedMs,
    endedMs: isUnfinished(state) ? 0 : state.endedMs,
    specDigest: charter.specDigest,
    parties: state.kind === 'failed' ? [...state.parties] : [],
    ...(isVertical(charter)
      ? verticalPart(state, charter, sources.nowMs)
      : horizontalPart(state, charter, sources.nowMs)),
  };
}

function horizontalPart(state: JobState, { spec }: HorizontalCharter, nowMs: number) {
  const shown = shownState(state);
  const sums = sumsOf(shown);
  const agreed = sums.filter((sum) => sum.phase === 'agreed');
  const latest = agreed.at(-1);
  return {
    mode: 'horizontal',
    type: '',
    labelHolder: '',
    features: [],
    labelFunctionals: 0,
    scoresReleased: 0,
    ...(spec.model.kind === 'trees'
      ? { level: isSumming(shown) ? shownLevel(shown.current) : 0, levels: spec.model.depth }
      : { level: 0, levels: 0 }),
    metrics: shownMetrics(
      state,
      agreed.flatMap(({ metrics }) => metrics),
    ),
    phase: isSumming(shown) ? shown.current.phase : '',
    round: sums.reduce((most, { round }) => Math.max(most, round), 0),
    rounds: spec.training.rounds,
    fingerprint: latest?.fingerprint ?? '',
    bestRound: latest?.next.bestRound ?? 0,
    model: spec.model.kind,
    algorithm: algorithmOf(spec),
    secondsLeft: secondsLeft(state, sums, nowMs),
  };
}

/** Level of the tree that a sum is of, from 1; 0 of sums of no tree. */
export function shownLevel({ purpose, level }: Sum): number {
  return purpose === 'update' ? level + 1 : 0;
}

/** One sentence per party or thing the job waits for; empty when it ended. */
export function waitingFor(state: JobState, presence: Presence): string[] {
  if (!isUnfinished(state)) return [];
  const debts = owed(state);
  if (debts.length > 0) {
    return debts.map(({ who, act }) => `${who} to ${act}${hintFor(who, state, presence)}`);
  }
  if (isSumming(state)) return [`the coordinator to add ${sumName(state.current)}`];
  return ['the coordinator'];
}

/** Where to look; an offline node must be started before anybody can approve there. */
function hintFor(name: ParticipantName, state: Unfinished, presence: Presence): string {
  if (!presence.isConnected(name)) return ', not connected (fedrisk participant start)';
  return state.kind === 'awaiting-consent' ? ' (fedrisk participant approvals list)' : '';
}

function endCode(state: JobState): string {
  if (state.kind === 'failed') return state.code;
  return state.kind === 'cancelled' ? 'JOB_CANCELLED' : '';
}

function endDetail(state: JobState): string {
  if (state.kind === 'failed') return state.detail;
  return state.kind === 'cancelled' ? `${state.by}: ${state.reason}` : '';
}

/** Of a finished job the metrics of the model that was kept, otherwise of the latest one. */
function shownMetrics(state: JobState, metrics: readonly Metric[]): Metric[] {
  const kept = state.kind === 'finished' ? metrics.filter(({ round }) => round === state.bestRound) : [];
  return latestMetrics(kept.length > 0 ? kept : metrics);
}

/** Sums left at the mean pace of those of the rounds so far; the evaluation counts as one. 0 when unknown. */
function secondsLeft(state: JobState, sums: readonly Sum[], nowMs: number): number {
  if (!isUnfinished(state) || !isSumming(state)) return 0;
  const done = sums.flatMap((sum) => (sum.phase === 'agreed' && sum.purpose === 'update' ? [sum] : []));
  if (done.length === 0) return 0;
  const paceMs = done.reduce((total, sum) => total + sum.agreedMs - sum.startedMs, 0) / done.length;
  const { current, charter } = state;
  const levels = sumsPerRound(charter.spec);
  const trained = (current.round - 1) * levels + current.level + Number(isOver(current));
  const sumsLeft = current.purpose === 'evaluation' ? 0 : charter.spec.training.rounds * levels - trained;
  const inCurrentMs = isOver(current) ? 0 : nowMs - current.startedMs;
  return Math.max((sumsLeft + 1) * paceMs - inCurrentMs, 0) / 1000;
}
