/**
 * What replicas share of ciphertexts and parcels. Keys are those of places.ts: a prefix is whole parts of a key. The bytes
 * under a key never change: an upload's name holds its digest, and a sum is added alike by everybody.
 *
 * Every method rejects with COORDINATOR_UNREACHABLE while the store does not answer. Implementations hold a few
 * megabytes in memory, whatever the size, and pass tests/contract/blob-suite.ts.
 */
export interface SharedBlobs {
  /** Stores a file; what stood under the key is replaced whole. When this returns the bytes are durable. */
  put(key: string, file: string): Promise<void>;
  /** Size in bytes; undefined where nothing is stored. */
  size(key: string): Promise<number | undefined>;
  /** The bytes in pieces, undefined where nothing is stored. They may break off when the key is removed meanwhile. */
  get(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Keys below `prefix/`. */
  keys(prefix: string): Promise<string[]>;
  /** Removes everything below `prefix/`, but one key if it is given. */
  remove(prefix: string, but?: string): Promise<void>;
  /** First parts of all keys, each once. */
  roots(): Promise<string[]>;
  close(): Promise<void>;
}
