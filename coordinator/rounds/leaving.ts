import {
  closedBecause,
  type ErrorCode,
  type EventBody,
  endsJob,
  isErrorCode,
  isStatistic,
  type JobEvent,
  type ParticipantName,
  type PostOf,
  type SumPurpose,
} from '../../contract/index.js';
import { failed } from './failed.js';
import { graphOf } from './graph.js';
import { illegal } from './illegal.js';
import { keyedIn } from './keyed.js';
import { isSumming, type Leaving, type Summing, type Unfinished } from './state.js';

/**
 * Whether an abort takes only its sender out of the job: after a broken protocol nobody goes on, unless it was the sender
 * that broke it.
 */
export function leavesAlone(
  state: Unfinished,
  sender: ParticipantName,
  { code, party }: PostOf<'abort'>,
): state is Summing {
  return isErrorCode(code) && (!endsJob(code) || party === sender) && spares(state, sender);
}

/** Whether a job can go on without somebody. Statistics need everybody, a vertical job too. */
function spares(state: Unfinished, who: ParticipantName): state is Summing {
  if (!isSumming(state)) return false;
  const { charter, current } = state;
  if (isStatistic(current.purpose)) return false;
  // Also in a round that takes everybody: who contributed before it left is in.
  const isIn = current.phase !== 'collecting' || current.contributions.has(who);
  return isIn || current.needed < charter.roster.length;
}

/** What a revocation leads to; nothing where the job waits for the participant no more. */
export function revocation(state: Unfinished, party: ParticipantName): EventBody | undefined {
  if (!remaining(state).includes(party)) return undefined;
  return spares(state, party) ? { kind: 'revoked', party } : abortFailure(party, leavingOf(party));
}

/** Folds a revocation: whoever is revoked has left. */
export function withRevoked(at: Unfinished, party: ParticipantName, event: JobEvent): Summing {
  if (!spares(at, party) || !remaining(at).includes(party)) throw illegal(at.kind, event);
  return { ...at, left: new Map(at.left).set(party, leavingOf(party)) };
}

function leavingOf(party: ParticipantName): Leaving {
  return { code: 'CERTIFICATE_REVOKED', detail: 'its certificate was revoked', party };
}

/** Participants that the job still waits for. */
export function remaining(state: Unfinished): readonly ParticipantName[] {
  const { roster } = state.charter;
  return isSumming(state) && state.left.size > 0 ? roster.filter((name) => !state.left.has(name)) : roster;
}

/** Whether a sum may be over these. The participants judge it for themselves. */
export function mayClose(
  state: Summing,
  sum: { readonly purpose: SumPurpose; readonly round: number },
  members: ReadonlySet<ParticipantName>,
): boolean {
  const { spec } = state.charter;
  const organisationOf = (name: ParticipantName) => state.joins.get(name)!.organisation;
  return closedBecause({ spec, graph: graphOf(state), organisationOf }, sum, members) === undefined;
}

/** What a job goes on with after its first round. */
export const anyRound = { purpose: 'evaluation', round: 0 } as const;

/** The end of a job that too many have left, also for the next sum, to which only those with mask keys contribute. */
export function abandoned(state: Summing): EventBody | undefined {
  const { charter, left, current } = state;
  const last = [...left].at(-1);
  if (!last) return undefined;
  const staying = remaining(state);
  const here = new Set(staying);
  const next = current.phase === 'collecting' ? current.sum : current.sum + 1;
  const able = new Set(keyedIn(state, next, staying));
  const enough = here.size >= charter.quorum && graphOf(state).opens(here) && mayClose(state, anyRound, able);
  return enough ? undefined : abortFailure(...last);
}

export function abortFailure(by: ParticipantName, post: Leaving): EventBody {
  return failed(post.code as ErrorCode, `${by}: ${post.detail}`, [post.party || by]);
}
