/** What every map has that knows its entries. */
export abstract class EntriesMap<K, V> implements ReadonlyMap<K, V> {
  abstract readonly size: number;
  abstract has(key: K): boolean;
  abstract get(key: K): V | undefined;
  abstract entries(): MapIterator<[K, V]>;

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
