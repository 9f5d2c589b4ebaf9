import type { JobEvent, ParticipantName, Post } from '../../contract/index.js';
import { type Input, isContributionOf, type Liars, Lies } from './lies.js';
import { idSpace, judgeOut, type Local, LocalStates } from './local-states.js';
import { type Beginning, begin } from './lone-participant.js';

/*
 * Every state that honest participants can be brought into in one sum by a coordinator that lies and by `colluders`
 * participants on its side. The coordinator shows each of them what it likes in any order: any survivor set, any
 * signature that exists, signatures of its colluders over anything, sumReady at any time, questions for the seeds of anybody,
 * different contributions of a colluder to different participants; and it kills them, also in the middle of what they do.
 *
 * A participant's own behaviour is the product's (`local-states.ts`), computed once and remembered. Of the joint states, tuples
 * of states of the honest ones, each is visited once.
 */

export interface Configuration extends Liars {
  readonly participants: number;
  /** Kill honest participants also between the writes of what they do. */
  readonly kills: boolean;
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

export const restart: Input = { label: 'restart', body: () => undefined };

export async function modelCheck(
  configuration: Configuration,
  specOf: () => Beginning['spec'],
): Promise<Checked> {
  const spec = specOf();
  const liar = [...spec.participants].sort().at(-1);
  const withheld = ({ body }: JobEvent) =>
    configuration.equivocates && body.kind === 'posted' && isContributionOf(liar, body.post);
  const check = new ModelCheck(configuration, await begin(spec, { withheld }));
  return check.explore();
}

class ModelCheck {
  readonly #kills: boolean;
  readonly #inputs: readonly Input[];
  readonly #membersOf: ReadonlyMap<string, readonly ParticipantName[]>;
  readonly #states: readonly LocalStates[];
  /** Of each local state, once it was asked for. */
  readonly #moves: Map<Local, readonly Move[]>[];
  readonly #violations = new Set<string>();
  readonly #opened = new Set<string>();

  constructor(configuration: Configuration, beginning: Beginning) {
    this.#kills = configuration.kills;
    const lies = new Lies(beginning, configuration, 0);
    this.#inputs = [...lies.inputs, restart];
    this.#membersOf = lies.membersOf;
    const posts = new Map<string, Post>(lies.foretold);
    const violated = (what: string) => void this.#violations.add(what);
    const honest = beginning.names.slice(0, configuration.participants - configuration.colluders);
    this.#states = honest.map((name) => new LocalStates(name, beginning, posts, violated));
    this.#moves = honest.map(() => new Map());
  }

  async explore(): Promise<Checked> {
    const start = this.#states.map((states) => states.start().id);
    const pack = (ids: readonly number[]) => ids.reduce((packed, id) => packed * idSpace + id, 0);
    const seen = new Set<number>([pack(start)]);
    const open = [start];
    let transitions = 0;
    let revealed = 0;
    for (let ids = open.pop(); ids !== undefined && this.#violations.size === 0; ids = open.pop()) {
      const locals = ids.map((id, who) => this.#states[who]!.at(id));
      if (this.#judge(locals)) revealed += 1;
      for (const [who, local] of locals.entries()) {
        for (const { needs, to } of await this.#movesOf(who, local)) {
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
      localStates: this.#states.map(({ count }) => count),
      transitions,
      revealed,
      opened: [...this.#opened].sort(),
      violations: [...this.#violations],
    };
  }

  /** @returns whether anybody revealed. */
  #judge(locals: readonly Local[]): boolean {
    const sets = judgeOut(locals, this.#membersOf, (what) => this.#violations.add(what));
    for (const set of sets) this.#opened.add(set);
    return sets.size > 0;
  }

  async #movesOf(who: number, local: Local): Promise<readonly Move[]> {
    const known = this.#moves[who]!.get(local) ?? (await this.#allMoves(who, local));
    this.#moves[who]!.set(local, known);
    return known;
  }

  /**
   * What one participant can be brought into next. Whoever leaves without a word is left out: all that the others can
   * do then they can also do while it stays where it is.
   */
  async #allMoves(who: number, local: Local): Promise<Move[]> {
    const moves = new Map<string, Move>();
    for (const input of this.#inputs) {
      if (local.shown.includes(input.label)) continue;
      for (const next of await this.#take(who, local, input)) {
        if (next === local || (next.left && next.out.size === local.out.size)) continue;
        if (next.id >= idSpace)
          throw new Error('more states of one participant than the packing has room for');
        if (moves.has(`${next.id}`)) continue;
        const key = input.needs ? `${next.id} ${input.label}` : `${next.id}`;
        moves.set(key, { to: next.id, needs: input.needs });
      }
    }
    return [...moves.values()];
  }

  /** Ways a life can end that is shown one event more: undisturbed, or killed at any of its writes. */
  async #take(who: number, local: Local, input: Input): Promise<readonly Local[]> {
    const states = this.#states[who]!;
    const first = await states.live(local, input);
    const nexts = [first.next];
    // Killed while it leaves, it leaves again: what made it leave stands in its journal first.
    if (this.#kills && first.writes > 1 && !first.next.left) {
      for (let write = 1; write <= first.writes; write++) {
        for (const torn of [true, false]) nexts.push((await states.live(local, input, { write, torn })).next);
      }
    }
    return [...new Set(nexts)];
  }
}
