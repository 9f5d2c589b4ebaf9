import {
  type EventBody,
  type HexDigest,
  type JobEvent,
  jobIdOfSpec,
  neededMembers,
  type ParticipantName,
  type Post,
  postDigest,
} from '../../contract/index.js';
import { sumBytes, survivorDigest } from '../../crypto/secure-sum/index.js';
import { symbolicSigner } from './doubles.js';
import { type Beginning, begin, killAt, lifeOf } from './lone-participant.js';
import type { ParticipantDisk } from './memory-journal.js';
import { parameterSet, valueCount } from './symbolic-work.js';

/*
 * Every state that honest participants can be brought into in one sum by a coordinator that lies and by `colluders`
 * participants on its side. The coordinator shows each of them what it likes in any order: any survivor set, any
 * signature that exists, signatures of its colluders over anything, sumReady at any time, questions for the seeds of anybody,
 * different contributions of a colluder to different participants; and it kills them, also in the middle of what they do.
 *
 * A participant's own behaviour is the product's: every transition is a life of the real runner over a copy of its
 * journal (`lone-participant.ts`), computed once and remembered. Of the joint states, tuples of states of the honest
 * ones, each is visited once. Orders that give the same set of shown events give the same state; who left takes part
 * no more, so what it was shown is forgotten.
 */

export interface Configuration {
  readonly participants: number;
  readonly colluders: number;
  /** Kill honest participants also between the writes of what they do. */
  readonly kills: boolean;
  /** The last participant signs two contributions. */
  readonly equivocates: boolean;
}

export interface Checked {
  readonly jointStates: number;
  readonly localStates: readonly number[];
  readonly transitions: number;
  /** Joint states in which somebody revealed; with none the check would show nothing. */
  readonly revealed: number;
  /** Survivor sets over which shares left in some state or other. */
  readonly opened: readonly string[];
  readonly violations: readonly string[];
}

interface Move {
  readonly to: number;
  readonly needs: Input['needs'];
}

/** What one honest participant is in. */
interface Local {
  readonly id: number;
  readonly disk: ParticipantDisk;
  readonly nextIndex: number;
  readonly shown: readonly string[];
  /** Labels of posts that left the machine. */
  readonly out: ReadonlySet<string>;
  readonly left: boolean;
  moves?: readonly Move[];
}

interface Input {
  readonly label: string;
  /** A post of an honest participant that must have left its machine. */
  readonly needs?: { readonly who: number; readonly label: string };
  body(): EventBody | undefined;
}

export async function modelCheck(
  configuration: Configuration,
  specOf: () => Beginning['spec'],
): Promise<Checked> {
  const spec = specOf();
  const liar = [...spec.participants].sort().at(-1);
  const withheld = (event: JobEvent) =>
    configuration.equivocates && event.body.kind === 'posted' && isContributionOf(liar, event.body.post);
  const check = new ModelCheck(configuration, await begin(spec, { withheld }));
  return check.explore();
}

class ModelCheck {
  readonly #configuration: Configuration;
  readonly #beginning: Beginning;
  readonly #honest: readonly ParticipantName[];
  readonly #colluders: readonly ParticipantName[];
  readonly #inputs: readonly (readonly Input[])[];
  readonly #locals: Map<string, Local>[];
  readonly #byId: Local[][];
  /** Honest posts by label, as they left. */
  readonly #posts = new Map<string, Post>();
  readonly #violations = new Set<string>();
  readonly #opened = new Set<string>();
  /** Of each digest that can be signed. */
  readonly #membersOf = new Map<string, readonly ParticipantName[]>();

  constructor(configuration: Configuration, beginning: Beginning) {
    this.#configuration = configuration;
    this.#beginning = beginning;
    const count = configuration.participants - configuration.colluders;
    this.#honest = beginning.names.slice(0, count);
    this.#colluders = beginning.names.slice(count);
    this.#locals = this.#honest.map(() => new Map());
    this.#byId = this.#honest.map(() => []);
    this.#inputs = this.#honest.map(() => this.#allInputs());
  }

  async explore(): Promise<Checked> {
    const starts = this.#honest.map((name, who) => this.#start(name, who));
    const pack = (ids: readonly number[]) => ids.reduce((packed, id) => packed * idSpace + id, 0);
    const seen = new Set<number>([pack(starts.map(({ id }) => id))]);
    const open = [starts.map(({ id }) => id)];
    let transitions = 0;
    let revealed = 0;
    for (let ids = open.pop(); ids !== undefined && this.#violations.size === 0; ids = open.pop()) {
      const locals = ids.map((id, who) => this.#byId[who]![id]!);
      if (this.#judge(locals)) revealed += 1;
      for (const [who, local] of locals.entries()) {
        local.moves ??= await this.#movesOf(who, local);
        for (const { needs, to } of local.moves) {
          if (needs && !locals[needs.who]!.out.has(needs.label)) continue;
          transitions += 1;
          const joint = ids.with(who, to);
          const packed = pack(joint);
          if (seen.has(packed)) continue;
          seen.add(packed);
          open.push(joint);
        }
      }
    }
    return {
      jointStates: seen.size,
      localStates: this.#byId.map((locals) => locals.length),
      transitions,
      revealed,
      opened: [...this.#opened].sort(),
      violations: [...this.#violations],
    };
  }

  /** @returns whether anybody revealed. */
  #judge(locals: readonly Local[]): boolean {
    const sets = new Set<string>();
    for (const { out } of locals) {
      const signed = [...out].filter((label) => label.startsWith('signature '));
      if (signed.length > 1) this.#violations.add(`one participant signed ${signed.join(' and ')}`);
      for (const label of out) {
        const [what, , set = '', of = ''] = label.split(' ');
        if (what === 'reveal' || what === 'recovery') sets.add(set);
        if (what !== 'recovery') continue;
        const members: readonly string[] = this.#membersOf.get(set) ?? [];
        const foreign = of.split(',').filter((name) => !members.includes(name));
        if (foreign.length > 0)
          this.#violations.add(`shares of the seed of ${foreign} left, outside the set`);
      }
    }
    if (sets.size > 1) this.#violations.add(`shares left for ${[...sets].sort().join(' and for ')}`);
    for (const set of sets) this.#opened.add(set);
    return sets.size > 0;
  }

  #start(name: string, who: number): Local {
    const disk = this.#beginning.disks.get(name)!;
    const { events } = this.#beginning;
    return this.#local(who, { disk: disk.copy(), nextIndex: events.length, shown: [], out: new Set() });
  }

  /**
   * What one participant can be brought into next. Whoever leaves without a word is left out: all that the others can
   * do then they can also do while it stays where it is.
   */
  async #movesOf(who: number, local: Local): Promise<Move[]> {
    const moves = new Map<string, Move>();
    for (const input of this.#inputs[who]!) {
      if (local.shown.includes(input.label)) continue;
      for (const next of await this.#take(who, local, input)) {
        if (next === local || (next.left && next.out.size === local.out.size)) continue;
        if (moves.has(`${next.id}`)) continue;
        const key = input.needs ? `${next.id} ${input.label}` : `${next.id}`;
        moves.set(key, { to: next.id, needs: input.needs });
      }
    }
    return [...moves.values()];
  }

  /** Ways a life can end that is shown one event more: undisturbed, or killed at any of its writes. */
  async #take(who: number, local: Local, input: Input): Promise<readonly Local[]> {
    const first = await this.#live(who, local, input);
    const nexts = [first.next];
    // Killed while it leaves, it leaves again: what made it leave stands in its journal first.
    if (this.#configuration.kills && first.writes > 1 && !first.next.left) {
      for (let write = 1; write <= first.writes; write++) {
        for (const torn of [true, false])
          nexts.push((await this.#live(who, local, input, { write, torn })).next);
      }
    }
    return [...new Set(nexts)];
  }

  async #live(
    who: number,
    local: Local,
    input: Input,
    kill?: { readonly write: number; readonly torn: boolean },
  ) {
    const name = this.#honest[who]!;
    const disk = local.disk.copy();
    const body = input.body();
    const events = body === undefined ? [] : [{ index: local.nextIndex, atMs: 0, body }];
    const write = killAt(disk, kill?.write ?? 0, kill?.torn ?? false);
    const posts = await lifeOf(name, this.#beginning.spec, disk, events, { write });
    const out = new Set(local.out);
    for (const post of posts) {
      const label = this.#labelOf(name, disk, post);
      if (label === undefined) continue;
      const before = this.#posts.get(label);
      if (before && before.signature !== post.signature) {
        this.#violations.add(`${label} left in two forms`);
      }
      this.#posts.set(label, post);
      out.add(label);
    }
    const kept =
      body === undefined || disk.events.get(jobIdOfSpec(this.#beginning.spec))?.has(local.nextIndex);
    const shown = body !== undefined && kept ? [...local.shown, input.label].sort() : local.shown;
    const nextIndex = body !== undefined && kept ? local.nextIndex + 1 : local.nextIndex;
    return { next: this.#local(who, { disk, nextIndex, shown, out }), writes: write.count() };
  }

  #local(who: number, made: Pick<Local, 'disk' | 'nextIndex' | 'shown' | 'out'>): Local {
    const jobId = jobIdOfSpec(this.#beginning.spec);
    const left = made.disk.jobs.get(jobId)?.state === 'left';
    const said = [...made.disk.said.keys()].filter((place) =>
      /survivorSignature|reveal|recovery|applied/.test(place),
    );
    const key = [left ? 'left' : made.shown.join(), said.sort().join(), [...made.out].sort().join()].join(
      ' | ',
    );
    const known = this.#locals[who]!.get(key);
    if (known) return known;
    const local: Local = { ...made, left, id: this.#byId[who]!.length };
    if (local.id >= idSpace) throw new Error('more states of one participant than the packing has room for');
    this.#locals[who]!.set(key, local);
    this.#byId[who]!.push(local);
    return local;
  }

  /** Signatures and reveals by the survivor set they are for; other posts have no part here. */
  #labelOf(name: string, disk: ParticipantDisk, { body }: Post): string | undefined {
    if (body.kind === 'survivorSignature') return `signature ${name} ${body.survivorDigest}`;
    if (body.kind !== 'reveal' && body.kind !== 'recovery') return undefined;
    // The set that it is for is the one it signed; whether the bytes are for that one the attack tests show.
    const signed = disk.said.get(`${jobIdOfSpec(this.#beginning.spec)} survivorSignature/0`)?.body;
    const set = signed?.kind === 'survivorSignature' ? signed.survivorDigest : 'unsigned';
    return [body.kind, name, set, ...(body.kind === 'recovery' ? [body.members.join()] : [])].join(' ');
  }

  #allInputs(): Input[] {
    const sets = this.#sets();
    const digests = sets.flatMap((members) => {
      const of = this.#digestsOf(members);
      for (const digest of of) this.#membersOf.set(digest, members);
      return of;
    });
    const proposals = sets.map((members): Input => {
      const body: EventBody = {
        kind: 'survivorsProposed',
        sum: 0,
        members: [...members],
        deadlineMs: 2 ** 40,
      };
      return { label: `propose ${members.join()}`, body: () => body };
    });
    const signatures = this.#beginning.names.flatMap((name, who) =>
      digests.map((survivorDigest): Input => {
        const label = `signature ${name} ${survivorDigest}`;
        const post = this.#forged(name, { kind: 'survivorSignature', sum: 0, survivorDigest });
        const body = (): EventBody => ({ kind: 'posted', post });
        if (who >= this.#honest.length) return { label, body };
        // Shown only once it left; `#live` holds what left against this.
        this.#posts.set(label, post);
        return { label, body, needs: { who, label } };
      }),
    );
    const digest = 'd'.repeat(64) as HexDigest;
    const contributors = this.#beginning.names.length;
    const bytes = sumBytes({ parameterSet, valueCount, contributors });
    const ready: EventBody = { kind: 'sumReady', sum: 0, digest, bytes, addMs: 0, deadlineMs: 2 ** 40 };
    const contributions = this.#configuration.equivocates ? this.#contributions() : [];
    return [
      ...proposals,
      ...signatures,
      ...contributions,
      { label: 'ready', body: () => ready },
      ...this.#questions(),
      { label: 'restart', body: () => undefined },
    ];
  }

  /** Whose seeds are asked for: in each set that can be signed, of members only or of one outside it too. */
  #questions(): Input[] {
    const { names } = this.#beginning;
    const asked = [names.slice(0, 1), names.slice(1)];
    return asked.map((missing) => ({
      label: `ask ${missing.join()}`,
      body: (): EventBody => ({ kind: 'recoveryAsked', sum: 0, missing }),
    }));
  }

  /** All sets of at least one fewer than a sum needs: those below are refused for the same reason. */
  #sets(): ParticipantName[][] {
    const { names, spec } = this.#beginning;
    let all: ParticipantName[][] = [[]];
    for (const name of names) all = all.concat(all.map((set) => [...set, name]));
    return all.filter(({ length }) => length >= neededMembers(spec, { purpose: 'evaluation', round: 0 }) - 1);
  }

  #forged(sender: ParticipantName, body: Post['body']): Post {
    const unsigned = { sender, rosterDigest: rosterDigestOf(this.#beginning.events), body };
    const digest = postDigest(jobIdOfSpec(this.#beginning.spec), unsigned);
    return { ...unsigned, signature: symbolicSigner(sender).sign(digest) };
  }

  /** The two contributions that the last participant signed; everybody is shown one of them, at some time. */
  #contributions(): Input[] {
    const liar = this.#colluders.at(-1);
    const made = this.#beginning.events
      .map(({ body }) => body)
      .find((body) => body.kind === 'posted' && isContributionOf(liar, body.post));
    if (!liar || made?.kind !== 'posted' || made.post.body.kind !== 'contribution') return [];
    const post = this.#forged(liar, { ...made.post.body, digest: otherUpload });
    return [
      { label: 'contribution', body: () => made },
      { label: 'other contribution', body: () => ({ kind: 'posted', post }) },
    ];
  }

  /** What the honest sign for a set: one digest, or one for each contribution that a colluder made. */
  #digestsOf(members: readonly ParticipantName[]): HexDigest[] {
    const { events, spec } = this.#beginning;
    const roster = rosterDigestOf(events);
    const uploads = new Map<string, HexDigest>();
    for (const { body } of events) {
      if (body.kind === 'posted' && body.post.body.kind === 'contribution') {
        uploads.set(body.post.sender, body.post.body.digest);
      }
    }
    const sumId = { jobId: jobIdOfSpec(spec), round: 1, purpose: 'update', sum: 0 } as const;
    const digestOf = (changed: ReadonlyMap<string, HexDigest>) =>
      survivorDigest({
        rosterDigest: roster,
        sumId,
        members: members.map((name) => ({ name, digest: changed.get(name) ?? uploads.get(name)! })),
      });
    const liar = this.#colluders.at(-1);
    if (!this.#configuration.equivocates || !liar || !members.includes(liar)) return [digestOf(new Map())];
    return [digestOf(new Map()), digestOf(new Map([[liar, otherUpload]]))];
  }
}

const idSpace = 4096;
const otherUpload = 'e'.repeat(64) as HexDigest;

function isContributionOf(name: string | undefined, { sender, body }: Post): boolean {
  return sender === name && body.kind === 'contribution';
}

function rosterDigestOf(events: readonly JobEvent[]): HexDigest {
  const fixed = events.map(({ body }) => body).find(({ kind }) => kind === 'rosterFixed');
  if (fixed?.kind !== 'rosterFixed') throw new Error('no roster was fixed');
  return fixed.rosterDigest;
}
