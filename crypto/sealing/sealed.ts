import { createHash } from 'node:crypto';
import { CodedError, canonicalJson, type HexDigest, limits, type Secret } from '../../contract/index.js';
import { type Signer, verifySignature } from '../identity/index.js';
import { type Encrypted, openBase, sealBase } from './hpke.js';

/**
 * Where a sealed message belongs (PROTOCOLS §1). Receiver and sender each build it from what they expect, so a
 * message in any other place does not open.
 */
export interface SealAad {
  /** Digest of the roster; it binds the job. */
  readonly rosterDigest: string;
  /** Session or sum id within the job. */
  readonly session: string;
  readonly sender: string;
  readonly receiver: string;
  readonly purpose: string;
  /** Position within (session, sender, receiver, purpose), from 0. */
  readonly seq: number;
  /** True for the last message of that sequence. */
  readonly last: boolean;
}

/** A message only its receiver can read and only its sender could have written. */
export interface SealedMessage extends Encrypted {
  /** Ed25519 by the sender's identity key over SHA-256(aad, enc, ciphertext), hex. */
  readonly signature: string;
}

const info = Buffer.from('fedrisk/v1/sealed');

/**
 * Sender's side. HPKE base mode authenticates nobody, hence the signature; it covers the aad, so the
 * coordinator cannot move a message to another place. The relay learns the aad and the length.
 * @throws {CodedError} MESSAGE_MALFORMED when the receiver's key is no usable X25519 key (a small-order
 *   point would make the shared secret public), MESSAGE_TOO_LARGE beyond limits.sealedBytes.
 */
export async function seal(message: {
  /** The receiver's X25519 key of this job, hex. */
  readonly receiverKey: string;
  readonly signer: Signer;
  readonly aad: SealAad;
  readonly plaintext: Uint8Array;
}): Promise<SealedMessage> {
  const { receiverKey, signer, plaintext } = message;
  if (plaintext.length + 16 > limits.sealedBytes) {
    throw new CodedError('MESSAGE_TOO_LARGE', `sealed message of ${plaintext.length} bytes`);
  }
  const aad = encodeAad(message.aad);
  const sealed = await sealBase(Buffer.from(receiverKey, 'hex'), info, aad, plaintext).catch((cause) => {
    throw new CodedError(
      'MESSAGE_MALFORMED',
      `the job key of ${message.aad.receiver} is no usable X25519 key`,
      {
        cause,
        parties: [message.aad.receiver],
      },
    );
  });
  return { ...sealed, signature: signer.sign(signedDigest(aad, sealed)) };
}

/**
 * Receiver's side. The signature is checked first, so nothing unsigned reaches the decryption.
 * `aad` is what the receiver expects next from this sender; a replayed or reordered message differs in `seq`
 * or `session` and is refused.
 * @throws {CodedError} SEALED_INVALID naming the sender; one message for every cause, so it is no oracle.
 */
export async function openSealed(
  message: {
    readonly privateKey: Secret;
    /** The sender's pinned identity key, hex. */
    readonly senderKey: string;
    readonly aad: SealAad;
  } & SealedMessage,
): Promise<Uint8Array> {
  const { privateKey, senderKey, enc, ciphertext, signature } = message;
  const aad = encodeAad(message.aad);
  if (!verifySignature(senderKey, signedDigest(aad, { enc, ciphertext }), signature)) {
    throw invalid(message.aad);
  }
  try {
    return await openBase(privateKey, info, aad, { enc, ciphertext });
  } catch (cause) {
    throw invalid(message.aad, cause);
  }
}

function invalid(aad: SealAad, cause?: unknown): CodedError<'SEALED_INVALID'> {
  const place = `${aad.purpose} message ${aad.seq} of ${aad.sender} for ${aad.receiver}`;
  return new CodedError('SEALED_INVALID', `${place} is not what it should be`, {
    cause,
    parties: [aad.sender],
  });
}

export function encodeAad(aad: SealAad): Uint8Array {
  const { rosterDigest, session, sender, receiver, purpose, seq, last } = aad;
  const json = canonicalJson({ rosterDigest, session, sender, receiver, purpose, seq, last });
  return Buffer.from(`fedrisk/v1/sealed-aad\0${json}`);
}

/** Each part stands behind its length (32 bits, big endian), so no byte can move from one part to the next. */
export function signedDigest(aad: Uint8Array, { enc, ciphertext }: Encrypted): HexDigest {
  const hash = createHash('sha256').update('fedrisk/v1/sealed-signature\0');
  for (const part of [aad, enc, ciphertext]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return hash.digest('hex') as HexDigest;
}
