import { CodedError, type Metric, type ParticipantName, sumsPerRound } from '../../contract/index.js';
import {
  absent,
  isOver,
  isSumming,
  isUnfinished,
  type JobState,
  remaining,
  type Sum,
} from '../rounds/index.js';
import { activityInSum, shownActivity, shownState, sumsOf } from './participant-view.js';
import type { RoundParticipant, RoundSources, RoundView } from './round-shape.js';
import { stretchView } from './stretch-view.js';
import { type Stretch, stretchesOf } from './stretches.js';
import { shownLevel, waitingFor } from './view.js';

/** What people look at as one round: a sum, or the steps of a phase or iteration of a vertical job. */
export type Round = Sum | Stretch;

function roundsOf(state: JobState): readonly Round[] {
  return [...sumsOf(shownState(state)), ...stretchesOf(state)];
}

/** One view per sum or stretch, in order. */
export function roundViews(state: JobState, sources: RoundSources): RoundView[] {
  return roundsOf(state).map((round) => roundView(state, round, sources));
}

/** Rounds from one on, as many as fit: at least one, and no more once they have `mostBytes`. `next` is 0 behind the last. */
export function roundPage(
  state: JobState,
  sources: RoundSources,
  { from, mostBytes, sizeOf }: RoundPage,
): { readonly rounds: RoundView[]; readonly next: number } {
  const rest = roundsOf(state).slice(from);
  const rounds: RoundView[] = [];
  let bytes = 0;
  for (const round of rest) {
    if (rounds.length > 0 && bytes >= mostBytes) return { rounds, next: from + rounds.length };
    const view = roundView(state, round, sources);
    rounds.push(view);
    bytes += sizeOf(view);
  }
  return { rounds, next: 0 };
}

interface RoundPage {
  readonly from: number;
  readonly mostBytes: number;
  /** Bytes that a view has on the wire. */
  sizeOf(view: RoundView): number;
}

/** @throws {CodedError} ROUND_UNKNOWN */
export function findRound(state: JobState, wanted: { round: number } | { sum: number }): Round {
  const found = roundsOf(state).find((round) => {
    if ('sum' in wanted) return numberOf(round) === wanted.sum;
    const trains = isStretch(round) ? round.phase === 'fitting' : round.purpose === 'update';
    return trains && round.round === wanted.round;
  });
  if (found) return found;
  const which = 'sum' in wanted ? `sum ${wanted.sum}` : `round ${wanted.round}`;
  throw new CodedError('ROUND_UNKNOWN', `the job has not reached ${which}`);
}

function isStretch(round: Round): round is Stretch {
  return 'steps' in round;
}

function numberOf(round: Round): number {
  return isStretch(round) ? round.number : round.sum;
}

export function roundView(state: JobState, round: Round, sources: RoundSources): RoundView {
  return isStretch(round) ? stretchView(state, round, sources) : sumView(state, round, sources);
}

function sumView(state: JobState, sum: Sum, sources: RoundSources): RoundView {
  const [contribution] = sum.contributions.values();
  const set = sum.phase === 'collecting' || sum.phase === 'skipped' ? undefined : sum;
  const survivors = [...(set?.members ?? [])];
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
    survivorSignatures: set?.signatures.size ?? 0,
    valueCount: contribution?.valueCount ?? 0,
    sumDigest: ready?.digest ?? '',
    sumBytes: ready?.bytes ?? 0,
    addMs: ready?.addMs ?? 0,
    verification: verificationOf(state, sum, isLast),
    fingerprint: sum.phase === 'agreed' ? sum.fingerprint : '',
    metrics: metricsOfModel(state, sum),
    participants: state.charter.roster.map((name) => roundParticipant(state, sum, name, sources)),
    waitingFor: isLast ? waitingFor(state, sources.presence) : [],
    steps: [],
    leftOut: set ? absent(state.charter.roster, new Set(set.members)) : [],
    needed: sum.needed,
    level: levelsOf(state) > 1 ? shownLevel(sum) : 0,
  };
}

function levelsOf({ charter: { spec } }: JobState): number {
  return spec.mode === 'horizontal' ? sumsPerRound(spec) : 0;
}

function phaseOf(state: JobState, sum: Sum, isLast: boolean): string {
  return isLast && !isOver(sum) && !isUnfinished(state) ? 'failed' : sum.phase;
}

/** `verified` once all that remain reported: a report is posted only after slots and MACs were checked. */
function verificationOf(state: JobState, sum: Sum, isLast: boolean): string {
  if (isLast && state.kind === 'failed') return state.code;
  if (sum.phase === 'skipped') return 'not opened';
  if (sum.phase !== 'agreed') return 'pending';
  const missing = absent(remaining(shownState(state)), sum.reports);
  return missing.length === 0 ? 'verified' : 'verified by a quorum';
}

/** Metrics of the model this sum made; they arrive with a later sum, which measured it. */
function metricsOfModel(state: JobState, sum: Sum): Metric[] {
  if (sum.purpose === 'evaluation') return sum.phase === 'agreed' ? [...sum.metrics] : [];
  if (sum.purpose !== 'update') return [];
  const sums = sumsOf(shownState(state));
  // Of a tree only its last sum makes a model.
  if (sums.findLast(({ round }) => round === sum.round) !== sum) return [];
  const all = sums.flatMap((other) => (other.phase === 'agreed' ? other.metrics : []));
  return all.filter(({ round }) => round === sum.round);
}

function roundParticipant(
  state: JobState,
  sum: Sum,
  name: ParticipantName,
  sources: RoundSources,
): RoundParticipant {
  const shown = shownState(state);
  const contribution = sum.contributions.get(name);
  const report = sum.phase === 'applying' || sum.phase === 'agreed' ? sum.reports.get(name) : undefined;
  return {
    name,
    state: shownActivity(
      activityInSum(sum, name, sources.presence.progress(state.charter.jobId, name)),
      isSumming(shown) && shown.left.has(name),
    ),
    timings: [...(contribution?.timings ?? []), ...(report?.timings ?? [])],
    bytesUp: contribution?.bytes ?? 0,
    digest: contribution?.digest ?? '',
    fingerprint: report?.fingerprint ?? '',
  };
}
