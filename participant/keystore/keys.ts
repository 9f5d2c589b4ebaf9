import { randomBytes } from 'node:crypto';
import { CodedError, Secret } from '../../contract/index.js';
import {
  generateIdentity,
  generateTlsKey,
  isParticipantRole,
  type Role,
  type Secrets,
  type Signer,
  signerOf,
} from '../../crypto/identity/index.js';

/** Long-term secrets of a home. All are made here and none ever leaves it. */
export interface HomeKeys {
  /** P-256, PKCS #8 DER. */
  readonly tlsKey: Secret;
  /** Of participants; people have neither identity nor journal. */
  readonly participant?: {
    readonly signer: Signer;
    /** 32 bytes: encrypts the journal at rest (see `encryptAtRest`). */
    readonly journalKey: Secret;
  };
}

export async function generateHomeSecrets(role: Role): Promise<Secrets> {
  const tls = await generateTlsKey();
  if (!isParticipantRole(role)) return { tls };
  const journal = new Secret(new Uint8Array(randomBytes(32)));
  return { tls, identity: generateIdentity().privateKey, journal };
}

/** @throws {CodedError} HOME_INVALID when the keystore lacks a key that the role needs. */
export function homeKeys(secrets: Secrets, role: Role): HomeKeys {
  const { tls, identity, journal } = secrets;
  if (!tls) throw new CodedError('HOME_INVALID', 'the keystore has no TLS key');
  if (!isParticipantRole(role)) return { tlsKey: tls };
  if (!identity || !journal) throw new CodedError('HOME_INVALID', 'the keystore has no identity key');
  return { tlsKey: tls, participant: { signer: signerOf(identity), journalKey: journal } };
}
