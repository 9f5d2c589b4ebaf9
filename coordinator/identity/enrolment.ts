import { z } from 'zod';
import { type Clock, CodedError, hex, Secret } from '../../contract/index.js';
import {
  type Authority,
  certificateFingerprint,
  enrolmentDigest,
  isParticipantRole,
  issueClientCertificate,
  publicKeyOfRequest,
  requestDigest,
  verifySignature,
} from '../../crypto/identity/index.js';
import type { Registry } from './registry.js';
import type { Enrolment, Invitation } from './registry-state.js';

const enrollRequest = z.object({
  invitationId: hex(16),
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  csrDer: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= 4096),
  identityKey: z.union([z.literal(''), hex(32)]),
  identitySignature: z.union([z.literal(''), hex(64)]),
});
type EnrolmentRequest = z.infer<typeof enrollRequest>;

/**
 * Trades an invitation for a certificate. Nothing is recorded before the last check has passed, so a refused
 * attempt does not use the token up; an answer lost after that is given again to the same request.
 * @throws {CodedError} MESSAGE_MALFORMED, TOKEN_INVALID, TOKEN_USED, TOKEN_EXPIRED, SIGNATURE_INVALID,
 *   NAME_TAKEN, CERTIFICATE_REVOKED
 */
export async function enrolParty(
  registry: Registry,
  authority: Authority,
  clock: Clock,
  foreign: unknown,
): Promise<Enrolment> {
  const request = parseRequest(foreign);
  const digest = requestDigest(request.csrDer);
  const secret = new Secret(new Uint8Array(Buffer.from(request.secret, 'base64url')));
  const invitation = await registry.invitation(request.invitationId, secret, digest);
  checkIdentityKey(invitation, request);
  if (invitation.usedFor) return stillValid(invitation.usedFor);
  const { invitationId, name, organisation, role } = invitation;
  const publicKey = await publicKeyOfRequest(request.csrDer);
  const certificate = await issueClientCertificate(
    authority,
    { name, organisation, role },
    publicKey,
    clock.now(),
  );
  return registry.enrol({
    invitationId,
    name,
    organisation,
    role,
    certificateFingerprint: certificateFingerprint(certificate.pem),
    certificatePem: certificate.pem,
    requestDigest: digest,
    identityKey: request.identityKey,
    expiresMs: certificate.expiresMs,
  });
}

function stillValid(enrolment: Enrolment): Enrolment {
  if (!enrolment.revoked) return enrolment;
  throw new CodedError('CERTIFICATE_REVOKED', `the certificate of ${enrolment.name} was revoked`, {
    parties: [enrolment.name],
  });
}

function parseRequest(foreign: unknown): EnrolmentRequest {
  const parsed = enrollRequest.safeParse(foreign);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.');
  throw new CodedError('MESSAGE_MALFORMED', `enrolment request: ${field} does not fit`);
}

/** Participants prove that they hold the identity key they bring; people have none. */
function checkIdentityKey(invitation: Invitation, request: EnrolmentRequest): void {
  const { invitationId, csrDer, identityKey, identitySignature } = request;
  if (isParticipantRole(invitation.role) !== (identityKey !== '')) {
    throw new CodedError(
      'MESSAGE_MALFORMED',
      'an identity key is for banks and platforms, and they need one',
    );
  }
  if (identityKey === '') return;
  if (!verifySignature(identityKey, enrolmentDigest(invitationId, csrDer), identitySignature)) {
    throw new CodedError('SIGNATURE_INVALID', `the request of ${invitation.name} is not signed by its key`, {
      parties: [invitation.name],
    });
  }
}
