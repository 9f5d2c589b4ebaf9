import {
  CodedError,
  commitmentsDigest,
  type EventOf,
  type HexDigest,
  inRosterOrder,
  type JobEvent,
  type JobId,
  type JobSpec,
  limits,
  type NextStep,
  type ParticipantName,
  type Post,
  type PostOf,
  postPlace,
  type RosterEntry,
  rosterDigest,
  specDigest,
} from '../../contract/index.js';
import { firstStep } from '../../learning/index.js';
import { checkPost, type PinnedPeer } from './checked-post.js';
import { shownSpec } from './shown-spec.js';
import { SumView } from './sum-view.js';

export interface TranscriptParts {
  readonly jobId: JobId;
  readonly me: ParticipantName;
  /** Pins of peers; of `me` too. */
  pinned(name: string): PinnedPeer | undefined;
}

/** Beside its rounds a job has three sums, and keying takes about as many events as a few more. */
const sumsBesideRounds = 12;
/** Per sum each participant posts three times and exchanges two sealed messages with us; the rest is for the coordinator. */
const eventsPerSpeakerAndSum = 8;

export type Ending = EventOf<'finished'> | EventOf<'failed'> | EventOf<'cancelled'>;

export interface Roster {
  readonly digest: HexDigest;
  /** In roster order. */
  readonly entries: readonly RosterEntry[];
  readonly names: readonly ParticipantName[];
}

/** A sealed post addressed to us, with its sender. */
export interface ReceivedSealed {
  readonly sender: ParticipantName;
  readonly body: PostOf<'sealed'>;
}

/**
 * One participant's view of one job: the fold of the transcript the coordinator shows. The coordinator is not
 * trusted: every post is checked against the pinned key of its sender, and whatever contradicts an earlier event
 * raises a coded error, upon which the participant leaves the job.
 */
export class JobTranscript {
  readonly #parts: TranscriptParts;
  readonly #places = new Map<string, HexDigest>();
  /** Index of the next event wanted. Indexes have gaps: posts sealed to others are not delivered. */
  nextIndex = 0;
  submitted?: EventOf<'submitted'> & { readonly spec: JobSpec };
  consented = false;
  /** Our own consent stands in the transcript and approves. */
  #approved = false;
  readonly joins = new Map<ParticipantName, RosterEntry>();
  roster?: Roster;
  keyCommitments?: PostOf<'keyCommitments'>;
  readonly rosterSignatures = new Map<ParticipantName, PostOf<'rosterSignature'>>();
  readonly sumKeyRequests: EventOf<'sumKeysRequested'>[] = [];
  /** sender -> sum -> public half of its secrets. */
  readonly sumKeys = new Map<ParticipantName, Map<number, PostOf<'sumKeys'>['keys'][number]>>();
  /** Sealed posts to us by purpose, session and sender. */
  readonly #sealed = new Map<string, ReceivedSealed>();
  readonly sums: SumView[] = [];
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
    if (this.submitted === undefined) throw new CodedError('MESSAGE_UNEXPECTED', 'the job has no spec yet');
    return this.submitted.spec;
  }

  /** The roster; only after it is fixed. */
  get fixedRoster(): Roster {
    if (this.roster === undefined) throw new CodedError('MESSAGE_UNEXPECTED', 'the roster is not fixed yet');
    return this.roster;
  }

  get currentSum(): SumView | undefined {
    return this.sums.at(-1);
  }

  /** True when our own post in this place stands in the transcript. */
  said(place: string): boolean {
    return this.#places.has(`${this.me} ${place}`);
  }

  sealedFrom(sender: string, purpose: PostOf<'sealed'>['purpose'], sum: number): ReceivedSealed | undefined {
    return this.#sealed.get(`${purpose}/${sum}/${sender}`);
  }

  sumKeyOf(name: ParticipantName, sum: number): PostOf<'sumKeys'>['keys'][number] | undefined {
    return this.sumKeys.get(name)?.get(sum);
  }

  /** The sum that must come next: (number, purpose, round), from what all agreed on last. */
  expectedNext(): { sum: number; step: Pick<NextStep, 'purpose' | 'round'> } | undefined {
    const last = this.currentSum;
    if (last === undefined) return { sum: 0, step: firstStep(this.spec) };
    return last.agreed === undefined ? undefined : { sum: last.sum + 1, step: last.agreed.next };
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
      case 'sumKeysRequested':
        return this.#requestKeys(body);
      case 'sumStarted':
        return this.#startSum(body);
      case 'survivorsProposed':
        return this.#sum(body.sum).propose(body, this);
      case 'sumReady':
        return this.#sum(body.sum).makeReady(body);
      case 'sumAgreed':
        return this.#sum(body.sum).agree(body, this);
      case 'finished':
        return this.#finish(body);
      case 'failed':
      case 'cancelled':
        this.ended = body;
    }
  }

  /** What a job can say is bounded by its spec; a coordinator that goes on and on would fill our disk. */
  #countEvent(): void {
    this.#eventsTaken += 1;
    if (this.submitted === undefined) return;
    const { participants, training } = this.spec;
    if (
      this.#eventsTaken >
      eventsPerSpeakerAndSum * participants.length * (training.rounds + sumsBesideRounds)
    ) {
      throw new CodedError('MESSAGE_UNEXPECTED', 'the transcript is longer than the job can make it');
    }
  }

  #submit(body: EventOf<'submitted'>): void {
    if (this.submitted !== undefined) throw new CodedError('JOB_REPLAYED', 'the job was submitted twice');
    const spec = shownSpec(body, this.jobId);
    if (!spec.participants.includes(this.me)) {
      throw new CodedError('MESSAGE_UNEXPECTED', `the job does not name ${this.me}`);
    }
    this.submitted = { ...body, spec };
  }

  #post(post: Post): void {
    const { sender, body } = post;
    if (!this.spec.participants.includes(sender)) {
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

  #record(sender: ParticipantName, post: Post): void {
    const { body } = post;
    switch (body.kind) {
      case 'join':
        return this.#join(sender, body);
      case 'keyCommitments':
        if (sender !== this.fixedRoster.names[0]) {
          throw new CodedError('MESSAGE_UNEXPECTED', `${sender} is not the one to make the keys`, {
            parties: [sender],
          });
        }
        this.keyCommitments = body;
        return;
      case 'rosterSignature':
        return this.#signRoster(sender, body);
      case 'sumKeys': {
        const asked = this.sumKeyRequests.find(({ firstSum }) => firstSum === body.firstSum);
        if (asked?.count !== body.keys.length) {
          throw new CodedError('MESSAGE_UNEXPECTED', `${sender} gave other mask keys than it was asked for`, {
            parties: [sender],
          });
        }
        const keys = this.sumKeys.get(sender) ?? new Map();
        body.keys.forEach((key, offset) => {
          keys.set(body.firstSum + offset, key);
        });
        this.sumKeys.set(sender, keys);
        return;
      }
      case 'sealed':
        return this.#seal(sender, body);
      case 'contribution':
      case 'survivorSignature':
      case 'applied':
        return this.#sum(body.sum).record(sender, body, this.me);
      case 'consent':
        this.#approved = body.approved;
        return;
      case 'abort':
    }
  }

  /** Whole in one piece, as all sealed messages are: a later piece must not take the place of the first. */
  #seal(sender: ParticipantName, body: PostOf<'sealed'>): void {
    if (body.seq !== 0 || !body.last) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${sender} sent a sealed message in pieces`, {
        parties: [sender],
      });
    }
    if (body.to === this.me) this.#sealed.set(`${body.purpose}/${body.sum}/${sender}`, { sender, body });
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
    const known = this.keyCommitments === undefined ? undefined : commitmentsDigest(this.keyCommitments);
    if (body.rosterDigest !== this.fixedRoster.digest || body.commitmentsDigest !== known) {
      throw new CodedError('ROSTER_MISMATCH', `${sender} signed another roster or other key commitments`, {
        parties: [sender],
      });
    }
    this.rosterSignatures.set(sender, body);
  }

  #fixRoster(body: EventOf<'rosterFixed'>): void {
    if (this.roster !== undefined) throw new CodedError('ROSTER_MISMATCH', 'the roster was fixed twice');
    const missing = this.spec.participants.filter((name) => !this.joins.has(name));
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

  /** Batches follow each other without gap or overlap, so that no sum ever gets two sets of keys. */
  #requestKeys(body: EventOf<'sumKeysRequested'>): void {
    const asked = this.sumKeyRequests.reduce((total, { count }) => total + count, 0);
    if (body.firstSum !== asked || asked + body.count > limits.sumsPerJob) {
      throw new CodedError(
        'SUM_OUT_OF_ORDER',
        `mask keys were asked for from sum ${body.firstSum} on, which does not follow`,
      );
    }
    this.sumKeyRequests.push(body);
  }

  /** A model counts only when all agreed on it in the last sum, and agreed that it was the last. */
  #finish(body: EventOf<'finished'>): void {
    const agreed = this.currentSum?.agreed;
    const rounds = this.sums.reduce((most, { round }) => Math.max(most, round), 0);
    const same =
      agreed?.next.purpose === 'done' &&
      body.fingerprint === agreed.fingerprint &&
      body.bestRound === agreed.next.bestRound &&
      body.rounds === rounds;
    if (!same) {
      throw new CodedError(
        'MODEL_DISAGREEMENT',
        'the job was declared finished without the model all agreed on',
      );
    }
    this.ended = body;
  }

  #startSum(body: EventOf<'sumStarted'>): void {
    const expected = this.expectedNext();
    if (
      expected === undefined ||
      body.sum !== expected.sum ||
      body.purpose !== expected.step.purpose ||
      body.round !== expected.step.round
    ) {
      throw new CodedError(
        'SUM_OUT_OF_ORDER',
        `the coordinator started sum ${body.sum} (${body.purpose}, round ${body.round}), which does not follow`,
      );
    }
    this.sums.push(new SumView(body));
  }

  #sum(number: number): SumView {
    const sum = this.sums[number];
    if (sum === undefined) throw new CodedError('SUM_OUT_OF_ORDER', `sum ${number} was not started`);
    return sum;
  }
}
