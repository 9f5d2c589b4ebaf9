import { type ErrorCode, isErrorCode, type JobEvent, type SumPurpose } from '../../contract/index.js';

/** A stretch of a job that its transcript shows to be over. */
export interface Stretch {
  /**
   * Of the job: consent, keying, then each sum or step; of a sum: collecting, unmasking, applying. `job` is the whole.
   */
  readonly name: 'job' | 'consent' | 'keying' | 'sum' | 'step' | SumPhase;
  readonly startMs: number;
  readonly endMs: number;
  /** The sum or step, or the one that the phase is part of. */
  readonly number?: number;
  readonly purpose?: SumPurpose;
  /** Name of a vertical step. */
  readonly step?: string;
  readonly round?: number;
  /** Why the job ended while this was under way. */
  readonly code?: ErrorCode;
}

type SumPhase = 'collecting' | 'unmasking' | 'applying';

interface Early {
  readonly name: 'consent' | 'keying';
  readonly startMs: number;
}

interface OpenSum {
  readonly number: number;
  readonly purpose: SumPurpose;
  readonly round: number;
  readonly startMs: number;
  phase: SumPhase;
  phaseMs: number;
}

interface OpenStep {
  readonly number: number;
  readonly step: string;
  readonly round: number;
  readonly startMs: number;
}

/** Reads durations off a transcript, event by event in order; holds what is open and nothing else. */
export class Timeline {
  #nextIndex = 0;
  #submittedMs = 0;
  #early: Early | undefined;
  #sum: OpenSum | undefined;
  #step: OpenStep | undefined;

  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** The stretches that this event ends. */
  apply({ index, atMs, body }: JobEvent): Stretch[] {
    this.#nextIndex = index + 1;
    switch (body.kind) {
      case 'submitted':
        this.#submittedMs = atMs;
        this.#early = { name: 'consent', startMs: atMs };
        return [];
      case 'consented':
        return this.#enter({ name: 'keying', startMs: atMs }, atMs);
      case 'sumStarted': {
        const { sum: number, purpose, round } = body;
        const early = this.#enter(undefined, atMs);
        this.#sum = { number, purpose, round, startMs: atMs, phase: 'collecting', phaseMs: atMs };
        return early;
      }
      case 'survivorsProposed':
        return this.#turn('unmasking', atMs);
      case 'sumReady':
        return this.#turn('applying', atMs);
      case 'sumAgreed':
      case 'sumSkipped':
        return this.#closeSum(atMs);
      case 'stepOpened': {
        const { step: number, name: step, round } = body;
        const before = [...this.#enter(undefined, atMs), ...this.#closeStep(atMs)];
        this.#step = { number, step, round, startMs: atMs };
        return before;
      }
      case 'finished':
        return this.#close(atMs);
      case 'failed':
        return this.#close(atMs, isErrorCode(body.code) ? body.code : 'INTERNAL');
      case 'cancelled':
        return this.#close(atMs, 'JOB_CANCELLED');
      default:
        return [];
    }
  }

  #enter(next: Early | undefined, atMs: number): Stretch[] {
    const early = this.#early;
    this.#early = next;
    return early ? [{ ...early, endMs: atMs }] : [];
  }

  #turn(phase: SumPhase, atMs: number): Stretch[] {
    const sum = this.#sum;
    if (!sum) return [];
    const over = phaseOf(sum, atMs);
    sum.phase = phase;
    sum.phaseMs = atMs;
    return [over];
  }

  #closeSum(atMs: number, code?: ErrorCode): Stretch[] {
    const sum = this.#sum;
    if (!sum) return [];
    this.#sum = undefined;
    const { phase: _, phaseMs: __, ...facts } = sum;
    const why = code === undefined ? {} : { code };
    return [
      { ...phaseOf(sum, atMs), ...why },
      { name: 'sum', ...facts, endMs: atMs, ...why },
    ];
  }

  #closeStep(atMs: number, code?: ErrorCode): Stretch[] {
    const step = this.#step;
    this.#step = undefined;
    return step ? [{ name: 'step', ...step, endMs: atMs, ...(code !== undefined && { code }) }] : [];
  }

  #close(atMs: number, code?: ErrorCode): Stretch[] {
    const why = code === undefined ? {} : { code };
    return [
      ...this.#enter(undefined, atMs).map((stretch) => ({ ...stretch, ...why })),
      ...this.#closeSum(atMs, code),
      ...this.#closeStep(atMs, code),
      { name: 'job', startMs: this.#submittedMs, endMs: atMs, ...why },
    ];
  }
}

function phaseOf({ number, purpose, round, phase, phaseMs }: OpenSum, atMs: number): Stretch {
  return { name: phase, number, purpose, round, startMs: phaseMs, endMs: atMs };
}
