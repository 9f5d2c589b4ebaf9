import {
  CodedError,
  type ErrorCode,
  type EventBody,
  type HexDigest,
  type JobEvent,
  type ParameterSetName,
  type ParticipantName,
  type Post,
} from '../../contract/index.js';
import { admit, sumOf } from './admit.js';
import type { SenderFacts, UploadFacts } from './facts.js';
import { expire, failed, follow, reportFailure } from './follow.js';
import { isSumming, isUnfinished, type JobState, type Summing, type Unfinished } from './state.js';
import { step } from './step.js';

/** Everything that can happen to a job after its submission. */
export type Input =
  | {
      readonly kind: 'post';
      readonly post: Post;
      readonly sender: SenderFacts;
      readonly upload?: UploadFacts;
    }
  | {
      readonly kind: 'sumAdded';
      readonly sum: number;
      readonly digest: HexDigest;
      readonly bytes: number;
      readonly addMs: number;
    }
  | {
      readonly kind: 'addingFailed';
      readonly sum: number;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly parties: readonly string[];
    }
  | { readonly kind: 'tick' }
  | { readonly kind: 'cancel'; readonly by: string; readonly reason: string };

/** The events an input leads to, in order, and the state after them. */
export interface Decision {
  readonly events: readonly JobEvent[];
  readonly state: JobState;
}

/** What somebody outside the fold must do for the job to go on; redone after a crash, so it must be repeatable. */
export interface AddSum {
  readonly kind: 'addSum';
  readonly sum: number;
  readonly parameterSet: ParameterSetName;
  readonly valueCount: number;
  readonly contributors: number;
  readonly uploads: readonly { readonly sender: ParticipantName; readonly digest: HexDigest }[];
}

/**
 * Decides what an input means in a state: the input's own event, if it is in place, and all events of the
 * coordinator that follow. Pure; `nowMs` is the only time.
 * @throws {CodedError} when the input is refused; nothing changes then.
 */
export function decide(state: JobState, input: Input, nowMs: number): Decision {
  if (!isUnfinished(state)) {
    if (input.kind === 'post' || input.kind === 'cancel') {
      throw new CodedError('JOB_ENDED', `the job is ${state.kind}`);
    }
    return { events: [], state };
  }
  const events: JobEvent[] = [];
  let now: JobState = state;
  let body = opening(state, input, nowMs);
  while (body !== undefined) {
    const event: JobEvent = { index: now.nextIndex, atMs: nowMs, body };
    now = step(now, event);
    events.push(event);
    body = isUnfinished(now) ? (disputed(now, input) ?? follow(now, nowMs)) : undefined;
  }
  return { events, state: now };
}

/** The first event of a job and those that follow from it. */
export function open(submitted: EventBody & { kind: 'submitted' }, nowMs: number): Decision {
  const event: JobEvent = { index: 0, atMs: nowMs, body: submitted };
  return { events: [event], state: step(undefined, event) };
}

function opening(state: Unfinished, input: Input, nowMs: number): EventBody | undefined {
  switch (input.kind) {
    case 'post':
      admit(state, input.post, input.sender, input.upload);
      return { kind: 'posted', post: input.post };
    case 'cancel':
      return { kind: 'cancelled', by: input.by, reason: input.reason };
    case 'tick':
      return follow(state, nowMs) ?? expire(state, nowMs);
    case 'sumAdded': {
      if (!isUnmasking(state, input.sum)) return undefined;
      const { sum, digest, bytes, addMs } = input;
      const deadlineMs = nowMs + Math.ceil(state.charter.spec.deadlines.openingSeconds * 1000);
      return { kind: 'sumReady', sum, digest, bytes, addMs, deadlineMs };
    }
    case 'addingFailed':
      if (!isUnmasking(state, input.sum)) return undefined;
      return failed(input.code, input.detail, input.parties);
  }
}

/** A report that arrives after a quorum agreed must still agree with it. */
function disputed(state: Unfinished, input: Input): EventBody | undefined {
  if (input.kind !== 'post' || input.post.body.kind !== 'applied') return undefined;
  const sum = sumOf(state, input.post.body.sum);
  return sum?.phase === 'agreed' ? reportFailure(sum) : undefined;
}

function isUnmasking(state: Unfinished, sum: number): state is Summing {
  return isSumming(state) && state.current.phase === 'unmasking' && state.current.sum === sum;
}

/** The work a state asks for: adding, once all members, or after the deadline a quorum, signed the survivor set. */
export function workOf(state: JobState, nowMs: number): AddSum | undefined {
  if (!isSumming(state) || state.current.phase !== 'unmasking') return undefined;
  const { current, charter } = state;
  const signed = current.signatures.size;
  const enough =
    signed === current.members.length || (nowMs >= current.deadlineMs && signed >= charter.quorum);
  if (!enough) return undefined;
  const uploads = current.members.map((sender) => ({ sender, ...current.contributions.get(sender)! }));
  const { parameterSet, valueCount } = uploads[0]!;
  return {
    kind: 'addSum',
    sum: current.sum,
    parameterSet,
    valueCount,
    contributors: current.members.length,
    uploads: uploads.map(({ sender, digest }) => ({ sender, digest })),
  };
}
