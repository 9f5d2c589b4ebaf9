import { z } from 'zod';
import { type JobId, jobId, type ParticipantName, participantName } from '../../contract/index.js';
import type { Announcement } from '../store/index.js';

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

const announced = z.object({
  connected: z.array(z.string()),
  progress: z.array(
    z.tuple([jobId, participantName, z.object({ sum: z.number(), step: z.string(), fraction: z.number() })]),
  ),
});

type ByJob = Map<JobId, Map<ParticipantName, Progress>>;

/** Who is connected and what they are busy with, here or at another replica; forgotten at a restart. */
export class Presence {
  readonly #connected = new Set<string>();
  readonly #progress: ByJob = new Map();
  /** Replica that each participant is connected to, as the others announced it. */
  readonly #elsewhere = new Map<string, string>();
  readonly #progressElsewhere: ByJob = new Map();
  #changed: () => void = () => {};

  isConnected(name: string): boolean {
    return this.#connected.has(name) || this.#elsewhere.has(name);
  }

  /** The other replica that a participant is connected to. */
  replicaOf(name: string): string | undefined {
    return this.#elsewhere.get(name);
  }

  connect(name: string): void {
    this.#connected.add(name);
    this.#changed();
  }

  disconnect(name: string): void {
    this.#connected.delete(name);
    this.#changed();
  }

  progress(jobId: JobId, name: ParticipantName): Progress | undefined {
    const here = this.#progress.get(jobId)?.get(name);
    return this.#connected.has(name) ? here : (this.#progressElsewhere.get(jobId)?.get(name) ?? here);
  }

  report(jobId: JobId, name: ParticipantName, progress: Progress): void {
    put(this.#progress, jobId, name, progress);
    this.#changed();
  }

  forget(jobId: JobId): void {
    this.#progress.delete(jobId);
  }

  /** Calls the listener when there is something to announce. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  /** What other replicas are told of this one. */
  announcement(): string {
    const progress = [...this.#progress].flatMap(([jobId, ofJob]) =>
      [...ofJob].map(([name, each]) => [jobId, name, each]),
    );
    return JSON.stringify({ connected: [...this.#connected], progress });
  }

  /** Replaces what is known of the other replicas; one whose form this version does not know says nothing. */
  heard(announcements: readonly Announcement[]): void {
    this.#elsewhere.clear();
    this.#progressElsewhere.clear();
    for (const { replica, text } of announcements) {
      const said = announcedIn(text);
      if (!said) continue;
      for (const name of said.connected) this.#elsewhere.set(name, replica);
      for (const [jobId, name, each] of said.progress) put(this.#progressElsewhere, jobId, name, each);
    }
  }
}

function announcedIn(text: string): z.infer<typeof announced> | undefined {
  try {
    return announced.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function put(progress: ByJob, jobId: JobId, name: ParticipantName, each: Progress): void {
  progress.set(jobId, (progress.get(jobId) ?? new Map<ParticipantName, Progress>()).set(name, each));
}
