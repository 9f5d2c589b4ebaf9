import {
  type HexDigest,
  type JobEvent,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
} from '../../contract/index.js';
import { contributionLabel, type Input, signatureLabel } from './lies.js';
import { type Beginning, killAt, lifeOf } from './lone-participant.js';
import type { ParticipantDisk } from './memory-journal.js';

/** What one honest participant is in. */
export interface Local {
  readonly id: number;
  readonly disk: ParticipantDisk;
  readonly nextIndex: number;
  readonly shown: readonly string[];
  /** Labels of posts that left the machine. */
  readonly out: ReadonlySet<string>;
  readonly left: boolean;
}

export interface Kill {
  readonly write: number;
  readonly torn: boolean;
}

/** Local states of one participant that fit into one number together with those of others. */
export const idSpace = 4096;

/**
 * The states of one honest participant. Every transition is a life of the real runner over a copy of its journal. Orders that
 * give the same set of shown events give the same state; who left takes part no more, so what it was shown is forgotten.
 */
export class LocalStates {
  readonly #known = new Map<string, Local>();
  readonly #all: Local[] = [];

  /** @param posts honest ones by label, of everybody, as they left. */
  constructor(
    private readonly name: ParticipantName,
    private readonly beginning: Beginning,
    private readonly posts: Map<string, Post>,
    private readonly violated: (what: string) => void,
  ) {}

  get count(): number {
    return this.#all.length;
  }

  at(id: number): Local {
    return this.#all[id]!;
  }

  start(): Local {
    const { disks, events } = this.beginning;
    const disk = disks.get(this.name)!.copy();
    const own = events.flatMap(({ body }) =>
      body.kind === 'posted' && body.post.sender === this.name ? [body.post] : [],
    );
    const out = own.flatMap((post) => this.#labelOf(disk, post) ?? []);
    return this.#local({ disk, nextIndex: events.length, shown: [], out: new Set(out) });
  }

  /** A life that is shown one event more, and how many writes it made; killed at one of them if told so. */
  async live(
    local: Local,
    input: Input,
    kill?: Kill,
  ): Promise<{ readonly next: Local; readonly writes: number }> {
    const { spec } = this.beginning;
    const disk = local.disk.copy();
    const body = input.body();
    const events: JobEvent[] = body === undefined ? [] : [{ index: local.nextIndex, atMs: 0, body }];
    const write = killAt(disk, kill?.write ?? 0, kill?.torn ?? false);
    const posts = await lifeOf(this.name, spec, disk, events, { write });
    const out = new Set(local.out);
    for (const post of posts) {
      const label = this.#labelOf(disk, post);
      if (label === undefined) continue;
      const before = this.posts.get(label);
      if (before && before.signature !== post.signature) this.violated(`${label} left in two forms`);
      this.posts.set(label, post);
      out.add(label);
    }
    const kept = body === undefined || disk.events.get(jobIdOfSpec(spec))?.has(local.nextIndex);
    const shown = body !== undefined && kept ? [...local.shown, input.label].sort() : local.shown;
    const nextIndex = body !== undefined && kept ? local.nextIndex + 1 : local.nextIndex;
    return { next: this.#local({ disk, nextIndex, shown, out }), writes: write.count() };
  }

  #local(made: Pick<Local, 'disk' | 'nextIndex' | 'shown' | 'out'>): Local {
    const left = made.disk.jobs.get(jobIdOfSpec(this.beginning.spec))?.state === 'left';
    const said = [...made.disk.said.keys()].filter((place) =>
      /survivorSignature|reveal|recovery|applied/.test(place),
    );
    const key = [left ? 'left' : made.shown.join(), said.sort().join(), [...made.out].sort().join()].join(
      ' | ',
    );
    const known = this.#known.get(key);
    if (known) return known;
    const local: Local = { ...made, left, id: this.#all.length };
    this.#known.set(key, local);
    this.#all.push(local);
    return local;
  }

  /** Contributions by who has mask keys, signatures and reveals by the survivor set; other posts have no part here. */
  #labelOf(disk: ParticipantDisk, { body }: Post): string | undefined {
    if (body.kind === 'survivorSignature') return signatureLabel(this.name, body.sum, body.survivorDigest);
    if (body.kind === 'contribution') return contributionLabel(this.name, body.sum, body.keyed);
    if (body.kind !== 'reveal' && body.kind !== 'recovery') return undefined;
    // The set that it is for is the one it signed; whether the bytes are for that one the attack tests show.
    const place = `${jobIdOfSpec(this.beginning.spec)} survivorSignature/${body.sum}`;
    const signed = disk.said.get(place)?.body;
    const set = signed?.kind === 'survivorSignature' ? signed.survivorDigest : 'unsigned';
    const of = body.kind === 'recovery' ? [body.members.join()] : [];
    return [body.kind, this.name, body.sum, set, ...of].join(' ');
  }
}

/** What left honest machines, held against what may. @returns the survivor sets over which shares left. */
export function judgeOut(
  locals: readonly Local[],
  membersOf: ReadonlyMap<string, readonly string[]>,
  violated: (what: string) => void,
): ReadonlySet<string> {
  const opened = new Map<string, Set<HexDigest>>();
  for (const { out } of locals) {
    const said = new Map<string, string>();
    for (const label of out) {
      const [what = '', , sum = '', set = '', of = ''] = label.split(' ');
      if (what === 'signature' || what === 'contribution') {
        const before = said.get(`${what} ${sum}`);
        if (before !== undefined) violated(`one participant said ${before} and ${label}`);
        said.set(`${what} ${sum}`, label);
        continue;
      }
      opened.set(sum, (opened.get(sum) ?? new Set()).add(set as HexDigest));
      if (what !== 'recovery') continue;
      const members = membersOf.get(set) ?? [];
      const foreign = of.split(',').filter((name) => !members.includes(name));
      if (foreign.length > 0) violated(`shares of the seed of ${foreign} left, outside the set`);
    }
  }
  for (const sets of opened.values()) {
    if (sets.size > 1) violated(`shares left for ${[...sets].sort().join(' and for ')}`);
  }
  return new Set([...opened.values()].flatMap((sets) => [...sets]));
}
