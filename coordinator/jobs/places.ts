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

/** Who said what where in a job: an index over its transcript, grown with it. */
export class Places {
  readonly #jobId: JobId;
  readonly #taken = new Map<string, Taken>();

  constructor(jobId: JobId) {
    this.#jobId = jobId;
  }

  add({ index, body }: JobEvent): void {
    if (body.kind !== 'posted') return;
    this.#taken.set(keyOf(body.post), { index, digest: postDigest(this.#jobId, body.post) });
  }

  /** Takes over what another index has. */
  join(other: Places): void {
    for (const [key, taken] of other.#taken) this.#taken.set(key, taken);
  }

  /** What the sender said before in the place of this post. */
  find(post: Post): Taken | undefined {
    return this.#taken.get(keyOf(post));
  }
}

function keyOf({ sender, body }: Post): string {
  return `${sender}/${postPlace(body)}`;
}
