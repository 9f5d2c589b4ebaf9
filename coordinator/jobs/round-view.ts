import {
  CodedError,
  type Metric,
  type ParameterSetName,
  type ParticipantName,
} from '../../contract/index.js';
import { isUnfinished, type JobState, type Sum } from '../rounds/index.js';
import { activityInSum, shownState, sumsOf } from './participant-view.js';
import { type ViewSources, waitingFor } from './view.js';

export interface RoundParticipant {
  readonly name: string;
  readonly state: string;
  readonly timings: { readonly step: string; readonly ms: number }[];
  readonly bytesUp: number;
  readonly digest: string;
  readonly fingerprint: string;
}

export interface RoundView {
  readonly sum: number;
  readonly purpose: string;
  readonly round: number;
  readonly phase: string;
  readonly startedMs: number;
  readonly agreedMs: number;
  readonly parameterSet: string;
  readonly parameters: string;
  readonly keyHolders: string[];
  readonly survivors: string[];
  readonly survivorSignatures: number;
  readonly valueCount: number;
  readonly sumDigest: string;
  readonly sumBytes: number;
  readonly addMs: number;
  readonly verification: string;
  readonly fingerprint: string;
  readonly metrics: Metric[];
  readonly participants: RoundParticipant[];
  readonly waitingFor: string[];
}

export interface RoundSources extends ViewSources {
  /** A parameter set in words. */
  readonly describe: (parameterSet: ParameterSetName) => string;
}

/** One view per sum, in order. */
export function roundViews(state: JobState, sources: RoundSources): RoundView[] {
  return sumsOf(shownState(state)).map((sum) => roundView(state, sum, sources));
}

/** @throws {CodedError} ROUND_UNKNOWN */
export function findRound(state: JobState, wanted: { round: number } | { sum: number }): Sum {
  const sums = sumsOf(shownState(state));
  const found = sums.find((sum) =>
    'sum' in wanted ? sum.sum === wanted.sum : sum.purpose === 'update' && sum.round === wanted.round,
  );
  if (found) return found;
  const which = 'sum' in wanted ? `sum ${wanted.sum}` : `round ${wanted.round}`;
  throw new CodedError('ROUND_UNKNOWN', `the job has not reached ${which}`);
}

export function roundView(state: JobState, sum: Sum, sources: RoundSources): RoundView {
  const [contribution] = sum.contributions.values();
  const survivors = sum.phase === 'collecting' ? [] : [...sum.members];
  const ready = sum.phase === 'applying' || sum.phase === 'agreed' ? sum : undefined;
  const isLast = sumsOf(shownState(state)).at(-1) === sum;
  return {
    sum: sum.sum,
    purpose: sum.purpose,
    round: sum.round,
    phase: phaseOf(state, sum, isLast),
    startedMs: sum.startedMs,
    agreedMs: sum.phase === 'agreed' ? sum.agreedMs : 0,
    parameterSet: contribution?.parameterSet ?? '',
    parameters: contribution ? sources.describe(contribution.parameterSet) : '',
    keyHolders: [...state.charter.roster],
    survivors,
    survivorSignatures: sum.phase === 'collecting' ? 0 : sum.signatures.size,
    valueCount: contribution?.valueCount ?? 0,
    sumDigest: ready?.digest ?? '',
    sumBytes: ready?.bytes ?? 0,
    addMs: ready?.addMs ?? 0,
    verification: verificationOf(state, sum, isLast),
    fingerprint: sum.phase === 'agreed' ? sum.fingerprint : '',
    metrics: metricsOfModel(state, sum),
    participants: state.charter.roster.map((name) => roundParticipant(state, sum, name, sources)),
    waitingFor: isLast ? waitingFor(state, sources.presence) : [],
  };
}

function phaseOf(state: JobState, sum: Sum, isLast: boolean): string {
  return isLast && sum.phase !== 'agreed' && !isUnfinished(state) ? 'failed' : sum.phase;
}

/** `verified` once every member reported: a report is posted only after slots and MACs were checked. */
function verificationOf(state: JobState, sum: Sum, isLast: boolean): string {
  if (isLast && state.kind === 'failed') return state.code;
  if (sum.phase !== 'agreed') return 'pending';
  return sum.members.every((name) => sum.reports.has(name)) ? 'verified' : 'verified by a quorum';
}

/** Metrics of the model this sum made; they arrive with a later sum, which measured it. */
function metricsOfModel(state: JobState, sum: Sum): Metric[] {
  if (sum.purpose === 'evaluation') return sum.phase === 'agreed' ? [...sum.metrics] : [];
  if (sum.purpose !== 'update') return [];
  const sums = sumsOf(shownState(state));
  const all = sums.flatMap((other) => (other.phase === 'agreed' ? other.metrics : []));
  return all.filter(({ round }) => round === sum.round);
}

function roundParticipant(
  state: JobState,
  sum: Sum,
  name: ParticipantName,
  sources: RoundSources,
): RoundParticipant {
  const contribution = sum.contributions.get(name);
  const report = sum.phase === 'applying' || sum.phase === 'agreed' ? sum.reports.get(name) : undefined;
  return {
    name,
    state: activityInSum(sum, name, sources.presence.progress(state.charter.jobId, name)),
    timings: [...(contribution?.timings ?? []), ...(report?.timings ?? [])],
    bytesUp: contribution?.bytes ?? 0,
    digest: contribution?.digest ?? '',
    fingerprint: report?.fingerprint ?? '',
  };
}
