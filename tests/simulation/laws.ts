import {
  canonicalJson,
  type HexDigest,
  type HorizontalSpec,
  type JobEvent,
  type JobId,
  neededMembers,
  type Post,
  postDigest,
  postPlace,
  Secret,
} from '../../contract/index.js';
import { openRecovery, openReveal, unpackJobKeys } from '../../crypto/secure-sum/index.js';
import type { Duty, JobTranscript } from '../../participant/rounds/index.js';
import type { ParticipantDisk } from './memory-journal.js';
import { firstModel, modelAfter, partOf, valueCount } from './symbolic-work.js';
import type { Witness } from './witness.js';

/*
 * What counts as a failure of a run. Parties are honest here; machines, lines, clocks and backups are not. Coordinators
 * that lie are the matter of the model check.
 *
 *  1. One participant says two things in one place: two survivor sets signed for one sum, two reveals, two reports, two
 *     parcels on one route of a step.
 *  2. A second ciphertext for one (job, sum, sender), or for one route of a step, leaves its machine.
 *  3. Of one participant something of both kinds is revealed for one sum, by whomever: its seed or shares of it, and shares
 *     of its mask secret. With the HE key of a colluder they would open its contribution.
 *  4. A sum that is opened is not exactly the sum over S of what its members put in; S is not what was proposed, or too
 *     small for its purpose; two participants open different sums, or reach different models. A parcel holds something
 *     else than in the undisturbed job, where every step has one outcome; labels tell more functionals than there.
 *  5. The model at the end is not the one that the sums lead to. With everybody in every S that is the model of the run
 *     without any fault.
 *  6. What was acknowledged or shown is not in the coordinator's store afterwards, or is there as something else; the
 *     stored transcript does not fold to a state; the transcripts of two participants contradict each other. All of it
 *     whichever replica did what, with leases held twice and news lost.
 *  7. A participant leaves the job, or the job fails, though nobody lied and no fault explains it. A full disk explains
 *     neither, nor does a replica that is cut off. A revocation explains CERTIFICATE_REVOKED alone, an
 *     older release VERSION_UNSUPPORTED where the job needs more.
 *  8. When faults are over and everybody is back, the job neither goes on nor ends: it must finish where every deadline
 *     outlasts the faults, and end otherwise; whoever is there at the end has the model of the others.
 *  9. Memory and disks grow without bound: events of a job, ciphertexts the coordinator keeps, open sessions, timers.
 * 10. A promise is rejected and nobody hears it: Node ends the process then.
 * 11. A store is set back behind something that a participant was shown, and the job finishes, or ends with another
 *     reason than TRANSCRIPT_BEHIND. 1 to 4 hold over both of its pasts; 6 counts what is said and shown from the restore
 *     on. Who was revoked hears of no restore. What was said and not shown is lost without a trace, so the deadline of a
 *     phase explains the end then.
 * 12. A participant of an older release is shown an event that it does not know.
 */

type SumView = Extract<Duty, { kind: 'reveal' }>['sum'];

type Revealing = Extract<Post['body'], { kind: 'reveal' | 'recovery' }>;

interface Opened {
  readonly who: string;
  readonly sum: number;
  readonly members: string;
  readonly values: string;
  readonly model: string;
}

/** Everything that was said and done in a run, by whomever, whether or not it arrived. */
export class Ledger implements Witness {
  readonly failures: string[] = [];
  /** How often the store was set back. */
  past = 0;
  #acknowledged: Post[] = [];
  readonly #undone = new Set<JobEvent>();
  readonly opens: Opened[] = [];
  readonly models = new Map<string, string>();
  readonly leaving = new Map<string, { readonly code: string; readonly why: string }>();
  readonly #jobId: JobId;
  readonly #said = new Map<string, HexDigest>();
  readonly #uploaded = new Map<string, string>();
  readonly #values = new Map<string, readonly number[]>();
  /** `${sum} ${owner}` -> kind of its shares that left an honest machine. */
  readonly #revealed = new Map<string, 'self' | 'mask'>();
  readonly #revealPlaces = new Map<string, (body: Revealing) => Record<'self' | 'mask', readonly string[]>>();

  /** `${step} ${from} ${to} ${digest}` -> what is inside. */
  readonly #parcels = new Map<string, string>();

  constructor(jobId: JobId) {
    this.#jobId = jobId;
  }

  copy(): Ledger {
    const copy = new Ledger(this.#jobId);
    copy.failures.push(...this.failures);
    copy.#acknowledged = [...this.#acknowledged];
    copy.opens.push(...this.opens);
    const pairs = [
      [this.models, copy.models],
      [this.leaving, copy.leaving],
      [this.#said, copy.#said],
      [this.#uploaded, copy.#uploaded],
      [this.#values, copy.#values],
      [this.#revealed, copy.#revealed],
      [this.#revealPlaces, copy.#revealPlaces],
      [this.#parcels, copy.#parcels],
    ] as [Map<string, unknown>, Map<string, unknown>][];
    for (const [from, to] of pairs) for (const [key, value] of from) to.set(key, value);
    return copy;
  }

  fail(what: string): void {
    if (!this.failures.includes(what)) this.failures.push(what);
  }

  /** A post leaves a machine. */
  posts(post: Post): void {
    const place = `${post.sender} ${postPlace(post.body)}`;
    const digest = postDigest(this.#jobId, post);
    if ((this.#said.get(place) ?? digest) !== digest) this.fail(`two things were said as ${place}`);
    if (!this.#said.has(place) && (post.body.kind === 'reveal' || post.body.kind === 'recovery'))
      this.#shares(post.sender, post.body);
    this.#said.set(place, digest);
  }

  /** @param past in which of them it was answered. */
  acknowledged(post: Post, past: number): void {
    if (past === this.past) this.#acknowledged.push(post);
  }

  /**
   * A backup takes the place of the store: what was answered before counts no more, nor what was shown of it, which is
   * law 11's. Of events that are sealed for others nobody is shown that they stand where those stood.
   */
  setBack(undone: readonly JobEvent[]): void {
    this.past += 1;
    this.#acknowledged = [];
    for (const event of undone) this.#undone.add(event);
  }

  uploads(who: string, sum: number, digest: string): void {
    const place = `${who} ${sum}`;
    if ((this.#uploaded.get(place) ?? digest) !== digest)
      this.fail(`two ciphertexts of ${who} for sum ${sum} left`);
    this.#uploaded.set(place, digest);
  }

  /** A participant is about to reveal; where, and with which keys, so that what leaves can be read here. */
  reveals(sender: string, sum: SumView, transcript: JobTranscript, disk: ParticipantDisk): void {
    const packed = disk.secrets.get(`${transcript.jobId} job-keys`);
    const { digest: rosterDigest, names } = transcript.fixedRoster;
    const { survivors } = sum;
    if (!packed || !survivors) return;
    const { reveal: key } = unpackJobKeys(new Secret(packed).reveal());
    const place = { key, rosterDigest, sumId: sum.idIn(transcript), sender };
    const owners = names.filter((name) => sum.keyed.has(name));
    const about = { owners, members: survivors.members, digest: survivors.digest };
    this.#revealPlaces.set(`${sender} ${sum.sum}`, (body) => {
      if (body.kind === 'recovery') {
        const { cause, members, ciphertext } = body;
        return { self: [...openRecovery(place, cause, about, members, ciphertext).keys()], mask: [] };
      }
      const { seed, maskShares } = openReveal(place, about, body.ciphertext);
      return { self: seed ? [sender] : [], mask: [...maskShares.keys()] };
    });
  }

  #shares(sender: string, body: Revealing): void {
    const opened = this.#revealPlaces.get(`${sender} ${body.sum}`)?.(body);
    if (opened === undefined) return this.fail(`${sender} revealed for sum ${body.sum} out of turn`);
    for (const kind of ['self', 'mask'] as const) {
      for (const owner of opened[kind]) {
        const at = `${body.sum} ${owner}`;
        if ((this.#revealed.get(at) ?? kind) !== kind)
          this.fail(`something of both kinds of ${owner} left for sum ${body.sum}`);
        this.#revealed.set(at, kind);
      }
    }
  }

  contributed(who: string, sum: number, digest: HexDigest, values: readonly number[]): void {
    this.#values.set(`${who} ${sum} ${digest}`, values);
  }

  opened(
    who: string,
    sum: number,
    members: readonly string[],
    values: readonly number[],
    model: string,
  ): void {
    this.opens.push({ who, sum, members: members.join(' '), values: values.join(' '), model });
  }

  concluded(who: string, model: string): void {
    this.models.set(who, model);
  }

  sent(parcel: string, value: string): void {
    this.#parcels.set(parcel, value);
  }

  left(who: string, code: string, why: string): void {
    this.leaving.set(who, { code, why });
  }

  /** What parcels of a stored transcript hold, by route. */
  valuesOf(events: readonly JobEvent[]): Map<string, string | undefined> {
    const values = new Map<string, string | undefined>();
    for (const { body } of events) {
      if (body.kind !== 'posted' || body.post.body.kind !== 'parcel') continue;
      const { step, to, digest } = body.post.body;
      const route = `${step} ${body.post.sender} ${to}`;
      values.set(route, this.#parcels.get(`${route} ${digest}`));
    }
    return values;
  }

  /** The sums of a stored transcript are what was put in, and lead to the models everybody has (laws 4 and 5). */
  checkSums(spec: HorizontalSpec, events: readonly JobEvent[], restored: boolean): void {
    let model = firstModel;
    const uploads = new Map<string, HexDigest>();
    const sets = new Set<number>();
    const started = new Map<number, Extract<JobEvent['body'], { kind: 'sumStarted' }>>();
    for (const { body } of events) {
      if (body.kind === 'sumStarted') started.set(body.sum, body);
      if (body.kind === 'posted' && body.post.body.kind === 'contribution') {
        uploads.set(`${body.post.sender} ${body.post.body.sum}`, body.post.body.digest);
      }
      if (body.kind !== 'survivorsProposed') continue;
      const { sum, members } = body;
      const { purpose, round } = started.get(sum)!;
      if (sets.has(sum)) this.fail(`two survivor sets stand in the transcript for sum ${sum}`);
      sets.add(sum);
      if (members.length < neededMembers(spec, { purpose, round }))
        this.fail(`sum ${sum} is over ${members.length}`);
      const total = Array.from({ length: valueCount }, () => 0);
      for (const name of members) {
        const values = this.#values.get(`${name} ${sum} ${uploads.get(`${name} ${sum}`)}`);
        if (values === undefined) this.fail(`nobody saw ${name} contribute to sum ${sum}`);
        const exact = partOf(name, { sum, purpose, round }, model);
        const late = spec.participation.late === 'next-round';
        if (!late && values?.join() !== exact.join())
          this.fail(`${name} started sum ${sum} from another model`);
        values?.forEach((value, k) => {
          total[k] = total[k]! + value;
        });
      }
      const after = modelAfter(model, total);
      for (const open of this.opens) {
        // In a past that a restore undid; #checkOpened holds the two against each other.
        if (open.sum !== sum || (restored && open.members !== [...members].sort().join(' '))) continue;
        const right = open.members === [...members].sort().join(' ') && open.values === total.join(' ');
        if (!right)
          this.fail(
            `${open.who} opened sum ${sum} over ${open.members} as ${open.values}, not ${total.join(' ')}`,
          );
        if (open.model !== after) this.fail(`${open.who} has another model after sum ${sum}`);
      }
      model = after;
    }
    this.#checkOpened();
    const ended = events.at(-1)?.body.kind === 'finished';
    for (const [who, kept] of this.models) {
      if (!ended || kept !== model) this.fail(`${who} kept a model that is not the one of the job`);
    }
  }

  /** Nobody opens another sum than the others, in whatever past (law 4). */
  #checkOpened(): void {
    const first = new Map<number, Opened>();
    for (const open of this.opens) {
      const { who, sum, members, values } = open;
      const before = first.get(sum) ?? open;
      first.set(sum, before);
      if (before.members !== members || before.values !== values)
        this.fail(`${who} opened sum ${sum} over ${members}, ${before.who} over ${before.members}`);
    }
  }

  /** Law 12. */
  shownToOlder(who: string, { index, body }: JobEvent): void {
    if (unknownTo01.has(body.kind)) this.fail(`${who} runs 0.1 and was shown event ${index}, ${body.kind}`);
  }

  /**
   * What was acknowledged or shown is stored (law 6); who left for good is asked no more.
   * @param gone who is not there to see that a restore undid what it was shown.
   */
  checkStored(
    events: readonly JobEvent[],
    disks: ReadonlyMap<string, ParticipantDisk>,
    gone: ReadonlySet<string>,
  ): void {
    const stored = new Map<string, HexDigest>();
    for (const { body } of events) {
      if (body.kind === 'posted') {
        stored.set(`${body.post.sender} ${postPlace(body.post.body)}`, postDigest(this.#jobId, body.post));
      }
    }
    for (const post of this.#acknowledged) {
      const place = `${post.sender} ${postPlace(post.body)}`;
      if (stored.get(place) !== postDigest(this.#jobId, post))
        this.fail(`${place} was acknowledged and is lost`);
    }
    for (const [name, disk] of disks) {
      if (this.leaving.has(name) || gone.has(name)) continue;
      for (const shown of disk.events.get(this.#jobId)?.values() ?? []) {
        const kept = events[shown.index];
        if (this.#undone.has(shown)) continue;
        if (kept !== shown && jsonOf(kept) !== jsonOf(shown)) {
          this.fail(`event ${shown.index} was shown to ${name} and is not stored so`);
        }
      }
    }
  }
}

/** Events that release 0.1 has no name for, by its protos (proto/released). */
const unknownTo01: ReadonlySet<string> = new Set(['stalled', 'revoked', 'keysClosed']);

function jsonOf(event: JobEvent | undefined): string {
  return event === undefined ? '' : canonicalJson(JSON.parse(JSON.stringify(event)));
}
