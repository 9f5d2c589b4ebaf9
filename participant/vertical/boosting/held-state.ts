import type { StepWork } from '../step-work.js';

/**
 * What a party has in memory between two of its steps. It belongs to the step it was left for, which takes it away: a
 * step that fails, or is done again, finds nothing and builds it from files.
 */
export class HeldState<T> {
  readonly #held = new Map<string, { readonly step: number; readonly state: T }>();

  take({ jobId, me, step }: StepWork): T | undefined {
    const key = `${jobId} ${me}`;
    const held = this.#held.get(key);
    this.#held.delete(key);
    return held?.step === step.number ? held.state : undefined;
  }

  leave({ jobId, me }: StepWork, step: number, state: T): void {
    this.#held.set(`${jobId} ${me}`, { step, state });
  }

  forget(jobId: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(`${jobId} `)) this.#held.delete(key);
  }
}
