import { hkdfSync } from 'node:crypto';
import { CodedError, type HexDigest, type ParticipantName, ShareGraph } from '../../contract/index.js';
import { bindingOf, type SumId } from './sum-id.js';
import { reduceModulo, UniformStream } from './uniform-stream.js';
import { x25519Shared } from './x25519.js';

/** A participant of the roster with its public mask key (X25519, hex) for one sum; without one it has no part in the sum. */
export interface MaskPeer {
  readonly name: string;
  readonly maskKey: string | undefined;
}

/** One that has. */
interface KeyedPeer extends MaskPeer {
  readonly maskKey: string;
}

/** @throws {CodedError} ROSTER_MISMATCH unless the roster is sorted by name without repetition. */
export function assertRoster(roster: readonly MaskPeer[]): void {
  if (!roster.every((peer, k) => k === 0 || (roster[k - 1] as MaskPeer).name < peer.name)) {
    throw new CodedError('ROSTER_MISMATCH', 'the roster of the sum is not sorted or names someone twice');
  }
}

/** Position of a participant in the roster, which decides its one-hot slot. */
export function rosterIndex(roster: readonly MaskPeer[], name: string): number {
  assertRoster(roster);
  const index = roster.findIndex((peer) => peer.name === name);
  if (index < 0) throw new CodedError('ROSTER_MISMATCH', `${name} has no place in the roster of the sum`);
  return index;
}

/** Who shares a mask with whom: a function from a name to the peers with mask keys that it has one with, in roster order. */
export function maskPeers(of: {
  readonly roster: readonly MaskPeer[];
  readonly rosterDigest: HexDigest;
  readonly colluders: number;
}): (name: string) => KeyedPeer[] {
  const names = of.roster.map(({ name }) => name as ParticipantName);
  const graph = new ShareGraph({ ...of, names });
  const keyed = of.roster.filter((peer): peer is KeyedPeer => peer.maskKey !== undefined);
  return (name) =>
    keyed.filter((peer) => graph.areNeighbours(name as ParticipantName, peer.name as ParticipantName));
}

/** A mask stream with the sign it enters with. */
interface SignedStream {
  readonly stream: UniformStream;
  readonly add: boolean;
}

function stretch(secret: Uint8Array, binding: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), binding, 32));
}

/**
 * The masks of one sum (Bonawitz et al. 2017, §4: double masking). Between i before j in the roster, i adds and j
 * subtracts PRG(HKDF(X25519(i, j), roster digest, sum id, (i, j))); every participant adds PRG(HKDF(b_i, …)).
 * Streams run on from block to block, so `apply` must see every slot of the vector once, in order.
 */
export class Masks {
  readonly #streams: SignedStream[] = [];
  readonly #scratch: Float64Array;
  readonly #modulus: number;
  readonly #rosterDigest: HexDigest;
  readonly #sumId: SumId;

  constructor(at: { rosterDigest: HexDigest; sumId: SumId; modulus: number; blockValues: number }) {
    this.#rosterDigest = at.rosterDigest;
    this.#sumId = at.sumId;
    this.#modulus = at.modulus;
    this.#scratch = new Float64Array(at.blockValues);
  }

  /** Adds the stream that `self` shares with `peer`, with the sign `self` gives it. */
  pair(self: string, secret: Uint8Array, peer: KeyedPeer): this {
    let shared: Uint8Array;
    try {
      shared = x25519Shared(secret, Buffer.from(peer.maskKey, 'hex'));
    } catch (cause) {
      throw new CodedError('MESSAGE_MALFORMED', `the mask key of ${peer.name} is not usable`, {
        cause,
        parties: [peer.name],
      });
    }
    const first = self < peer.name;
    const ordered = first ? [self, peer.name] : [peer.name, self];
    return this.#push(shared, bindingOf('pair-mask', this.#rosterDigest, this.#sumId, ordered), first);
  }

  /** Adds the self mask of `self`; `negated` takes it away. */
  self(self: string, selfSeed: Uint8Array, negated = false): this {
    return this.#push(selfSeed, bindingOf('self-mask', this.#rosterDigest, this.#sumId, [self]), !negated);
  }

  #push(secret: Uint8Array, binding: Uint8Array, add: boolean): this {
    this.#streams.push({ stream: new UniformStream(stretch(secret, binding), this.#modulus), add });
    return this;
  }

  /** Applies the next `count` elements of every stream to values[0 .. count), all mod t. */
  apply(values: Float64Array, count: number): void {
    const modulus = this.#modulus;
    const scratch = this.#scratch;
    // Terms below t that a double holds exactly beside a residue: 2^21 − 2 in the narrow set, 6 in the wide one.
    const exactTerms = Math.floor(2 ** 53 / modulus) - 2;
    let terms = 0;
    for (const { stream, add } of this.#streams) {
      stream.fill(scratch, count);
      if (add) for (let i = 0; i < count; i++) values[i] = (values[i] as number) + (scratch[i] as number);
      else
        for (let i = 0; i < count; i++)
          values[i] = (values[i] as number) + (modulus - (scratch[i] as number));
      if (++terms % exactTerms === 0) reduceModulo(values, count, modulus);
    }
    reduceModulo(values, count, modulus);
  }
}
