import { createHash, hkdfSync } from 'node:crypto';
import { CodedError, castOf, type ParticipantName, type Secret } from '../../contract/index.js';
import { holderSeeds } from './mask-seeds.js';
import type { OnlineJob } from './online-job.js';

const keyBytes = 32;
/** Zeros under a pad: noise passes for sides with chance 2^-32. */
const checkBytes = 4;

/** Bytes of what a feature holder tells: its sides; with several holders zeros to check by, and a key for each other one. */
export function toldBytes(sides: number, { spec }: OnlineJob): number {
  const others = castOf(spec).holders.length - 1;
  return others === 0 ? sides : checkBytes + sides + others * keyBytes;
}

/**
 * Sides of a feature holder under a pad that only all other holders together open: each of them gives a key with its own answer,
 * for one request id *and customer*. So a label holder learns nothing of a customer that one of them lacks, nor by asking two of
 * them for two customers under one id. Keys follow from the seeds that two holders share (mask-seeds.ts), under a label of their own.
 */
export class SidePads {
  readonly #job: OnlineJob;
  readonly #seeds: ReadonlyMap<string, Secret>;

  /** @throws when a peer's job key is of small order. */
  constructor(job: OnlineJob) {
    this.#job = job;
    this.#seeds = holderSeeds(job);
  }

  /** @param customer 32 bytes. */
  told(sides: Uint8Array, requestId: string, customer: Uint8Array): Uint8Array {
    if (this.#seeds.size === 0) return sides;
    const { me } = this.#job;
    const others = [...this.#seeds.keys()];
    const keyOf = (owner: string, peer: string) => this.#key(owner, peer, requestId, customer);
    const covered = new Uint8Array(checkBytes + sides.length);
    covered.set(sides, checkBytes);
    cover(
      covered,
      others.map((peer) => keyOf(me, peer)),
    );
    return Buffer.concat([covered, ...others.map((owner) => keyOf(owner, owner))]);
  }

  /** Key of the pad of `owner` that this holder shares with `peer`: one of them is the owner. */
  #key(owner: string, peer: string, requestId: string, customer: Uint8Array): Uint8Array {
    const info = `fedrisk/v1/online-pad/${owner}/${requestId}/${Buffer.from(customer).toString('hex')}`;
    const seed = this.#seeds.get(peer)!.reveal();
    return new Uint8Array(hkdfSync('sha256', seed, this.#job.rosterDigest, info, keyBytes));
  }
}

/**
 * What all feature holders told, uncovered at the label holder.
 * @throws {CodedError} MESSAGE_MALFORMED when pads and keys do not belong together; whose are wrong cannot be told.
 */
export function uncovered(
  { spec }: OnlineJob,
  told: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  const { holders } = castOf(spec);
  if (holders.length === 1) return told;
  const keyFor = (owner: ParticipantName, from: string) => {
    const place = holders.filter((holder) => holder !== from).indexOf(owner);
    const body = told.get(from)!;
    const end = body.length - (holders.length - 2 - place) * keyBytes;
    return body.subarray(end - keyBytes, end);
  };
  return new Map(
    holders.map((owner) => {
      const body = told.get(owner)!;
      const covered = body.slice(0, body.length - (holders.length - 1) * keyBytes);
      const givers = holders.filter((holder) => holder !== owner);
      cover(
        covered,
        givers.map((from) => keyFor(owner, from)),
      );
      if (covered.subarray(0, checkBytes).some((byte) => byte !== 0)) {
        throw new CodedError(
          'MESSAGE_MALFORMED',
          `the sides of ${owner} and the keys of ${givers.join(', ')} do not belong together`,
          { parties: holders },
        );
      }
      return [owner, covered.subarray(checkBytes)];
    }),
  );
}

/** Exclusive or with SHAKE256 (FIPS 202) of the keys, in roster order of who shares them. */
function cover(bytes: Uint8Array, keys: readonly Uint8Array[]): void {
  const pad = createHash('shake256', { outputLength: bytes.length }).update('fedrisk/v1/online-pad\0');
  for (const key of keys) pad.update(key);
  pad.digest().forEach((byte, at) => {
    bytes[at]! ^= byte;
  });
}
