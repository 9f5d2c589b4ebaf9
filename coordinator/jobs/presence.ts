import type { JobId, ParticipantName } from '../../contract/index.js';

/** A step of a participant's work as it calls it, such as train, psi or multiply; shown to people as it is. */
export const progressStep = /^[a-z][a-z0-9-]{0,19}$/;

/** How far a participant says it is with a long step. For people who watch; nothing is decided by it. */
export interface Progress {
  /** The sum, or the step of a vertical job. */
  readonly sum: number;
  readonly step: string;
  /** 0 to 1. */
  readonly fraction: number;
}

/** Who is connected and what they are busy with; forgotten at a restart. */
export class Presence {
  readonly #connected = new Set<string>();
  readonly #progress = new Map<JobId, Map<ParticipantName, Progress>>();

  isConnected(name: string): boolean {
    return this.#connected.has(name);
  }

  connect(name: string): void {
    this.#connected.add(name);
  }

  disconnect(name: string): void {
    this.#connected.delete(name);
  }

  progress(jobId: JobId, name: ParticipantName): Progress | undefined {
    return this.#progress.get(jobId)?.get(name);
  }

  report(jobId: JobId, name: ParticipantName, progress: Progress): void {
    const ofJob = this.#progress.get(jobId) ?? new Map<ParticipantName, Progress>();
    this.#progress.set(jobId, ofJob.set(name, progress));
  }

  forget(jobId: JobId): void {
    this.#progress.delete(jobId);
  }
}
