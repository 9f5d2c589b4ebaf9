import type { JobId } from '../../contract/index.js';
import { isExchanging, isSumming, type JobState } from '../rounds/index.js';

/**
 * Pause between two rounds of news of a job, per participant. Writing one a message takes some 0.1 ms: with many pauses
 * that is what a coordinator of a large roster would mostly do.
 */
const restMsEach = 2;

interface Rest {
  readonly timer: NodeJS.Timeout;
  /** Of the state that was told last. */
  readonly turn: string;
  /** The newest state of those that came meanwhile. */
  untold: JobState | undefined;
}

/**
 * Everybody in a job hears of a change at once, and of those that follow together: otherwise each of n posts would
 * wake n sessions, for a message of one event each. What makes participants act is never kept back.
 */
export class News {
  /** Jobs of which everybody was told a moment ago. */
  readonly #resting = new Map<JobId, Rest>();

  constructor(private readonly tell: (state: JobState) => void) {}

  changed(state: JobState): void {
    const { jobId, roster } = state.charter;
    const rest = this.#resting.get(jobId);
    const turn = turnOf(state);
    if (rest?.turn === turn) {
      rest.untold = state;
      return;
    }
    clearTimeout(rest?.timer);
    const timer = setTimeout(() => this.#rested(jobId), roster.length * restMsEach);
    this.#resting.set(jobId, { timer, turn, untold: undefined });
    this.tell(state);
  }

  close(): void {
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
  }

  #rested(jobId: JobId): void {
    const { untold } = this.#resting.get(jobId) ?? {};
    this.#resting.delete(jobId);
    if (untold) this.changed(untold);
  }
}

/** Changes when the coordinator has said something, and when the last reveal is in, which opens a sum. */
function turnOf(state: JobState): string {
  if (isExchanging(state)) return `${state.kind} ${state.openStep.step.number}`;
  if (!isSumming(state)) return state.kind === 'keying' ? `${state.kind} ${state.keying.stage}` : state.kind;
  const { current, batch, closedBatches } = state;
  const opening =
    current.phase === 'applying' ? [current.missing, current.reveals.size >= current.members.length] : [];
  return [current.sum, current.phase, ...opening, batch?.firstSum, closedBatches.length].join(' ');
}
