import {
  CodedError,
  type EventOf,
  type HexDigest,
  inRosterOrder,
  type JobEvent,
  type JobId,
  type JobSpec,
  type ParticipantName,
  type Post,
  type PostOf,
  participantsOf,
  postPlace,
  type RosterEntry,
  rosterDigest,
  specDigest,
} from '../../contract/index.js';
import { checkPost, type PinnedPeer } from './checked-post.js';
import type { JobFrame, Roster } from './frame.js';
import { shownSpec } from './shown-spec.js';
import { StepCourse } from './step-course.js';
import { SumCourse } from './sum-course.js';
import type { SumView } from './sum-view.js';

export interface TranscriptParts {
  readonly jobId: JobId;
  readonly me: ParticipantName;
  /** Pins of peers; of `me` too. */
  pinned(name: string): PinnedPeer | undefined;
}

export type Ending = EventOf<'finished'> | EventOf<'failed'> | EventOf<'cancelled'>;

/**
 * One participant's view of one job: the fold of the transcript the coordinator shows. The coordinator is not
 * trusted: every post is checked against the pinned key of its sender, and whatever contradicts an earlier event
 * raises a coded error, upon which the participant leaves the job. What stands between roster and ending is the
 * matter of the course.
 */
export class JobTranscript implements JobFrame {
  readonly #parts: TranscriptParts;
  readonly #places = new Map<string, HexDigest>();
  /** Index of the next event wanted. Indexes have gaps: posts sealed to others are not delivered. */
  nextIndex = 0;
  submitted?: EventOf<'submitted'>;
  /** Sums or steps, as the spec has it; known from the first event on. */
  course?: SumCourse | StepCourse;
  consented = false;
  /** Our own consent stands in the transcript and approves. */
  #approved = false;
  readonly joins = new Map<ParticipantName, RosterEntry>();
  roster?: Roster;
  readonly rosterSignatures = new Map<ParticipantName, PostOf<'rosterSignature'>>();
  ended?: Ending;
  #eventsTaken = 0;

  constructor(parts: TranscriptParts) {
    this.#parts = parts;
  }

  get jobId(): JobId {
    return this.#parts.jobId;
  }

  get me(): ParticipantName {
    return this.#parts.me;
  }

  get spec(): JobSpec {
    return this.#known.spec;
  }

  /** The roster; only after it is fixed. */
  get fixedRoster(): Roster {
    if (this.roster === undefined) throw new CodedError('MESSAGE_UNEXPECTED', 'the roster is not fixed yet');
    return this.roster;
  }

  /** The course of a horizontal job. @throws {CodedError} MESSAGE_UNEXPECTED in a vertical one. */
  get summing(): SumCourse {
    if (this.#known.mode === 'horizontal') return this.#known;
    throw new CodedError('MESSAGE_UNEXPECTED', 'a vertical job has no sums');
  }

  /** The course of a vertical job. @throws {CodedError} MESSAGE_UNEXPECTED in a horizontal one. */
  get stepping(): StepCourse {
    if (this.#known.mode === 'vertical') return this.#known;
    throw new CodedError('MESSAGE_UNEXPECTED', 'a horizontal job has no steps');
  }

  /** Sums so far; none in a vertical job. */
  get sums(): readonly SumView[] {
    return this.course?.mode === 'horizontal' ? this.course.sums : [];
  }

  get currentSum(): SumView | undefined {
    return this.sums.at(-1);
  }

  /** True when our own post in this place stands in the transcript. */
  said(place: string): boolean {
    return this.#places.has(`${this.me} ${place}`);
  }

  /**
   * Takes the next event.
   * @throws {CodedError} when the event contradicts the protocol; the job must not go on here.
   */
  apply(event: JobEvent): void {
    if (event.index < this.nextIndex) return;
    this.nextIndex = event.index + 1;
    const body = event.body;
    if (this.submitted === undefined && body.kind !== 'submitted') {
      throw new CodedError('MESSAGE_UNEXPECTED', `the transcript starts with ${body.kind} instead of a spec`);
    }
    if (this.ended !== undefined) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${body.kind} after the job ended`);
    }
    this.#countEvent();
    switch (body.kind) {
      case 'submitted':
        return this.#submit(body);
      case 'posted':
        return this.#post(body.post);
      case 'consented':
        // The coordinator only counts answers: a job that we refused, or were not asked about, does not go on here.
        if (!this.#approved) {
          throw new CodedError('MESSAGE_UNEXPECTED', `the job goes on though ${this.me} did not approve it`);
        }
        this.consented = true;
        return;
      case 'rosterFixed':
        return this.#fixRoster(body);
      case 'finished':
        this.#known.finish(body);
        this.ended = body;
        return;
      case 'failed':
      case 'cancelled':
        this.ended = body;
        return;
      default:
        return this.#known.follow(body);
    }
  }

  get #known(): SumCourse | StepCourse {
    if (this.course === undefined) throw new CodedError('MESSAGE_UNEXPECTED', 'the job has no spec yet');
    return this.course;
  }

  /** What a job can say is bounded by its spec; a coordinator that goes on and on would fill our disk. */
  #countEvent(): void {
    this.#eventsTaken += 1;
    if (this.#eventsTaken > (this.course?.mostEvents ?? 1)) {
      throw new CodedError('MESSAGE_UNEXPECTED', 'the transcript is longer than the job can make it');
    }
  }

  #submit(body: EventOf<'submitted'>): void {
    if (this.submitted !== undefined) throw new CodedError('JOB_REPLAYED', 'the job was submitted twice');
    const spec = shownSpec(body, this.jobId);
    if (!participantsOf(spec).includes(this.me)) {
      throw new CodedError('MESSAGE_UNEXPECTED', `the job does not name ${this.me}`);
    }
    this.submitted = body;
    this.course = spec.mode === 'horizontal' ? new SumCourse(spec, this) : new StepCourse(spec, this);
  }

  #post(post: Post): void {
    const { sender, body } = post;
    if (!participantsOf(this.spec).includes(sender)) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${sender} speaks in a job it does not belong to`, {
        parties: [sender],
      });
    }
    // Consents of others decide nothing here (the spec names everybody, and everybody signs the roster later), and
    // they may come before a peer was pinned.
    if (body.kind === 'consent' && sender !== this.me) return;
    const digest = checkPost(post, {
      jobId: this.jobId,
      specDigest: this.submitted?.specDigest,
      rosterDigest: this.roster?.digest,
      pin: this.#parts.pinned(sender),
    });
    const place = `${sender} ${postPlace(body)}`;
    const before = this.#places.get(place);
    if (before === digest) return;
    if (before !== undefined) {
      throw new CodedError(
        'MESSAGE_CONFLICT',
        `${sender} said two things in one place (${postPlace(body)})`,
        {
          parties: [sender],
        },
      );
    }
    this.#places.set(place, digest);
    this.#record(sender, post);
  }

  #record(sender: ParticipantName, { body }: Post): void {
    switch (body.kind) {
      case 'join':
        return this.#join(sender, body);
      case 'rosterSignature':
        return this.#signRoster(sender, body);
      case 'consent':
        this.#approved = body.approved;
        return;
      case 'abort':
        return;
      default:
        return this.#known.record(sender, body);
    }
  }

  #join(sender: ParticipantName, { kind: _, ...entry }: PostOf<'join'>): void {
    const pin = this.#parts.pinned(sender);
    if (entry.identityKey !== pin?.identityKey || entry.organisation !== pin.organisation) {
      throw new CodedError(
        'PEER_KEY_CHANGED',
        `${sender} shows another key or organisation than the pinned one`,
        {
          parties: [sender],
        },
      );
    }
    if (this.roster !== undefined)
      throw new CodedError('ROSTER_MISMATCH', `${sender} joined after the roster was fixed`);
    this.joins.set(sender, { name: sender, ...entry });
  }

  #signRoster(sender: ParticipantName, body: PostOf<'rosterSignature'>): void {
    if (
      body.rosterDigest !== this.fixedRoster.digest ||
      body.commitmentsDigest !== this.#known.sharedKeys()
    ) {
      throw new CodedError('ROSTER_MISMATCH', `${sender} signed another roster or other key commitments`, {
        parties: [sender],
      });
    }
    this.rosterSignatures.set(sender, body);
  }

  #fixRoster(body: EventOf<'rosterFixed'>): void {
    if (this.roster !== undefined) throw new CodedError('ROSTER_MISMATCH', 'the roster was fixed twice');
    const missing = participantsOf(this.spec).filter((name) => !this.joins.has(name));
    if (missing.length > 0) {
      throw new CodedError('ROSTER_MISMATCH', `the roster was fixed without ${missing.join(', ')}`, {
        parties: missing,
      });
    }
    const entries = inRosterOrder([...this.joins.values()]);
    const digest = rosterDigest(specDigest(this.spec), entries);
    if (digest !== body.rosterDigest) {
      throw new CodedError('ROSTER_MISMATCH', 'the coordinator fixed another roster than the one it showed');
    }
    this.roster = { digest, entries, names: entries.map((entry) => entry.name) };
  }
}
