import type { ParticipantName } from '../../contract/index.js';
import type { ByParticipant } from './state.js';

/** One participant and what the job waits for from it, as a verb phrase. */
export interface Debt {
  readonly who: ParticipantName;
  readonly act: string;
}

export function absent(
  roster: readonly ParticipantName[],
  present: ReadonlySet<ParticipantName> | ByParticipant<unknown>,
): ParticipantName[] {
  return roster.filter((name) => !present.has(name));
}
