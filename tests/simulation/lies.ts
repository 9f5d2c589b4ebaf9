import {
  type EventBody,
  type HexDigest,
  jobIdOfSpec,
  neededMembers,
  type ParticipantName,
  type Post,
  postDigest,
  type SumPurpose,
} from '../../contract/index.js';
import { sumBytes, survivorDigest } from '../../crypto/secure-sum/index.js';
import { symbolicSigner } from './doubles/symbols.js';
import type { Beginning } from './lone-participant.js';
import { parameterSet, valueCount } from './symbolic-work.js';

/** What one participant can be shown next; nothing at all is a restart. */
export interface Input {
  readonly label: string;
  /** The survivor set that it is about, as its members. */
  readonly set?: string;
  /** A post of an honest participant that must have left its machine. */
  readonly needs?: { readonly who: number; readonly label: string };
  body(): EventBody | undefined;
}

export interface Liars {
  readonly colluders: number;
  /** The last participant signs two contributions. */
  readonly equivocates: boolean;
}

const otherUpload = 'e'.repeat(64) as HexDigest;

/** What a coordinator and its colluders can show of one sum, whose contributions stand in the transcript. */
export class Lies {
  readonly inputs: readonly Input[];
  /** Of each digest that can be signed. */
  readonly membersOf = new Map<string, readonly ParticipantName[]>();
  /** Signatures of honest participants by label, as they must be should they leave. */
  readonly foretold = new Map<string, Post>();
  readonly #beginning: Beginning;
  readonly #liars: Liars;
  readonly #sum: number;
  readonly #uploads: ReadonlyMap<string, HexDigest>;

  /** @param uploads digests of contributions by sender; by default those of the beginning. */
  constructor(
    beginning: Beginning,
    liars: Liars,
    sum: number,
    uploads: ReadonlyMap<string, HexDigest> = uploadsOf(beginning, sum),
  ) {
    this.#beginning = beginning;
    this.#liars = liars;
    this.#sum = sum;
    this.#uploads = uploads;
    this.inputs = this.#all();
  }

  #all(): Input[] {
    const sum = this.#sum;
    const { names } = this.#beginning;
    const honest = names.length - this.#liars.colluders;
    const sets = this.#sets();
    const digests = sets.flatMap((members) => {
      const of = this.#digestsOf(members);
      for (const digest of of) this.membersOf.set(digest, members);
      return of.map((digest) => ({ digest, set: members.join() }));
    });
    const proposals = sets.map((members): Input => {
      const body: EventBody = { kind: 'survivorsProposed', sum, members: [...members], deadlineMs: 2 ** 40 };
      return { label: `propose ${sum} ${members.join()}`, set: members.join(), body: () => body };
    });
    const signatures = names.flatMap((name, who) =>
      digests.map(({ digest: survivorDigest, set }): Input => {
        const label = signatureLabel(name, sum, survivorDigest);
        const post = forged(this.#beginning, name, { kind: 'survivorSignature', sum, survivorDigest });
        const body = (): EventBody => ({ kind: 'posted', post });
        if (who >= honest) return { label, set, body };
        // Shown only once it left; what left is held against this.
        this.foretold.set(label, post);
        return { label, set, body, needs: { who, label } };
      }),
    );
    const digest = 'd'.repeat(64) as HexDigest;
    const bytes = sumBytes({ parameterSet, valueCount, contributors: names.length });
    const ready: EventBody = { kind: 'sumReady', sum, digest, bytes, addMs: 0, deadlineMs: 2 ** 40 };
    const contributions = this.#liars.equivocates ? this.#contributions() : [];
    return [
      ...proposals,
      ...signatures,
      ...contributions,
      { label: `ready ${sum}`, body: () => ready },
      ...this.#questions(),
    ];
  }

  /** Whose seeds are asked for: in each set that can be signed, of members only or of one outside it too. */
  #questions(): Input[] {
    const { names } = this.#beginning;
    const asked = [names.slice(0, 1), names.slice(1)];
    return asked.map((missing) => ({
      label: `ask ${this.#sum} ${missing.join()}`,
      body: (): EventBody => ({ kind: 'recoveryAsked', sum: this.#sum, missing }),
    }));
  }

  /** All sets of at least one fewer than a sum needs: those below are refused for the same reason. */
  #sets(): ParticipantName[][] {
    const { names, spec } = this.#beginning;
    let all: ParticipantName[][] = [[]];
    for (const name of names.filter((each) => this.#uploads.has(each)))
      all = all.concat(all.map((set) => [...set, name]));
    return all.filter(({ length }) => length >= neededMembers(spec, { purpose: 'evaluation', round: 0 }) - 1);
  }

  /** The two contributions that the last participant signed; everybody is shown one of them, at some time. */
  #contributions(): Input[] {
    const liar = this.#beginning.names.at(-1);
    const made = this.#beginning.events
      .map(({ body }) => body)
      .find((body) => body.kind === 'posted' && isContributionOf(liar, body.post, this.#sum));
    if (!liar || made?.kind !== 'posted' || made.post.body.kind !== 'contribution') return [];
    const post = forged(this.#beginning, liar, { ...made.post.body, digest: otherUpload });
    return [
      { label: 'contribution', body: () => made },
      { label: 'other contribution', body: () => ({ kind: 'posted', post }) },
    ];
  }

  /** What the honest sign for a set: one digest, or one for each contribution that a colluder made. */
  #digestsOf(members: readonly ParticipantName[]): HexDigest[] {
    const { events, spec, names } = this.#beginning;
    const roster = rosterDigestOf(events);
    const sumId = { jobId: jobIdOfSpec(spec), ...purposeOf(spec, this.#sum), sum: this.#sum };
    const digestOf = (changed: ReadonlyMap<string, HexDigest>) =>
      survivorDigest({
        rosterDigest: roster,
        sumId,
        members: members.map((name) => ({ name, digest: changed.get(name) ?? this.#uploads.get(name)! })),
      });
    const liar = names.at(-1)!;
    if (!this.#liars.equivocates || !members.includes(liar)) return [digestOf(new Map())];
    return [digestOf(new Map()), digestOf(new Map([[liar, otherUpload]]))];
  }
}

/** A post as its sender signs it. */
export function forged({ events, spec }: Beginning, sender: ParticipantName, body: Post['body']): Post {
  const unsigned = { sender, rosterDigest: rosterDigestOf(events), body };
  const digest = postDigest(jobIdOfSpec(spec), unsigned);
  return { ...unsigned, signature: symbolicSigner(sender).sign(digest) };
}

export function signatureLabel(name: string, sum: number, digest: HexDigest): string {
  return `signature ${name} ${sum} ${digest}`;
}

/** @param keyed what it says of who has mask keys. */
export function contributionLabel(name: string, sum: number, keyed: HexDigest | undefined): string {
  return `contribution ${name} ${sum} ${keyed ?? 'everybody'}`;
}

export function isContributionOf(name: string | undefined, { sender, body }: Post, sum = 0): boolean {
  return sender === name && body.kind === 'contribution' && body.sum === sum;
}

/** Rounds first, then the evaluation: jobs here start warm. */
function purposeOf(
  { training }: Beginning['spec'],
  sum: number,
): { readonly round: number; readonly purpose: SumPurpose } {
  return sum < training.rounds ? { round: sum + 1, purpose: 'update' } : { round: 0, purpose: 'evaluation' };
}

function uploadsOf({ events }: Beginning, sum: number): Map<string, HexDigest> {
  const uploads = new Map<string, HexDigest>();
  for (const { body } of events) {
    if (body.kind !== 'posted' || body.post.body.kind !== 'contribution') continue;
    if (body.post.body.sum === sum) uploads.set(body.post.sender, body.post.body.digest);
  }
  return uploads;
}

function rosterDigestOf(events: Beginning['events']): HexDigest {
  const fixed = events.map(({ body }) => body).find(({ kind }) => kind === 'rosterFixed');
  if (fixed?.kind !== 'rosterFixed') throw new Error('no roster was fixed');
  return fixed.rosterDigest;
}
