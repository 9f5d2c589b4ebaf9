import {
  CodedError,
  type ParticipantName,
  type PostBody,
  type PostOf,
  type RecoveryCause,
  Secret,
  toCodedError,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import { openSealed, type SealAad, seal } from '../../crypto/sealing/index.js';
import {
  decodeJobKeys,
  decodeShares,
  encodeJobKeys,
  encodeShares,
  type JobKeys,
  jobKeyCommitments,
  makeJobKeys,
  openRecovery,
  openReveal,
  type Revealed,
  type RevealPlace,
  reconstructDespite,
  reconstructMaskSecret,
  reconstructSelfSeed,
  SumSecrets,
  type SumShare,
  type Survivors,
  sealRecovery,
  sealReveal,
  seedOf,
  unpackJobKeys,
} from '../../crypto/secure-sum/index.js';
import type { Journal } from '../journal/index.js';
import type { KeyBatch } from './key-batch.js';
import type { SumCourse } from './sum-course.js';
import type { SumView } from './sum-view.js';
import type { JobTranscript } from './transcript.js';

/** By name. */
export interface Unmasking {
  /** b_i of every member of the survivor set. */
  readonly selfSeeds: ReadonlyMap<string, Uint8Array>;
  /** Mask secrets of who else has mask keys. */
  readonly maskSecrets: ReadonlyMap<string, Uint8Array>;
}

/** Secrets of one participant in one job: made or opened once, journaled, and used by duties. */
export class JobSecrets {
  readonly #journal: Journal;
  readonly #signer: Signer;
  readonly #course: SumCourse;

  constructor(journal: Journal, signer: Signer, transcript: JobTranscript) {
    this.#journal = journal;
    this.#signer = signer;
    this.#course = transcript.summing;
  }

  /** First participant of the roster: makes the shared keys once and seals them to everybody else. */
  async shareJobKeys(): Promise<PostBody[]> {
    const { jobId, fixedRoster, me } = this.#course;
    const packed =
      this.#kept('job-keys') ??
      this.#journal.keepSecret(jobId, 'job-keys', new Secret(encodeJobKeys(await makeJobKeys())));
    const keys = unpackJobKeys(packed.reveal());
    const peers = fixedRoster.names.filter((name) => name !== me);
    const sealed = peers.map((to) => this.#seal(to, 'job-keys', 0, packed.reveal()));
    return [{ kind: 'keyCommitments', ...jobKeyCommitments(keys) }, ...(await Promise.all(sealed))];
  }

  /** The shared keys, checked against the commitments everybody signs. @throws {CodedError} COMMITMENT_MISMATCH, SEALED_INVALID */
  async jobKeys(): Promise<JobKeys> {
    const { jobId, keyCommitments, fixedRoster } = this.#course;
    if (keyCommitments === undefined) throw new CodedError('MESSAGE_UNEXPECTED', 'no key commitments yet');
    const { kind: _, ...commitments } = keyCommitments;
    const packed =
      this.#kept('job-keys') ?? new Secret(await this.#open(fixedRoster.names[0]!, 'job-keys', 0));
    const keys = decodeJobKeys(packed.reveal(), commitments);
    this.#journal.keepSecret(jobId, 'job-keys', packed);
    return keys;
  }

  /** Fresh secrets for a batch of sums, their public halves, and one sealed message of shares per peer. */
  async issueSumKeys({ firstSum, count }: Pick<KeyBatch, 'firstSum' | 'count'>): Promise<PostBody[]> {
    const { me, graph } = this.#course;
    const holders = graph.holders(me);
    const batch = Array.from({ length: count }, (_, offset) => this.#sumSecrets(firstSum + offset));
    const dealt = await this.#deal(firstSum, batch, {
      holders: holders.length,
      threshold: graph.threshold,
    });
    const posts = await Promise.all(
      holders.map((to, place) => {
        const shares = dealt[place] as Uint8Array;
        if (to !== me) return this.#seal(to, 'sum-shares', firstSum, shares);
        this.#journal.keepSecret(this.#course.jobId, `own-shares/${firstSum}`, new Secret(shares));
        return undefined;
      }),
    );
    const keys: PostBody = { kind: 'sumKeys', firstSum, keys: batch.map((secrets) => secrets.publicKey()) };
    return [keys, ...posts.filter((post) => post !== undefined)];
  }

  /**
   * Encoded shares of a batch by holder in roster order. Kept before any is sealed: after a crash a second draw of
   * polynomials would not fit the share that was kept for ourselves.
   */
  async #deal(
    firstSum: number,
    batch: readonly SumSecrets[],
    among: { holders: number; threshold: number },
  ): Promise<Uint8Array[]> {
    const draw = async () => {
      const shares = await Promise.all(batch.map((secrets) => secrets.share(among)));
      const receivers = Array.from({ length: among.holders }, (_, place) =>
        encodeShares(shares.map((of) => of[place] as SumShare)),
      );
      const packed = new Secret(new Uint8Array(Buffer.concat(receivers)));
      return this.#journal.keepSecret(this.#course.jobId, `dealt/${firstSum}`, packed);
    };
    const bytes = (this.#kept(`dealt/${firstSum}`) ?? (await draw())).reveal();
    const size = bytes.length / among.holders;
    return Array.from({ length: among.holders }, (_, place) => bytes.slice(place * size, (place + 1) * size));
  }

  sumSecrets(sum: number): SumSecrets {
    const packed = this.#kept(`sum/${sum}`);
    if (packed === undefined) throw new CodedError('MESSAGE_UNEXPECTED', `sum ${sum} has no mask keys`);
    return SumSecrets.of(packed);
  }

  /** The shares for a sum that were given to us by those who have mask keys for it; checked before we contribute, so that we can reveal later. */
  async heldShares(sum: number): Promise<ReadonlyMap<string, SumShare>> {
    const { graph, me, jobId } = this.#course;
    const { firstSum, count, keyed } = this.#course.batchOf(sum);
    const held = new Map<string, SumShare>();
    for (const name of graph.holders(me).filter((owner) => keyed.has(owner))) {
      const key = name === me ? `own-shares/${firstSum}` : `shares/${firstSum}/${name}`;
      const kept =
        this.#kept(key) ??
        this.#journal.keepSecret(jobId, key, new Secret(await this.#open(name, 'sum-shares', firstSum)));
      held.set(name, decodeShares(kept.reveal(), count)[sum - firstSum] as SumShare);
    }
    return held;
  }

  /** What we open for a survivor set that a quorum signed: one message for the whole roster. */
  async reveal(sum: SumView): Promise<PostOf<'reveal'>> {
    const place = this.#placeOf(sum, this.#course.me, await this.jobKeys());
    const held = await this.heldShares(sum.sum);
    const own = sum.includes(this.#course.me) ? this.sumSecrets(sum.sum).seedOpening : undefined;
    const survivors = this.#survivors(sum, this.#course.me);
    const ciphertext = sealReveal(place, survivors, own, (owner) => held.get(owner)?.mask);
    return { kind: 'reveal', sum: sum.sum, ciphertext };
  }

  /** Our shares of members' seeds that were not opened, or wrongly: one message for the whole roster; none of whom we hold none. */
  async recovery(
    sum: SumView,
    cause: RecoveryCause,
    names: readonly ParticipantName[],
  ): Promise<PostOf<'recovery'>[]> {
    const { graph, me } = this.#course;
    const members = names.filter((name) => graph.holds(me, name));
    if (members.length === 0) return [];
    const place = this.#placeOf(sum, me, await this.jobKeys());
    const held = await this.heldShares(sum.sum);
    const shareOf = (owner: string) => held.get(owner)?.self;
    const ciphertext = sealRecovery(place, cause, this.#survivors(sum, me), members, shareOf);
    return [{ kind: 'recovery', sum: sum.sum, cause, members, ciphertext }];
  }

  /**
   * What opens a sum: self-mask seeds of its members, mask secrets of who else has mask keys. What does not open, or is wrong,
   * stops nobody while enough right shares are there.
   * @returns `doubted` while more is needed than there is: members that opened something else than their seeds, of which
   *   everybody's shares are needed.
   * @throws {CodedError} COMMITMENT_MISMATCH when a secret does not come out and nothing more will come.
   */
  async unmasking(sum: SumView): Promise<Unmasking | { readonly doubted: readonly ParticipantName[] }> {
    const { graph, spec } = this.#course;
    const { threshold } = graph;
    const { revealed } = sum;
    const { reveals, recoveries } = await this.#revealed(sum);
    const among = { threshold, liars: spec.colluders, doubted: new Set<string>() };
    const selfSeeds = new Map<string, Uint8Array>();
    const maskSecrets = new Map<string, Uint8Array>();
    const closed: ParticipantName[] = [];
    for (const name of sum.keyed) {
      const owner = { name, ...this.#course.sumKeyOf(name, sum)! };
      const member = sum.includes(name);
      const opening = member ? reveals.get(name)?.seed : undefined;
      const seed = opening && unlessWrong(() => seedOf(owner, opening));
      if (seed) {
        selfSeeds.set(name, seed);
        continue;
      }
      const shares = graph.holders(name).flatMap((holder) => {
        const share = member ? recoveries.get(holder)?.get(name) : reveals.get(holder)?.maskShares.get(name);
        return share === undefined ? [] : [{ holder, share }];
      });
      const rebuild = member ? reconstructSelfSeed : reconstructMaskSecret;
      const secret = await reconstructDespite(shares, among, (used) => rebuild(owner, used, threshold));
      if (secret) (member ? selfSeeds : maskSecrets).set(name, secret);
      else closed.push(name);
    }
    if (closed.length === 0) return { selfSeeds, maskSecrets };
    // Something came while this was under way: the next attempt takes it in.
    return sum.revealed > revealed ? { doubted: [] } : this.#waitForMore(sum, closed);
  }

  /** All that opens of what was revealed, by sender; shares of seeds by owner. */
  async #revealed(sum: SumView) {
    const keys = await this.jobKeys();
    const reveals = new Map<ParticipantName, Revealed>();
    const recoveries = new Map<ParticipantName, Map<string, Uint8Array>>();
    for (const [sender, { ciphertext }] of sum.reveals) {
      const place = this.#placeOf(sum, sender, keys);
      const revealed = unlessWrong(() => openReveal(place, this.#survivors(sum, sender), ciphertext));
      if (revealed) reveals.set(sender, revealed);
    }
    for (const sent of Object.values(sum.recoveries)) {
      for (const [sender, { cause, members, ciphertext }] of sent) {
        const place = this.#placeOf(sum, sender, keys);
        const shares = unlessWrong(() =>
          openRecovery(place, cause, this.#survivors(sum, sender), members, ciphertext),
        );
        const before = recoveries.get(sender) ?? [];
        if (shares) recoveries.set(sender, new Map([...before, ...shares]));
      }
    }
    return { reveals, recoveries };
  }

  /** What to ask for and how long to wait when the secrets of some do not come out. */
  #waitForMore(sum: SumView, closed: readonly ParticipantName[]): { doubted: ParticipantName[] } {
    const { fixedRoster, graph, me } = this.#course;
    const { missing, doubted } = sum.recoveries;
    this.#expectRecovery(sum, closed);
    const wrong = closed.filter((name) => sum.includes(name) && !sum.missing.includes(name));
    const expected = (of: readonly ParticipantName[], sent: ReadonlyMap<ParticipantName, unknown>) =>
      fixedRoster.names.some((name) => !sent.has(name) && of.some((owner) => graph.holds(name, owner)));
    const more =
      sum.reveals.size < fixedRoster.names.length ||
      expected(sum.missing, missing) ||
      expected(wrong, doubted);
    if (sum.agreed === undefined && more) return { doubted: doubted.has(me) ? [] : wrong };
    const sentence = `the secret of ${closed[0]} for sum ${sum.sum} does not come out of what was revealed`;
    throw new CodedError('COMMITMENT_MISMATCH', sentence);
  }

  /**
   * A seed that its owner opened wrongly comes back only with shares of others: one whose owner is needed too never does.
   * @throws {CodedError} COMMITMENT_MISMATCH naming the owners, who signed both what they committed to and what they opened.
   */
  #expectRecovery(sum: SumView, closed: readonly ParticipantName[]): void {
    const { missing, doubted } = sum.recoveries;
    const liars = closed.filter((name) => sum.includes(name) && sum.reveals.has(name));
    const pending = (owner: ParticipantName) => (holder: ParticipantName) =>
      !liars.includes(holder) && !doubted.has(holder) && !missing.get(holder)?.members.includes(owner);
    const lost = liars.filter((owner) => !this.#course.graph.holders(owner).some(pending(owner)));
    if (lost.length === 0) return;
    const sentence = `${lost.join(', ')} opened another seed than the one committed to for sum ${sum.sum}, and too few shares of it are left`;
    throw new CodedError('COMMITMENT_MISMATCH', sentence, { parties: lost });
  }

  #placeOf(sum: SumView, sender: ParticipantName, { reveal: key }: JobKeys): RevealPlace {
    return { key, rosterDigest: this.#course.fixedRoster.digest, sumId: sum.idIn(this.#course), sender };
  }

  #survivors(sum: SumView, sender: ParticipantName): Survivors {
    if (sum.survivors === undefined)
      throw new CodedError('SURVIVORS_MISMATCH', `sum ${sum.sum} has no survivor set`);
    const { graph } = this.#course;
    const owners = graph.holders(sender).filter((owner) => sum.keyed.has(owner));
    return { owners, ...sum.survivors };
  }

  #sumSecrets(sum: number): SumSecrets {
    const { jobId } = this.#course;
    const packed =
      this.#kept(`sum/${sum}`) ?? this.#journal.keepSecret(jobId, `sum/${sum}`, SumSecrets.draw().packed);
    return SumSecrets.of(packed);
  }

  #kept(name: string): Secret | undefined {
    return this.#journal.secret(this.#course.jobId, name);
  }

  async #seal(to: ParticipantName, purpose: PostOf<'sealed'>['purpose'], sum: number, plaintext: Uint8Array) {
    const { fixedRoster, me } = this.#course;
    const receiverKey = fixedRoster.entries.find(({ name }) => name === to)!.sealKey;
    const aad = this.#aad(me, to, purpose, sum);
    const sealed = await seal({ receiverKey, signer: this.#signer, aad, plaintext });
    return { kind: 'sealed', to, purpose, sum, seq: 0, last: true, ...sealed } as const;
  }

  async #open(from: ParticipantName, purpose: PostOf<'sealed'>['purpose'], sum: number): Promise<Uint8Array> {
    const { me, fixedRoster } = this.#course;
    const received = this.#course.sealedFrom(from, purpose, sum);
    const privateKey = this.#kept('seal-key');
    // The coordinator may have kept it from us: nobody is named.
    if (received === undefined || privateKey === undefined) {
      throw new CodedError('SUM_OUT_OF_ORDER', `no ${purpose} of ${from} were shown to us`);
    }
    const senderKey = fixedRoster.entries.find(({ name }) => name === from)!.identityKey;
    const { enc, ciphertext, signature } = received.body;
    return openSealed({
      privateKey,
      senderKey,
      aad: this.#aad(from, me, purpose, sum),
      enc,
      ciphertext,
      signature,
    });
  }

  #aad(sender: string, receiver: string, purpose: PostOf<'sealed'>['purpose'], sum: number): SealAad {
    const { jobId, fixedRoster } = this.#course;
    return {
      rosterDigest: fixedRoster.digest,
      session: `${jobId}/${sum}`,
      sender,
      receiver,
      purpose,
      seq: 0,
      last: true,
    };
  }
}

/** What somebody revealed, unless it does not open: then it counts as not said. */
function unlessWrong<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    const { code } = toCodedError(error);
    if (code === 'SEALED_INVALID' || code === 'MESSAGE_MALFORMED' || code === 'COMMITMENT_MISMATCH')
      return undefined;
    throw error;
  }
}
