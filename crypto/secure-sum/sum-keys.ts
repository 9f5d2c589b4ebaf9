import { createHash, randomBytes } from 'node:crypto';
import { split } from 'shamir-secret-sharing';
import { CodedError, type HexDigest, Secret } from '../../contract/index.js';
import { SALT_BYTES, SECRET_BYTES } from './reveal-size.js';
import { x25519Public } from './x25519.js';

/** Gives `count` random bytes; the operating system's unless a test brings its own. */
export type RandomBytes = (count: number) => Uint8Array;

const PACKED_BYTES = 2 * SECRET_BYTES + SALT_BYTES;

/** What a participant keeps for one sum: X25519 mask secret ‖ self-mask seed b_i ‖ salt, 80 bytes. Used for nothing else. */
export class SumSecrets {
  readonly #packed: Secret;

  private constructor(packed: Secret) {
    this.#packed = packed;
  }

  static draw(random: RandomBytes = randomBytes): SumSecrets {
    return new SumSecrets(new Secret(Uint8Array.from(random(PACKED_BYTES))));
  }

  /** The journaled form read back. @throws {CodedError} INTERNAL on another length. */
  static of(packed: Secret): SumSecrets {
    if (packed.reveal().length !== PACKED_BYTES)
      throw new CodedError('INTERNAL', 'stored sum secrets are damaged');
    return new SumSecrets(packed);
  }

  /** The form to journal, encrypted at rest. */
  get packed(): Secret {
    return this.#packed;
  }

  /** Views of the secret bytes; for contribute() and worker threads. */
  reveal(): { maskSecret: Uint8Array; selfSeed: Uint8Array; salt: Uint8Array } {
    const bytes = this.#packed.reveal();
    return {
      maskSecret: bytes.subarray(0, SECRET_BYTES),
      selfSeed: bytes.subarray(SECRET_BYTES, 2 * SECRET_BYTES),
      salt: bytes.subarray(2 * SECRET_BYTES),
    };
  }

  /** b_i ‖ salt, which opens the commitment; a view. */
  get seedOpening(): Uint8Array {
    return this.#packed.reveal().subarray(SECRET_BYTES);
  }

  /** The public half: one entry of a `sumKeys` post. */
  publicKey(): { maskKey: string; selfCommitment: HexDigest } {
    const { maskSecret, selfSeed, salt } = this.reveal();
    return {
      maskKey: Buffer.from(x25519Public(maskSecret)).toString('hex'),
      selfCommitment: commitmentOf(selfSeed, salt),
    };
  }

  /**
   * Shamir shares, one pair per holder (the owner included), any `threshold` of which reconstruct.
   * b_i is shared together with its salt: whoever reconstructs must be able to check the commitment.
   */
  async share(among: { holders: number; threshold: number }): Promise<SumShare[]> {
    const { maskSecret } = this.reveal();
    const seedAndSalt = Uint8Array.from(this.seedOpening);
    const mask = await split(Uint8Array.from(maskSecret), among.holders, among.threshold);
    const self = await split(seedAndSalt, among.holders, among.threshold);
    seedAndSalt.fill(0);
    return mask.map((share, k) => ({ mask: share, self: self[k] as Uint8Array }));
  }

  wipe(): void {
    this.#packed.wipe();
  }
}

/** One receiver's shares of one participant's secrets for one sum: of the mask secret, and of b_i ‖ salt. */
export interface SumShare {
  readonly mask: Uint8Array;
  readonly self: Uint8Array;
}

/** SHA-256(b_i ‖ salt), hex. */
export function commitmentOf(selfSeed: Uint8Array, salt: Uint8Array): HexDigest {
  return createHash('sha256').update(selfSeed).update(salt).digest('hex') as HexDigest;
}
