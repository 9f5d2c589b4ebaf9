import { EntriesMap } from './entries-map.js';

/** What a key has from one edition on. */
interface Entry<V> {
  readonly edition: number;
  readonly value: V;
  readonly before: Entry<V> | undefined;
}

/** The entries that a line of maps shares, and the edition of the newest of them. */
interface Line<K, V> {
  readonly entries: Map<K, Entry<V>>;
  newest: number;
}

/**
 * A map that never changes and grows at little cost: what `with` gives shares its entries with the map it came from, which
 * goes on seeing its own. States of a job follow each other that way, and a copy of everybody's entry for everybody's post
 * would be the square of a large roster. Only the newest of a line of maps grows in place; from any other one everything is
 * copied.
 */
export class GrowingMap<K, V> extends EntriesMap<K, V> {
  readonly #line: Line<K, V>;
  readonly #edition: number;
  readonly size: number;

  private constructor(line: Line<K, V>, size: number) {
    super();
    this.#line = line;
    this.#edition = line.newest;
    this.size = size;
  }

  /** A map with the entries of another one, in their order. */
  static of<K, V>(map: ReadonlyMap<K, V>): GrowingMap<K, V> {
    return map instanceof GrowingMap ? map : GrowingMap.#copy(map);
  }

  static #copy<K, V>(map: ReadonlyMap<K, V>): GrowingMap<K, V> {
    const entries = new Map<K, Entry<V>>();
    for (const [key, value] of map) entries.set(key, { edition: 0, value, before: undefined });
    return new GrowingMap({ entries, newest: 0 }, entries.size);
  }

  with(key: K, value: V): GrowingMap<K, V> {
    const line = this.#line;
    if (this.#edition < line.newest) return GrowingMap.#copy(this).with(key, value);
    const before = line.entries.get(key);
    line.newest += 1;
    line.entries.set(key, { edition: line.newest, value, before });
    return new GrowingMap(line, before ? this.size : this.size + 1);
  }

  has(key: K): boolean {
    return this.#seen(this.#line.entries.get(key)) !== undefined;
  }

  get(key: K): V | undefined {
    return this.#seen(this.#line.entries.get(key))?.value;
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, newest] of this.#line.entries) {
      const seen = this.#seen(newest);
      if (seen) yield [key, seen.value];
    }
  }

  /** What this map has where the newest of its line has `entry`. */
  #seen(entry: Entry<V> | undefined): Entry<V> | undefined {
    let seen = entry;
    while (seen && seen.edition > this.#edition) seen = seen.before;
    return seen;
  }
}
