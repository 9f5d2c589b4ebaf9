import {
  type ErrorCode,
  type EventBody,
  endsJob,
  isErrorCode,
  neededMembers,
  type ParticipantName,
  type PostOf,
} from '../../contract/index.js';
import { failed } from './failed.js';
import { isSumming, type Summing, type Unfinished } from './state.js';

/**
 * Whether an abort takes only its sender out of the job. Statistics need everybody, a vertical job too, and after a
 * broken protocol nobody goes on.
 */
export function leavesAlone(state: Unfinished, { code }: PostOf<'abort'>): state is Summing {
  if (!isSumming(state) || !isErrorCode(code) || endsJob(code)) return false;
  const { purpose } = state.current;
  return purpose === 'update' || purpose === 'evaluation';
}

/** Participants that the job still waits for. */
export function remaining(state: Unfinished): readonly ParticipantName[] {
  const { roster } = state.charter;
  return isSumming(state) && state.left.size > 0 ? roster.filter((name) => !state.left.has(name)) : roster;
}

/** The end of a job that too many have left, or one that took mask keys along which a sum needs. */
export function abandoned(state: Summing): EventBody | undefined {
  const { charter, left, current, keyedSums, batch } = state;
  const last = [...left].at(-1);
  if (!last) return undefined;
  const needed = Math.max(charter.quorum, neededMembers(charter.spec, 'update'));
  if (charter.roster.length - left.size < needed) return abortFailure(...last);
  const keyless = [...left].find(([name]) => !batch?.complete.has(name));
  if (!keyless || current.phase !== 'agreed' || current.next.purpose === 'done') return undefined;
  return current.sum + 1 < keyedSums ? undefined : abortFailure(...keyless);
}

export function abortFailure(by: ParticipantName, post: PostOf<'abort'>): EventBody {
  return failed(post.code as ErrorCode, `${by}: ${post.detail}`, [post.party || by]);
}
