import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { type Clock, CodedError, type Secret, toCodedError } from '../../contract/index.js';
import {
  type ClientConfig,
  decodeToken,
  type EnrolmentToken,
  enrolmentDigest,
  homeFiles,
  isParticipantRole,
  privateKeyPem,
  writeClientFiles,
} from '../../crypto/identity/index.js';
import type { EnrollResponse__Output } from '../../proto/gen/fedrisk/v1/EnrollResponse.js';
import { wire } from '../../proto/index.js';
import type { HomeKeys } from '../keystore/index.js';
import { publishCard } from './cards.js';
import { channelOptions, homeCredentials } from './credentials.js';
import { endPending, type PendingKeys, preparePendingKeys } from './pending-keys.js';
import { fetchPinnedAuthority } from './pinned-authority.js';
import { unaryCall } from './unary-call.js';

export interface Enrolled {
  readonly config: ClientConfig;
  /** Set when no passphrase was given: the file that now holds one. */
  readonly passphraseFile?: string;
  /** Set when the certificate is stored but the card could not be published; `publishCard` does it later. */
  readonly cardError?: CodedError;
}

/**
 * Pins the coordinator's CA by the token, makes this home's keys, trades the token for a certificate and, for
 * participants, publishes the card. Killed at any step it can be run again with the same token.
 * @throws {CodedError} TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, CA_MISMATCH, HOME_EXISTS, KEYSTORE_LOCKED,
 *   COORDINATOR_UNREACHABLE and what else the coordinator answers.
 */
export async function enroll(order: {
  readonly home: string;
  /** As printed by `coordinator invite`. */
  readonly token: string;
  readonly passphrase?: Secret;
  readonly clock: Clock;
}): Promise<Enrolled> {
  const { home, passphrase, clock } = order;
  const token = decodeToken(order.token);
  if (existsSync(join(home, homeFiles.config))) {
    throw new CodedError('HOME_EXISTS', `${home} is enrolled already`);
  }
  if (token.expiresMs <= clock.now()) throw new CodedError('TOKEN_EXPIRED', 'the token has expired');
  const authorityPem = await fetchPinnedAuthority(token.enrolmentAddress, token.caFingerprint);
  const { invitationId, name, organisation, role } = token;
  const pending = await preparePendingKeys(home, { invitationId, name, organisation, role }, passphrase);
  const response = await sendRequest(token, authorityPem, pending);
  const certificatePem = checkCertificate(response, token, authorityPem, pending.keys);
  const config = configOf(token);
  writeClientFiles(home, { config, certificatePem, authorityPem });
  endPending(home);
  const cardError = isParticipantRole(role) ? await publishOwnCard(home, passphrase) : undefined;
  const { passphraseFile } = pending;
  return { config, ...(passphraseFile && { passphraseFile }), ...(cardError && { cardError }) };
}

/** TLS with the pinned CA as the only root: whoever does not hold its server key never sees the secret. */
async function sendRequest(
  { enrolmentAddress, invitationId, secret }: EnrolmentToken,
  authorityPem: string,
  { keys: { participant }, request: csrDer }: PendingKeys,
): Promise<EnrollResponse__Output> {
  const channel = credentials.createSsl(Buffer.from(authorityPem));
  const client = new wire.EnrolmentService(enrolmentAddress, channel, channelOptions);
  const request = {
    invitationId,
    secret: Buffer.from(secret.reveal()).toString('base64url'),
    csrDer,
    identityKey: participant?.signer.publicKey ?? '',
    identitySignature: participant?.signer.sign(enrolmentDigest(invitationId, csrDer)) ?? '',
  };
  try {
    return await unaryCall<EnrollResponse__Output>((...rest) => client.Enroll(request, ...rest));
  } finally {
    client.close();
  }
}

/** The certificate must be for our key, by the pinned CA, and the answer must say what the token says. */
function checkCertificate(
  response: EnrollResponse__Output,
  token: EnrolmentToken,
  authorityPem: string,
  { tlsKey }: HomeKeys,
): string {
  const certificate = parseCertificate(response.certificatePem);
  const authority = new X509Certificate(authorityPem);
  const ours =
    certificate?.checkIssued(authority) &&
    certificate.verify(authority.publicKey) &&
    certificate.checkPrivateKey(createPrivateKey(privateKeyPem(tlsKey)));
  const { name, organisation, role } = response;
  if (
    !certificate ||
    !ours ||
    name !== token.name ||
    organisation !== token.organisation ||
    role !== token.role
  ) {
    throw new CodedError(
      'MESSAGE_MALFORMED',
      'the coordinator answered with a certificate for somebody else',
    );
  }
  return certificate.toString();
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function configOf(token: EnrolmentToken): ClientConfig {
  const { name, organisation, role, address, coordinator, caFingerprint } = token;
  return {
    format: 'fedrisk/home/1',
    name,
    organisation,
    role,
    coordinator: { address, name: coordinator, caFingerprint },
  };
}

/** Enrolment has succeeded by now: what fails here is reported, not thrown. */
async function publishOwnCard(home: string, passphrase?: Secret): Promise<CodedError | undefined> {
  try {
    await publishCard(await homeCredentials(home, passphrase));
    return undefined;
  } catch (thrown) {
    return toCodedError(thrown);
  }
}
