import {
  type Canonical,
  CodedError,
  canonicalJson,
  closedBecause,
  type EventOf,
  type HexDigest,
  type Metric,
  neededMembers,
  type ParticipantName,
  type PostOf,
  type RecoveryCause,
  type ShareGraph,
  type SumPurpose,
} from '../../contract/index.js';
import { type SumId, survivorDigest } from '../../crypto/secure-sum/index.js';
import type { KeyBatch } from './key-batch.js';
import type { SumCourse } from './sum-course.js';

/** What the uploads of a sum have in common. */
export type SumLook = Pick<PostOf<'contribution'>, 'parameterSet' | 'valueCount'>;
export type SumPost = PostOf<'contribution' | 'survivorSignature' | 'reveal' | 'recovery' | 'applied'>;

/** Who is in a sum, for good: no sum gets a second set. */
export interface ProposedSet extends SumLook {
  /** Sorted by name. */
  readonly members: readonly ParticipantName[];
  /** What all must sign. */
  readonly digest: HexDigest;
}

/** One secure sum as its transcript shows it: collecting, then unmasking, applying and agreed. */
export class SumView {
  readonly sum: number;
  readonly purpose: SumPurpose;
  readonly round: number;
  /** Who has mask keys for the sum, in roster order. */
  readonly keyed: ReadonlySet<ParticipantName>;
  /** What contributions say of these; undefined where they are the whole roster. */
  readonly keyedDigest: HexDigest | undefined;
  readonly contributions = new Map<ParticipantName, PostOf<'contribution'>>();
  survivors?: ProposedSet;
  /** Those that a tree began with, in a sum of a later level of it: it is over them or over nobody. */
  readonly bound: readonly ParticipantName[] | undefined;
  /** Not all of these were there: nothing of the sum is ever opened. */
  skipped = false;
  readonly survivorSignatures = new Map<ParticipantName, HexDigest>();
  ready?: EventOf<'sumReady'>;
  readonly reveals = new Map<ParticipantName, PostOf<'reveal'>>();
  /** Members that did not open their seeds in time, as far as the coordinator asked for others' shares of these. */
  missing: readonly ParticipantName[] = [];
  readonly recoveries: Readonly<Record<RecoveryCause, Map<ParticipantName, PostOf<'recovery'>>>> = {
    missing: new Map(),
    doubted: new Map(),
  };
  /** What had been `revealed` when it was not enough: some of it was wrong. More is needed for another attempt. */
  notEnough = 0;
  readonly applied = new Map<ParticipantName, PostOf<'applied'>>();
  agreed?: EventOf<'sumAgreed'>;

  /**
   * @param batch of mask keys that it belongs to; it closes before its sums start, or never.
   * @param first sum of the same round, where that has several.
   */
  constructor(
    started: EventOf<'sumStarted'>,
    batch: Pick<KeyBatch, 'keyed' | 'digest'>,
    first?: Pick<SumView, 'survivors'>,
  ) {
    this.sum = started.sum;
    this.purpose = started.purpose;
    this.round = started.round;
    this.keyed = batch.keyed;
    this.keyedDigest = batch.digest;
    this.bound = first?.survivors?.members;
  }

  /** Whether nothing is to come of it: all agreed, or it was skipped. */
  get over(): boolean {
    return this.agreed !== undefined || this.skipped;
  }

  /** Who is to contribute. */
  asks(name: ParticipantName): boolean {
    return this.keyed.has(name) && (this.bound === undefined || this.bound.includes(name));
  }

  /**
   * A tree may end early by the order of the coordinator, as training may: whoever is away could be its invention. What counts is that
   * nothing of a skipped sum is opened.
   */
  skip(): void {
    if (this.bound === undefined || this.survivors !== undefined || this.skipped) {
      throw new CodedError('SUM_OUT_OF_ORDER', `sum ${this.sum} was skipped, which must not be`);
    }
    this.skipped = true;
  }

  idIn({ jobId }: Pick<SumCourse, 'jobId'>): SumId {
    return { jobId, round: this.round, purpose: this.purpose, sum: this.sum };
  }

  /** Whether a participant is in the proposed survivor set. */
  includes(name: ParticipantName): boolean {
    return this.survivors?.members.includes(name) === true;
  }

  /** Posts that reveal something. */
  get revealed(): number {
    const { missing, doubted } = this.recoveries;
    return this.reveals.size + missing.size + doubted.size;
  }

  /** Whether enough may have been revealed of everybody, and more than at the last attempt. */
  isOpenable(graph: ShareGraph): boolean {
    return this.revealed > this.notEnough && this.#isRevealed(graph);
  }

  /** Of each member its seed or enough shares of it, of who else has mask keys enough shares of the mask secret. */
  #isRevealed(graph: ShareGraph): boolean {
    const members = new Set(this.survivors?.members);
    const silent = [...members].filter((name) => !this.reveals.has(name));
    const asked = new Set(this.missing);
    const outside = [...this.keyed].filter((name) => !members.has(name));
    return (
      silent.every((name) => asked.has(name) && graph.reconstructs(name, this.recoveries.missing)) &&
      outside.every((name) => graph.reconstructs(name, this.reveals))
    );
  }

  /**
   * The coordinator does not wait for members any more. It may name any: what leaves for a member is of its seed, whoever
   * asks.
   */
  askRecovery({ missing }: EventOf<'recoveryAsked'>): void {
    if (this.ready === undefined || this.missing.length > 0) {
      throw new CodedError('MESSAGE_UNEXPECTED', `a recovery is asked out of place in sum ${this.sum}`);
    }
    const foreign = missing.filter((name) => !this.includes(name));
    if (foreign.length > 0) {
      const who = foreign.join(', ');
      throw new CodedError(
        'SURVIVORS_MISMATCH',
        `seeds of ${who} are asked, outside the set of sum ${this.sum}`,
      );
    }
    this.missing = missing;
  }

  /** Signatures on the survivor set that we computed ourselves. */
  signaturesOnSurvivors(): number {
    return [...this.survivorSignatures.values()].filter((digest) => digest === this.survivors?.digest).length;
  }

  /** Places of the sum fill in their order: what comes before its time can only be an invention of the coordinator. */
  record(sender: ParticipantName, body: SumPost, course: SumCourse): void {
    switch (body.kind) {
      case 'contribution':
        return this.#contribute(sender, body, course);
      case 'survivorSignature':
        this.#expect(this.survivors !== undefined, sender, body.kind);
        // The coordinator may have shown another set to the sender, who signed that in good faith: nobody is named.
        if (body.survivorDigest !== this.survivors?.digest) {
          throw new CodedError(
            'SURVIVORS_MISMATCH',
            `${sender} signed another survivor set of sum ${this.sum} than the one shown here`,
          );
        }
        this.survivorSignatures.set(sender, body.survivorDigest);
        return;
      case 'reveal':
        this.#expect(this.ready !== undefined, sender, body.kind);
        this.reveals.set(sender, body);
        return;
      case 'recovery':
        this.#expect(this.ready !== undefined, sender, body.kind);
        this.recoveries[body.cause].set(sender, body);
        return;
      case 'applied':
        this.#expect(this.ready !== undefined, sender, body.kind);
        this.applied.set(sender, body);
        if (this.agreed !== undefined && !this.#repeats(body, this.agreed)) this.#disagree([sender]);
    }
  }

  /** Names nobody: what is out of place is so by the coordinator's order, whoever signed it. */
  #expect(inTime: boolean, sender: ParticipantName, kind: SumPost['kind']): void {
    if (inTime) return;
    throw new CodedError('MESSAGE_UNEXPECTED', `${kind} of ${sender} is out of place in sum ${this.sum}`);
  }

  #contribute(sender: ParticipantName, body: PostOf<'contribution'>, { me, spec }: SumCourse): void {
    this.#expect(this.survivors === undefined && !this.skipped, sender, body.kind);
    if (body.purpose !== this.purpose || body.round !== this.round) this.#refuseShape([sender]);
    this.#expectKeyed(sender, body);
    this.contributions.set(sender, body);
    // Elsewhere a set goes without who contributed something else. Judged once our own stands beside them: before, nobody can
    // say which of two shapes is the odd one.
    const takesAll = neededMembers(spec, this) === spec.participants.length;
    const own = this.contributions.get(me);
    if (takesAll && own !== undefined) this.#expectLike(own, this.contributions);
  }

  /**
   * Each masked with all who have mask keys, as it was shown here. A member led to mask with others could be left with masks
   * that everybody can take off. Nobody is named: the sender may have been shown something else.
   */
  #expectKeyed(sender: ParticipantName, { keyed }: PostOf<'contribution'>): void {
    if (keyed === this.keyedDigest && this.keyed.has(sender)) return;
    const sentence = `${sender} masked sum ${this.sum} with others than those shown here to have mask keys`;
    throw new CodedError('KEYS_MISMATCH', sentence);
  }

  #expectLike(one: SumLook, all: Iterable<readonly [ParticipantName, SumLook]>): void {
    const odd = [...all].filter(
      ([, other]) => other.valueCount !== one.valueCount || other.parameterSet !== one.parameterSet,
    );
    if (odd.length > 0) this.#refuseShape(odd.map(([name]) => name));
  }

  #refuseShape(parties: readonly ParticipantName[]): never {
    const who = parties.join(', ');
    throw new CodedError('SUM_SHAPE', `${who} contributed another shape to sum ${this.sum}`, { parties });
  }

  propose({ members }: EventOf<'survivorsProposed'>, course: SumCourse): void {
    const sorted = [...new Set(members)].sort();
    // Two sums of one tree over two sets differ by the histograms of who is in one of them.
    if (this.skipped || (this.bound !== undefined && this.bound.join() !== sorted.join())) {
      const sentence = `sum ${this.sum} would be over others than those who began its tree`;
      throw new CodedError('SURVIVORS_MISMATCH', sentence);
    }
    const included = sorted.map((name) => [name, this.contributions.get(name)] as const);
    const known = included.filter((pair): pair is [ParticipantName, PostOf<'contribution'>] => !!pair[1]);
    const [first] = known;
    if (first === undefined || known.length !== members.length) {
      throw new CodedError(
        'SURVIVORS_MISMATCH',
        `the survivor set of sum ${this.sum} names a contribution nobody signed`,
      );
    }
    const closed = closedBecause(course.cohort, this, new Set(sorted));
    if (closed !== undefined) throw new CodedError('SURVIVORS_TOO_FEW', `sum ${this.sum} ${closed}`);
    this.#expectLike(first[1], known);
    const digest = survivorDigest({
      rosterDigest: course.fixedRoster.digest,
      sumId: this.idIn(course),
      members: known.map(([name, contribution]) => ({ name, digest: contribution.digest })),
    });
    if (this.survivors !== undefined && this.survivors.digest !== digest) {
      throw new CodedError('SURVIVORS_MISMATCH', `two survivor sets were proposed for sum ${this.sum}`);
    }
    const { parameterSet, valueCount } = first[1];
    this.survivors = { members: sorted, digest, parameterSet, valueCount };
  }

  /** A sum is shown only after a quorum signed its survivor set, this very one. */
  makeReady(body: EventOf<'sumReady'>, { quorum }: SumCourse): void {
    const signed = this.signaturesOnSurvivors();
    if (signed < quorum) {
      throw new CodedError(
        'SURVIVORS_MISMATCH',
        `sum ${this.sum} is shown though only ${signed} of ${quorum} signed its survivor set`,
      );
    }
    if (this.ready !== undefined && this.ready.digest !== body.digest) {
      throw new CodedError('SUM_DIGEST_MISMATCH', `two different sums were announced as sum ${this.sum}`);
    }
    this.ready = body;
  }

  /**
   * The coordinator may only repeat what every report says; ours is the one we can vouch for. When we were away and
   * a quorum of the others agreed, we open the sum late and hold our result against theirs.
   */
  agree(body: EventOf<'sumAgreed'>, { me, quorum, graph }: SumCourse): void {
    if (!this.#isRevealed(graph)) {
      throw new CodedError('SUM_OUT_OF_ORDER', `sum ${this.sum} was agreed on before it could be opened`);
    }
    const own = this.applied.get(me);
    const reports = [...this.applied.values()];
    if (reports.length < quorum || !reports.every((report) => this.#repeats(report, body))) {
      this.#disagree(
        [...this.applied]
          .filter(([, report]) => report.fingerprint !== (own ?? body).fingerprint)
          .map(([name]) => name),
      );
    }
    this.agreed = body;
  }

  #repeats(report: PostOf<'applied'>, agreed: EventOf<'sumAgreed'>): boolean {
    return (
      report.sumDigest === this.ready?.digest &&
      report.fingerprint === agreed.fingerprint &&
      sameJson(report.next, agreed.next) &&
      sameJson(sortedMetrics(report), sortedMetrics(agreed))
    );
  }

  #disagree(parties: readonly ParticipantName[]): never {
    const odd = parties.length > 0 ? `: that of ${parties.join(', ')} is another one` : '';
    throw new CodedError('MODEL_DISAGREEMENT', `the reports on sum ${this.sum} do not agree${odd}`, {
      parties,
    });
  }
}

/** Metrics as a set: their order says nothing. */
function sortedMetrics({ metrics }: { readonly metrics: readonly Metric[] }): string[] {
  return metrics.map((metric) => canonicalJson(metric)).sort();
}

function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a as Canonical) === canonicalJson(b as Canonical);
}
