import { hash } from 'node:crypto';
import {
  type HexDigest,
  type JobEvent,
  type JobId,
  type Post,
  postDigest,
  postPlace,
} from '../../contract/index.js';

interface Taken {
  readonly index: number;
  readonly digest: HexDigest;
}

/** A row in words: 128 bits of the SHA-256 of sender and place, the digest of the post, its index. */
const [keyWords, digestWords] = [4, 8];
const indexWord = keyWords + digestWords;
const rowWords = indexWord + 1;
const [keyBytes, digestBytes] = [4 * keyWords, 4 * digestWords];
/** As many posts as are taken together. */
const fewestRows = 32;

/**
 * Who said what where in a job: an index over its transcript, grown with it. A job of 1,000 participants has 100,000 posts
 * before its first sum: as strings and objects, every collection of garbage would go through three for each. So they are
 * two arrays of numbers, 60 to 120 bytes a post. Who made two places of its own collide, by 2^64 hashes, would have its second
 * post refused.
 */
export class Places {
  readonly #jobId: JobId;
  #rows = new Uint32Array(fewestRows * rowWords);
  /** Open addressing by the first word of the key: number of a row plus one, or 0, as in half of them at least. */
  #slots = new Uint32Array(2 * fewestRows);
  #count = 0;

  constructor(jobId: JobId) {
    this.#jobId = jobId;
  }

  add({ index, body }: JobEvent): void {
    if (body.kind !== 'posted') return;
    const row = new Uint32Array(rowWords);
    row.set(keyOf(body.post));
    bytesOf(row).set(Buffer.from(postDigest(this.#jobId, body.post), 'hex'), keyBytes);
    row[indexWord] = index;
    this.#set(row);
  }

  /** Takes over what another index has. */
  join(other: Places): void {
    for (let row = 0; row < other.#count; row++) this.#set(other.#row(row));
  }

  /** What the sender said before in the place of this post. */
  find(post: Post): Taken | undefined {
    const found = this.#slots[this.#slotOf(keyOf(post))]!;
    if (found === 0) return undefined;
    const row = this.#row(found - 1);
    const digest = bytesOf(row).subarray(keyBytes, keyBytes + digestBytes);
    return { index: row[indexWord]!, digest: Buffer.from(digest).toString('hex') as HexDigest };
  }

  #set(row: Uint32Array): void {
    const slot = this.#slotOf(row);
    const found = this.#slots[slot]!;
    if (found > 0) {
      this.#row(found - 1).set(row);
      return;
    }
    if ((this.#count + 1) * rowWords > this.#rows.length) {
      this.#grow();
      this.#set(row);
      return;
    }
    this.#row(this.#count).set(row);
    this.#count += 1;
    this.#slots[slot] = this.#count;
  }

  #grow(): void {
    const rows = new Uint32Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let row = 0; row < this.#count; row++) this.#slots[this.#slotOf(this.#row(row))] = row + 1;
  }

  /** The slot of a key, or the one that it would take. */
  #slotOf(key: Uint32Array): number {
    const last = this.#slots.length - 1;
    for (let slot = key[0]! & last; ; slot = (slot + 1) & last) {
      const found = this.#slots[slot]!;
      if (found === 0 || isSame(key, this.#row(found - 1))) return slot;
    }
  }

  #row(row: number): Uint32Array {
    return this.#rows.subarray(row * rowWords, (row + 1) * rowWords);
  }
}

function keyOf({ sender, body }: Post): Uint32Array {
  const key = new Uint32Array(keyWords);
  bytesOf(key).set(hash('sha256', `${sender}/${postPlace(body)}`, 'buffer').subarray(0, keyBytes));
  return key;
}

function isSame(key: Uint32Array, row: Uint32Array): boolean {
  for (let word = 0; word < keyWords; word++) {
    if (key[word] !== row[word]) return false;
  }
  return true;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
