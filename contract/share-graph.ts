import { createHash } from 'node:crypto';
import type { HexDigest, ParticipantName } from './ids.js';
import { limits } from './limits.js';
import { quorumOf } from './quorum.js';

/** Shares that one secret can be split into: the sharing's field has 255 places besides zero. */
const mostHolders = 255;
/** A quarter of the neighbours in a large roster: with 100 of them, half of the roster may vanish at random. */
const fewestShares = 25;

/**
 * Who masks with whom and holds shares of whose secrets in the sums of one job (Bell et al. 2020, §3). Up to 255
 * participants everybody does with everybody, and Q shares reconstruct. In a larger roster each participant has 4t
 * neighbours, the 2t before and the 2t after it on a ring (the Harary graph), and t of their shares reconstruct, with
 * t > c, so that c colluders alone reconstruct nothing. Places on the ring follow from hashes over the roster, which
 * nobody chooses alone; what is safe does not rest on that but on `joins`, which everybody asks for itself.
 */
export class ShareGraph {
  /** Shares that reconstruct a secret. */
  readonly threshold: number;
  /** In roster order. */
  readonly names: readonly ParticipantName[];
  readonly #colluders: number;
  /** Names in ring order; undefined when everybody is next to everybody. */
  readonly #ring: readonly ParticipantName[] | undefined;
  readonly #places = new Map<string, number>();

  /** @param of names in roster order, the digest of the roster, and c. */
  constructor(of: {
    readonly names: readonly ParticipantName[];
    readonly rosterDigest: HexDigest;
    readonly colluders: number;
  }) {
    const { names, rosterDigest, colluders } = of;
    this.names = names;
    this.#colluders = colluders;
    if (names.length <= mostHolders) {
      this.threshold = quorumOf(names.length, colluders);
      return;
    }
    this.threshold = Math.max(fewestShares, colluders + 1);
    this.#ring = ringOf(names, rosterDigest);
    this.#ring.forEach((name, place) => {
      this.#places.set(name, place);
    });
  }

  /** Those who hold a share of this participant's secrets, itself included, in roster order. Holding goes both ways. */
  holders(name: ParticipantName): readonly ParticipantName[] {
    const ring = this.#ring;
    if (!ring) return this.names;
    const place = this.#places.get(name);
    if (place === undefined) return [];
    const reach = this.#reach;
    const near = Array.from(
      { length: 2 * reach + 1 },
      (_, k) => ring[(place - reach + k + ring.length) % ring.length] as ParticipantName,
    );
    return near.sort();
  }

  /** Everybody this participant shares a mask with, in roster order. */
  neighbours(name: ParticipantName): readonly ParticipantName[] {
    return this.holders(name).filter((other) => other !== name);
  }

  /** Whether one participant holds shares of another's secrets, or they are the same. */
  holds(one: ParticipantName, other: ParticipantName): boolean {
    return one === other || this.areNeighbours(one, other);
  }

  areNeighbours(one: ParticipantName, other: ParticipantName): boolean {
    if (one === other) return false;
    if (!this.#ring) return true;
    const [a, b] = [this.#places.get(one), this.#places.get(other)];
    if (a === undefined || b === undefined) return false;
    const apart = Math.abs(a - b);
    return Math.min(apart, this.#ring.length - apart) <= this.#reach;
  }

  /**
   * Whether the masks between the honest members of a set tie all of them together, whichever c of them collude: only
   * the sum over all of them is open then. That is so when any 2t places in a row hold more than c members: one of them
   * is honest, so going round the ring each honest member finds the next one among its neighbours.
   */
  joins(members: ReadonlySet<string>): boolean {
    return this.#inEveryWindow(members, 2 * this.threshold).every((found) => found > this.#colluders);
  }

  /** Whether the shares of these participants reconstruct a secret of everybody in the roster. */
  opens(revealed: ReadonlySet<string>): boolean {
    if (!this.#ring) return revealed.size >= this.threshold;
    // As many windows as places, each the holders of whoever stands in its middle.
    return this.#inEveryWindow(revealed, 4 * this.threshold + 1).every((found) => found >= this.threshold);
  }

  /** Whether shares of these participants reconstruct the secrets of one. */
  reconstructs(owner: ParticipantName, from: { has(name: ParticipantName): boolean }): boolean {
    let found = 0;
    for (const holder of this.holders(owner)) if (from.has(holder)) found += 1;
    return found >= this.threshold;
  }

  /** How many of a set stand in the windows of so many places in a row, one window from each place on. */
  #inEveryWindow(set: ReadonlySet<string>, width: number): number[] {
    const ring = this.#ring;
    if (!ring) return [];
    const inside = ring.map((name) => (set.has(name) ? 1 : 0));
    let here = inside.slice(0, width).reduce((total: number, one) => total + one, 0);
    return inside.map((leaving, first) => {
      const found = here;
      here += (inside[(first + width) % inside.length] as number) - leaving;
      return found;
    });
  }

  /** Neighbours that each participant has. */
  get degree(): number {
    return this.#ring ? 2 * this.#reach : this.names.length - 1;
  }

  get #reach(): number {
    return 2 * this.threshold;
  }
}

/** Most colluders that a job with so many participants may declare: in large ones 4t + 1 holders have to fit into the sharing. */
export function mostColluders(participants: number): number {
  return participants <= mostHolders ? limits.participants : Math.floor((mostHolders - 1) / 4) - 1;
}

function ringOf(names: readonly ParticipantName[], rosterDigest: HexDigest): ParticipantName[] {
  const placed = names.map((name) => {
    const hash = createHash('sha256').update('fedrisk/v1/share-ring\0').update(rosterDigest).update(name);
    return { name, at: hash.digest('hex') };
  });
  return placed.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ name }) => name);
}
