interface Entry<V> {
  /** Its place in the order of insertion. */
  readonly at: number;
  readonly value: V;
}

/**
 * A map that never changes and grows at little cost: what `with` gives shares its entries with the map it came from, which
 * goes on seeing its own. States of a job follow each other that way, and a copy of everybody's entry for everybody's post
 * would be the square of a large roster. Only the newest of a line of maps grows in place; from any other one, and where a
 * value is replaced, everything is copied.
 */
export class GrowingMap<K, V> implements ReadonlyMap<K, V> {
  readonly #entries: Map<K, Entry<V>>;
  readonly size: number;

  private constructor(entries: Map<K, Entry<V>>, size: number) {
    this.#entries = entries;
    this.size = size;
  }

  /** A map with the entries of another one, in their order. */
  static of<K, V>(map: ReadonlyMap<K, V>): GrowingMap<K, V> {
    return map instanceof GrowingMap ? map : GrowingMap.#copy(map);
  }

  static #copy<K, V>(map: Iterable<readonly [K, V]>): GrowingMap<K, V> {
    const entries = new Map<K, Entry<V>>();
    for (const [key, value] of map) entries.set(key, { at: entries.get(key)?.at ?? entries.size, value });
    return new GrowingMap(entries, entries.size);
  }

  with(key: K, value: V): GrowingMap<K, V> {
    if (this.has(key) || this.#entries.size > this.size) return GrowingMap.#copy([...this, [key, value]]);
    this.#entries.set(key, { at: this.size, value });
    return new GrowingMap(this.#entries, this.size + 1);
  }

  has(key: K): boolean {
    return (this.#entries.get(key)?.at ?? this.size) < this.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.at < this.size ? entry.value : undefined;
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, { at, value }] of this.#entries) {
      if (at >= this.size) return;
      yield [key, value];
    }
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}
