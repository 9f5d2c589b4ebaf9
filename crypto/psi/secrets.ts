import { randomBytes } from 'node:crypto';
import { CodedError, type HexDigest, Secret } from '../../contract/core.js';
import { type IdSet, setDigest } from './id-set.js';

const SECRET_BYTES = 32;
/** scalar ‖ seed of the order ‖ salt ‖ digest of the set. */
const ENCODED_BYTES = 4 * SECRET_BYTES;

/**
 * What one side keeps of one alignment with one peer, bound to one set of ids. A scalar that blinded two sets, or one set
 * for two peers, would link them: each alignment draws its own.
 */
export interface PsiSecrets {
  /** X25519 scalar, any 32 bytes. */
  readonly scalar: Secret;
  /** Seed of the order in which own points are sent. */
  readonly orderSeed: Secret;
  readonly salt: Uint8Array;
  /** Salted; may be shown to others. */
  readonly setDigest: HexDigest;
}

export type RandomBytes = (size: number) => Uint8Array;

/** Drawn once per alignment and journaled before the first point is sent. */
export function drawPsiSecrets(ids: IdSet, random: RandomBytes = randomBytes): PsiSecrets {
  const draw = () => Uint8Array.from(random(SECRET_BYTES));
  const salt = draw();
  return {
    scalar: new Secret(draw()),
    orderSeed: new Secret(draw()),
    salt,
    setDigest: setDigest(salt, ids),
  };
}

/** @throws {CodedError} PSI_SET_CHANGED unless these are the ids, in the row order, that the secrets were drawn for. */
export function assertSameSet(secrets: PsiSecrets, ids: IdSet): void {
  if (setDigest(secrets.salt, ids) !== secrets.setDigest) {
    throw new CodedError(
      'PSI_SET_CHANGED',
      `the ${ids.count} ids are not those that the alignment began with`,
    );
  }
}

/** Form to store encrypted at rest: 128 bytes. */
export function encodePsiSecrets({ scalar, orderSeed, salt, setDigest: digest }: PsiSecrets): Uint8Array {
  const parts = [scalar.reveal(), orderSeed.reveal(), salt, Buffer.from(digest, 'hex')];
  return new Uint8Array(Buffer.concat(parts));
}

/** Own bytes read back. @throws {CodedError} INTERNAL on another length. */
export function decodePsiSecrets(bytes: Uint8Array): PsiSecrets {
  if (bytes.length !== ENCODED_BYTES) {
    throw new CodedError('INTERNAL', `stored alignment secrets have ${bytes.length} bytes`);
  }
  const part = (k: number) => Uint8Array.from(bytes.subarray(k * SECRET_BYTES, (k + 1) * SECRET_BYTES));
  return {
    scalar: new Secret(part(0)),
    orderSeed: new Secret(part(1)),
    salt: part(2),
    setDigest: Buffer.from(part(3)).toString('hex') as HexDigest,
  };
}
