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
import { after } from './deadline.js';
import type { SenderFacts, UploadFacts } from './facts.js';
import { failed } from './failed.js';
import { expire, follow, reportFailure, signatureFailure } from './follow.js';
import { remaining, revocation } from './leaving.js';
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
  | {
      /** A participant runs a version that cannot take part, and would say nothing. */
      readonly kind: 'outdated';
      readonly name: ParticipantName;
      readonly detail: string;
    }
  | {
      /** The operator revoked its certificate: nothing of it is admitted any more. */
      readonly kind: 'revoked';
      readonly name: ParticipantName;
    }
  | {
      /** A participant has seen the end of the job: the store was set back, and it takes no further part. */
      readonly kind: 'setBack';
      readonly name: ParticipantName;
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
  /** Participants that have a slot in the sum, in the survivor set or not. */
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
      if (!isSigned(state, input.sum)) return undefined;
      const { sum, digest, bytes, addMs } = input;
      const deadlineMs = after(nowMs, state.charter.spec.deadlines.openingSeconds);
      return { kind: 'sumReady', sum, digest, bytes, addMs, deadlineMs };
    }
    case 'outdated': {
      // Later it may have come back with an older version than it began with: then it is missed like anybody.
      if (state.kind !== 'awaiting-consent') return undefined;
      return failed('VERSION_UNSUPPORTED', input.detail, [input.name]);
    }
    case 'revoked':
      return revocation(state, input.name);
    case 'setBack':
      if (!remaining(state).includes(input.name)) return undefined;
      return failed(
        'TRANSCRIPT_BEHIND',
        `${input.name} has seen the end of this job: an older copy of the coordinator's store is in use`,
        [],
      );
    case 'addingFailed':
      if (!isSigned(state, input.sum)) return undefined;
      return failed(input.code, input.detail, input.parties);
  }
}

/** What arrives after a quorum signed or agreed must still say the same. */
function disputed(state: Unfinished, input: Input): EventBody | undefined {
  if (input.kind !== 'post') return undefined;
  const { body } = input.post;
  if (body.kind !== 'applied' && body.kind !== 'survivorSignature') return undefined;
  const sum = sumOf(state, body.sum);
  if (!sum || (sum.phase !== 'applying' && sum.phase !== 'agreed')) return undefined;
  if (body.kind === 'survivorSignature') return signatureFailure(sum);
  return sum.phase === 'agreed' ? reportFailure(sum) : undefined;
}

/** Signed by a quorum, so that its ciphertexts may be added: nobody reveals anything for less. */
function isSigned(state: Unfinished, sum: number): state is Summing {
  return workOf(state)?.sum === sum;
}

/** The work a state asks for: adding, once a quorum signed the survivor set. */
export function workOf(state: JobState): AddSum | undefined {
  if (!isSumming(state) || state.current.phase !== 'unmasking') return undefined;
  const { current, charter } = state;
  if (current.signatures.size < charter.quorum) return undefined;
  const uploads = current.members.map((sender) => ({ sender, ...current.contributions.get(sender)! }));
  const { parameterSet, valueCount } = uploads[0]!;
  return {
    kind: 'addSum',
    sum: current.sum,
    parameterSet,
    valueCount,
    contributors: charter.roster.length,
    uploads: uploads.map(({ sender, digest }) => ({ sender, digest })),
  };
}
