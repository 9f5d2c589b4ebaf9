import {
  type Canonical,
  CodedError,
  canonicalJson,
  type EventOf,
  type HexDigest,
  type Metric,
  minimumContributors,
  type ParticipantName,
  type PostOf,
  quorumOf,
  type SumPurpose,
} from '../../contract/index.js';
import { type SumId, survivorDigest } from '../../crypto/secure-sum/index.js';
import type { SumCourse } from './sum-course.js';

/** One secure sum as its transcript shows it: collecting, then unmasking, applying and agreed. */
export class SumView {
  readonly sum: number;
  readonly purpose: SumPurpose;
  readonly round: number;
  readonly contributions = new Map<ParticipantName, PostOf<'contribution'>>();
  /** Members of the proposed survivor set and the digest they must all sign. */
  survivors?: { readonly members: readonly ParticipantName[]; readonly digest: HexDigest };
  readonly survivorSignatures = new Map<ParticipantName, HexDigest>();
  ready?: EventOf<'sumReady'>;
  readonly applied = new Map<ParticipantName, PostOf<'applied'>>();
  agreed?: EventOf<'sumAgreed'>;

  constructor(started: EventOf<'sumStarted'>) {
    this.sum = started.sum;
    this.purpose = started.purpose;
    this.round = started.round;
  }

  idIn({ jobId }: Pick<SumCourse, 'jobId'>): SumId {
    return { jobId, round: this.round, purpose: this.purpose, sum: this.sum };
  }

  /** Signatures on the survivor set that we computed ourselves. */
  signaturesOnSurvivors(): number {
    return [...this.survivorSignatures.values()].filter((digest) => digest === this.survivors?.digest).length;
  }

  record(
    sender: ParticipantName,
    body: PostOf<'contribution' | 'survivorSignature' | 'applied'>,
    me: ParticipantName,
  ): void {
    switch (body.kind) {
      case 'contribution':
        return this.#contribute(sender, body, me);
      case 'survivorSignature':
        this.survivorSignatures.set(sender, body.survivorDigest);
        return;
      case 'applied':
        this.applied.set(sender, body);
    }
  }

  #contribute(sender: ParticipantName, body: PostOf<'contribution'>, me: ParticipantName): void {
    if (body.purpose !== this.purpose || body.round !== this.round) this.#refuseShape([sender]);
    this.contributions.set(sender, body);
    const own = this.contributions.get(me);
    if (own === undefined) return;
    // Judged once our own stands beside them: before, nobody can say which of two shapes is the odd one.
    const odd = [...this.contributions].filter(
      ([, other]) => other.valueCount !== own.valueCount || other.parameterSet !== own.parameterSet,
    );
    if (odd.length > 0) this.#refuseShape(odd.map(([name]) => name));
  }

  #refuseShape(parties: readonly ParticipantName[]): never {
    const who = parties.join(', ');
    throw new CodedError('SUM_SHAPE', `${who} contributed another shape to sum ${this.sum}`, { parties });
  }

  propose({ members }: EventOf<'survivorsProposed'>, course: SumCourse): void {
    const { names, digest: rosterDigest } = course.fixedRoster;
    const { colluders } = course.spec;
    const sorted = [...new Set(members)].sort();
    const digests = sorted.map((name) => this.contributions.get(name)?.digest);
    if (digests.some((digest) => digest === undefined) || sorted.length !== members.length) {
      throw new CodedError(
        'SURVIVORS_MISMATCH',
        `the survivor set of sum ${this.sum} names a contribution nobody signed`,
      );
    }
    // Everybody, until sums without the vanished can be opened (docs/adr/0006): a second job over the same rows with
    // one member less would give away what that one holds.
    const needed = Math.max(minimumContributors(colluders), names.length);
    if (sorted.length < needed) {
      throw new CodedError(
        'SURVIVORS_TOO_FEW',
        `sum ${this.sum} would include ${sorted.length} of at least ${needed}`,
      );
    }
    const digest = survivorDigest({
      rosterDigest,
      sumId: this.idIn(course),
      members: sorted.map((name, place) => ({ name, digest: digests[place] as HexDigest })),
    });
    if (this.survivors !== undefined && this.survivors.digest !== digest) {
      throw new CodedError('SURVIVORS_MISMATCH', `two survivor sets were proposed for sum ${this.sum}`);
    }
    this.survivors = { members: sorted, digest };
  }

  makeReady(body: EventOf<'sumReady'>): void {
    if (this.ready !== undefined && this.ready.digest !== body.digest) {
      throw new CodedError('SUM_DIGEST_MISMATCH', `two different sums were announced as sum ${this.sum}`);
    }
    this.ready = body;
  }

  /**
   * The coordinator may only repeat what every report says; ours is the one we can vouch for. When we were away and
   * a quorum of the others agreed, we open the sum late and hold our result against theirs.
   */
  agree(body: EventOf<'sumAgreed'>, { me, fixedRoster, spec }: SumCourse): void {
    const own = this.applied.get(me);
    const reports = [...this.applied.values()];
    const sumDigest = own?.sumDigest ?? this.ready?.digest;
    const quorum = quorumOf(fixedRoster.names.length, spec.colluders);
    const same = reports.every(
      (report) =>
        report.sumDigest === sumDigest &&
        report.fingerprint === body.fingerprint &&
        sameJson(report.next, body.next) &&
        sameJson(sortedMetrics(report), sortedMetrics(body)),
    );
    if (reports.length < quorum || !same) {
      throw new CodedError('MODEL_DISAGREEMENT', `the reports on sum ${this.sum} do not agree`, {
        parties: [...this.applied]
          .filter(([, report]) => report.fingerprint !== (own ?? body).fingerprint)
          .map(([name]) => name),
      });
    }
    this.agreed = body;
  }
}

/** Metrics as a set: their order says nothing. */
function sortedMetrics({ metrics }: { readonly metrics: readonly Metric[] }): string[] {
  return metrics.map((metric) => canonicalJson(metric)).sort();
}

function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a as Canonical) === canonicalJson(b as Canonical);
}
