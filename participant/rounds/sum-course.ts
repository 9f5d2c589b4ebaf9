import {
  afterSkipped,
  CodedError,
  type Cohort,
  commitmentsDigest,
  type EventOf,
  type HexDigest,
  type HorizontalSpec,
  limits,
  mostSums,
  type NextStep,
  type ParticipantName,
  type PostOf,
  quorumOf,
  ShareGraph,
} from '../../contract/index.js';
import { firstStep } from '../../learning/index.js';
import type { Course, CourseEvent, CoursePost, JobFrame, Roster } from './frame.js';
import { KeyBatch } from './key-batch.js';
import { SumView } from './sum-view.js';

/** Keying takes about as many events as a few sums. */
const sumsBesideRounds = 9;
/**
 * Per sum each participant posts six times at most, and gives keys and seals us shares for it once, which makes eight; the
 * coordinator says seven things and that it waits in each of three phases, which are four for each of at least three
 * participants.
 */
const eventsPerSpeakerAndSum = 12;

/** A sealed post addressed to us, with its sender. */
export interface ReceivedSealed {
  readonly sender: ParticipantName;
  readonly body: PostOf<'sealed'>;
}

/** A horizontal job after its roster: shared keys, mask keys, and one secure sum after the other. */
export class SumCourse implements Course {
  readonly mode = 'horizontal';
  readonly spec: HorizontalSpec;
  readonly #frame: JobFrame;
  readonly mostEvents: number;
  keyCommitments?: PostOf<'keyCommitments'>;
  readonly keyBatches: KeyBatch[] = [];
  /** sender -> sum -> public half of its secrets. */
  readonly sumKeys = new Map<ParticipantName, Map<number, PostOf<'sumKeys'>['keys'][number]>>();
  /** Sealed posts to us by purpose, session and sender. */
  readonly #sealed = new Map<string, ReceivedSealed>();
  readonly sums: SumView[] = [];
  #graph: ShareGraph | undefined;

  constructor(spec: HorizontalSpec, frame: JobFrame) {
    this.spec = spec;
    this.#frame = frame;
    this.mostEvents = eventsPerSpeakerAndSum * spec.participants.length * (mostSums(spec) + sumsBesideRounds);
  }

  get jobId(): JobFrame['jobId'] {
    return this.#frame.jobId;
  }

  get me(): ParticipantName {
    return this.#frame.me;
  }

  get fixedRoster(): Roster {
    return this.#frame.fixedRoster;
  }

  /** Who holds shares of whose secrets; known once the roster is fixed. */
  get graph(): ShareGraph {
    const { names, digest: rosterDigest } = this.fixedRoster;
    this.#graph ??= new ShareGraph({ names, rosterDigest, colluders: this.spec.colluders });
    return this.#graph;
  }

  /** What decides whom a sum may be over. */
  get cohort(): Cohort {
    const organisations = new Map(this.fixedRoster.entries.map((entry) => [entry.name, entry.organisation]));
    return {
      spec: this.spec,
      graph: this.graph,
      organisationOf: (name) => organisations.get(name) as string,
    };
  }

  /** Q: signatures before a reveal, reports before an agreement. */
  get quorum(): number {
    return quorumOf(this.fixedRoster.names.length, this.spec.colluders);
  }

  get currentSum(): SumView | undefined {
    return this.sums.at(-1);
  }

  get position(): number {
    return this.currentSum?.sum ?? 0;
  }

  sharedKeys(): HexDigest | undefined {
    return this.keyCommitments === undefined ? undefined : commitmentsDigest(this.keyCommitments);
  }

  sealedFrom(sender: string, purpose: PostOf<'sealed'>['purpose'], sum: number): ReceivedSealed | undefined {
    return this.#sealed.get(`${purpose}/${sum}/${sender}`);
  }

  /** The public half of somebody's secrets for a sum; of who has a part in it. */
  sumKeyOf(name: ParticipantName, { sum, keyed }: SumView): PostOf<'sumKeys'>['keys'][number] | undefined {
    return keyed.has(name) ? this.sumKeys.get(name)?.get(sum) : undefined;
  }

  /** The sum that must come next: (number, purpose, round), from what all agreed on last. */
  expectedNext(): { sum: number; step: Pick<NextStep, 'purpose' | 'round'> } | undefined {
    const last = this.currentSum;
    if (last === undefined) return { sum: 0, step: firstStep(this.spec) };
    if (last.skipped) return { sum: last.sum + 1, step: afterSkipped(this.spec, last.round) };
    return last.agreed === undefined ? undefined : { sum: last.sum + 1, step: last.agreed.next };
  }

  follow(event: CourseEvent): void {
    switch (event.kind) {
      case 'sumKeysRequested':
        return this.#requestKeys(event);
      case 'keysClosed':
        return this.#closeKeys(event);
      case 'sumStarted':
        return this.#startSum(event);
      case 'sumSkipped':
        return this.#lastSum(event.sum).skip();
      case 'survivorsProposed':
        return this.#sum(event.sum).propose(event, this);
      case 'sumReady':
        return this.#sum(event.sum).makeReady(event, this);
      case 'recoveryAsked':
        return this.#sum(event.sum).askRecovery(event);
      case 'sumAgreed':
        return this.#sum(event.sum).agree(event, this);
      case 'stalled':
      case 'revoked':
        // For people who watch. Whoever is waited for or has left, what we owe stays the same.
        return;
      case 'stepOpened':
        throw new CodedError('MESSAGE_UNEXPECTED', 'a horizontal job has no steps');
    }
  }

  record(sender: ParticipantName, body: CoursePost): void {
    switch (body.kind) {
      case 'keyCommitments':
        if (sender !== this.fixedRoster.names[0]) {
          throw new CodedError('MESSAGE_UNEXPECTED', `${sender} is not the one to make the keys`, {
            parties: [sender],
          });
        }
        this.keyCommitments = body;
        return;
      case 'sumKeys':
        return this.#keepKeys(sender, body);
      case 'sealed':
        return this.#seal(sender, body);
      case 'contribution':
      case 'survivorSignature':
      case 'reveal':
      case 'recovery':
      case 'applied':
        return this.#sum(body.sum).record(sender, body, this);
      case 'parcel':
      case 'report':
        throw new CodedError('MESSAGE_UNEXPECTED', `${sender} sent a ${body.kind} in a horizontal job`, {
          parties: [sender],
        });
    }
  }

  #keepKeys(sender: ParticipantName, body: PostOf<'sumKeys'>): void {
    const asked = this.#batchFrom(body.firstSum, sender);
    if (asked.count !== body.keys.length) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${sender} gave other mask keys than it was asked for`, {
        parties: [sender],
      });
    }
    const keys = this.sumKeys.get(sender) ?? new Map();
    body.keys.forEach((key, offset) => {
      keys.set(body.firstSum + offset, key);
    });
    this.sumKeys.set(sender, keys);
  }

  /** Whole in one piece, as all sealed messages are: a later piece must not take the place of the first. */
  #seal(sender: ParticipantName, body: PostOf<'sealed'>): void {
    if (body.seq !== 0 || !body.last) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${sender} sent a sealed message in pieces`, {
        parties: [sender],
      });
    }
    if (body.purpose === 'sum-shares') this.#batchFrom(body.sum, sender);
    if (body.to === this.me) this.#sealed.set(`${body.purpose}/${body.sum}/${sender}`, { sender, body });
  }

  /** Batches follow each other without gap or overlap, so that no sum ever gets two sets of keys. */
  #requestKeys(body: EventOf<'sumKeysRequested'>): void {
    const asked = this.keyBatches.reduce((total, { count }) => total + count, 0);
    const fits = body.count <= this.spec.participation.keyBatch && asked + body.count <= limits.sumsPerJob;
    if (body.firstSum !== asked || !fits) {
      throw new CodedError(
        'SUM_OUT_OF_ORDER',
        `mask keys were asked for from sum ${body.firstSum} on, which does not follow`,
      );
    }
    this.keyBatches.push(new KeyBatch(body, this.fixedRoster.names));
  }

  #closeKeys(body: EventOf<'keysClosed'>): void {
    const batch = this.keyBatches.find(({ firstSum }) => firstSum === body.firstSum);
    if (batch === undefined) {
      throw new CodedError('SUM_OUT_OF_ORDER', `mask keys from sum ${body.firstSum} on were not asked for`);
    }
    batch.close(body, this.cohort, this.sums.length);
  }

  /** A batch that takes keys. What comes unasked, or after it was closed, is so by the coordinator's order: nobody is named. */
  #batchFrom(first: number, sender: ParticipantName): KeyBatch {
    const batch = this.keyBatches.find(({ firstSum }) => firstSum === first);
    if (batch === undefined || batch.closed) {
      throw new CodedError(
        'MESSAGE_UNEXPECTED',
        `mask keys of ${sender} from sum ${first} on are out of place`,
      );
    }
    return batch;
  }

  /** The batch of mask keys that a sum belongs to. @throws {CodedError} SUM_OUT_OF_ORDER for one that nobody asked for. */
  batchOf(sum: number): KeyBatch {
    const batch = this.keyBatches.find((asked) => asked.has(sum));
    if (batch === undefined) {
      throw new CodedError('SUM_OUT_OF_ORDER', `no mask keys were asked for sum ${sum}`);
    }
    return batch;
  }

  /** A model counts only when all agreed on it in the last sum, and agreed that it was the last. */
  finish(body: EventOf<'finished'>): void {
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
    const { purpose, round } = body;
    const first = this.sums.find(
      (sum) => purpose === 'update' && sum.purpose === 'update' && sum.round === round,
    );
    this.sums.push(new SumView(body, this.batchOf(body.sum), first));
  }

  #lastSum(number: number): SumView {
    if (number !== this.currentSum?.sum) {
      throw new CodedError('SUM_OUT_OF_ORDER', `sum ${number} was skipped out of its turn`);
    }
    return this.currentSum;
  }

  #sum(number: number): SumView {
    const sum = this.sums[number];
    if (sum === undefined) throw new CodedError('SUM_OUT_OF_ORDER', `sum ${number} was not started`);
    return sum;
  }
}
