import type { ParticipantName, Post } from '../../contract/index.js';
import type { Input } from './lies.js';
import { judgeOut, type Kill, type Local, LocalStates } from './local-states.js';
import type { Beginning } from './lone-participant.js';
import { type Configuration, restart } from './model-check.js';
import type { Draws } from './random.js';

/** What is tried in a row that leads nowhere, or makes somebody leave, before a walk is over. */
const mostInVain = 60;

/** Honest participants that are led from one state to the next; each step of each is computed once, however many walks take it. */
export class Walker {
  /** Events that were shown, and restarts. */
  steps = 0;
  readonly violations = new Set<string>();
  readonly honest: readonly ParticipantName[];
  /** As they left honest machines, by label. */
  readonly posts = new Map<string, Post>();
  readonly #states: readonly LocalStates[];
  readonly #lived = new Map<string, Promise<{ readonly next: Local; readonly writes: number }>>();
  readonly #kills: boolean;
  readonly #draws: Draws;

  constructor(beginning: Beginning, configuration: Configuration, draws: Draws) {
    this.#kills = configuration.kills;
    this.#draws = draws;
    this.honest = beginning.names.slice(0, configuration.participants - configuration.colluders);
    const violated = (what: string) => void this.violations.add(what);
    this.#states = this.honest.map((name) => new LocalStates(name, beginning, this.posts, violated));
  }

  /** Where each of them begins. */
  starts(): Local[] {
    return this.#states.map((states) => states.start());
  }

  /** Where inputs lead one of them, one after the other. */
  async led(who: number, ...inputs: readonly Input[]): Promise<Local> {
    let local = this.#states[who]!.start();
    for (const input of inputs) local = (await this.#live(who, local, input)).next;
    return local;
  }

  /**
   * Shows one of them one event after the other until nothing new comes of it. Inputs with a label that was shown, and posts
   * that have not left, are passed over.
   * @returns the survivor sets over which shares left.
   */
  async walk(inputs: readonly Input[], membersOf: ReadonlyMap<string, readonly string[]>) {
    const draws = this.#draws;
    const locals = this.starts();
    const judged = () => judgeOut(locals, membersOf, (what) => void this.violations.add(what));
    let found = judged();
    for (let inVain = 0; inVain < mostInVain; inVain++) {
      const who = draws.below(locals.length);
      const local = locals[who]!;
      if (local.left) continue;
      const isReady = ({ label, needs }: Input) =>
        !local.shown.includes(label) && (!needs || locals[needs.who]!.out.has(needs.label));
      const input = draws.of([...inputs.filter(isReady), restart]);
      const { next: undisturbed, writes } = await this.#live(who, local, input);
      const kill = this.#kills && draws.chance(0.3) && writes > 1;
      const at = { write: 1 + draws.below(writes), torn: draws.chance(0.5) };
      const next = kill ? (await this.#live(who, local, input, at)).next : undisturbed;
      // Whoever leaves without a word can also stay where it is.
      if (next === local || (next.left && next.out.size === local.out.size)) continue;
      locals[who] = next;
      this.steps += 1;
      inVain = 0;
      found = judged();
    }
    return found;
  }

  #live(who: number, local: Local, input: Input, kill?: Kill) {
    const key = [who, local.id, input.label, kill?.write, kill?.torn].join();
    const known = this.#lived.get(key) ?? this.#states[who]!.live(local, input, kill);
    this.#lived.set(key, known);
    return known;
  }
}
