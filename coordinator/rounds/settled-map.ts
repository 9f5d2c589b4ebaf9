import { isDeepStrictEqual } from 'node:util';
import type { ParticipantName } from '../../contract/index.js';

/**
 * What each of a roster said in one place, by name, in the order in which it was said. Others say the same but for a few numbers and a
 * digest, so what all have in common stands there once and what they differ in lies in columns: a value is made when it is asked for.
 * A large job holds some thousands of posts for each of its sums until it ends.
 */
export class SettledMap<V> implements ReadonlyMap<ParticipantName, V> {
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

  *keys(): MapIterator<ParticipantName> {
    for (const place of this.#places) yield this.roster[place]!;
  }

  *values(): MapIterator<V> {
    for (const row of this.#places.keys()) yield this.#value(row) as V;
  }

  [Symbol.iterator](): MapIterator<[ParticipantName, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: ParticipantName, map: ReadonlyMap<ParticipantName, V>) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
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

/** The value in a row. Each kind is made by a function of its own: a closure holds on to all of the scope that it stands in. */
type Column = (row: number) => unknown;

function columnOf(values: readonly unknown[]): Column {
  const [first] = values;
  if (alike(values)) return constant(first);
  if (values.every((value) => typeof value === 'number')) return inOrder(Float64Array.from(values));
  if (values.every(isDigest)) return digests(Buffer.from(values.join(''), 'hex'));
  if (values.every(Array.isArray) && values.every(({ length }) => length === values[0]!.length)) {
    return list((values[0] as readonly unknown[]).map((_, at) => columnOf(values.map((value) => value[at]))));
  }
  if (values.every(isRecord) && alike(values.map(Object.keys))) {
    const differing = Object.keys(values[0]!).filter((key) => !alike(values.map((value) => value[key])));
    return record(
      values[0]!,
      differing.map((key) => [key, columnOf(values.map((value) => value[key]))]),
    );
  }
  return inOrder([...values]);
}

function constant(value: unknown): Column {
  return () => value;
}

function inOrder(values: ArrayLike<unknown>): Column {
  return (row) => values[row];
}

const digestBytes = 32;

function digests(bytes: Buffer): Column {
  return (row) => bytes.toString('hex', row * digestBytes, (row + 1) * digestBytes);
}

function list(columns: readonly Column[]): Column {
  return (row) => columns.map((column) => column(row));
}

/** @param first the first of them. */
function record(first: object, differing: readonly (readonly [key: string, column: Column])[]): Column {
  return (row) => {
    const made: Record<string, unknown> = { ...first };
    for (const [key, column] of differing) made[key] = column(row);
    return made;
  };
}

function alike(values: readonly unknown[]): boolean {
  return values.every((value) => isDeepStrictEqual(value, values[0]));
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  const plain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  // To set this one means something else.
  return plain && !Object.hasOwn(value, '__proto__');
}
