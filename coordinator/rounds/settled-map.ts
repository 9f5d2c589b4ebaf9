import type { ParticipantName } from '../../contract/index.js';
import { type Column, columnOf } from './column.js';
import { EntriesMap } from './entries-map.js';

/**
 * What each of a roster said in one place, by name, in the order in which it was said. Others say the same but for a few numbers and a
 * digest, so what all have in common stands there once and what they differ in lies in columns: a value is made when it is asked for.
 * A large job holds some thousands of posts for each of its sums until it ends.
 */
export class SettledMap<V> extends EntriesMap<ParticipantName, V> {
  /** Row of each place of the roster; `none` where nothing was said. */
  readonly #rows: Uint16Array;
  /** Place in the roster of each row. */
  readonly #places: Uint16Array;
  readonly #value: Column;

  /** @param map of members of the roster, which has at most 65,535. */
  private constructor(
    private readonly roster: readonly ParticipantName[],
    map: ReadonlyMap<ParticipantName, V>,
  ) {
    super();
    const places = placesOf(roster);
    this.#rows = new Uint16Array(roster.length).fill(none);
    this.#places = Uint16Array.from(map.keys(), (name) => places.get(name)!);
    this.#places.forEach((place, row) => {
      this.#rows[place] = row;
    });
    this.#value = columnOf([...map.values()]);
  }

  static of<V>(roster: readonly ParticipantName[], map: ReadonlyMap<ParticipantName, V>): SettledMap<V> {
    return map instanceof SettledMap ? map : new SettledMap(roster, map);
  }

  get size(): number {
    return this.#places.length;
  }

  has(name: ParticipantName): boolean {
    return this.#rowOf(name) !== none;
  }

  get(name: ParticipantName): V | undefined {
    const row = this.#rowOf(name);
    return row === none ? undefined : (this.#value(row) as V);
  }

  *entries(): MapIterator<[ParticipantName, V]> {
    for (const [row, place] of this.#places.entries()) yield [this.roster[place]!, this.#value(row) as V];
  }

  /** Without the values, which would be made. */
  override *keys(): MapIterator<ParticipantName> {
    for (const place of this.#places) yield this.roster[place]!;
  }

  #rowOf(name: ParticipantName): number {
    const place = placesOf(this.roster).get(name);
    return place === undefined ? none : this.#rows[place]!;
  }
}

const none = 0xffff;

type Places = ReadonlyMap<ParticipantName, number>;
/** A job has one roster, which lives as long as its states. */
const known = new WeakMap<readonly ParticipantName[], Places>();

function placesOf(roster: readonly ParticipantName[]): Places {
  const places = known.get(roster) ?? new Map(roster.map((name, place) => [name, place]));
  known.set(roster, places);
  return places;
}
