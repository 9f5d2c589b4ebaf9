import { CodedError } from '../../contract/index.js';
import { certificateFingerprint } from '../../crypto/identity/index.js';
import type { Caller, Registry } from './registry.js';

/** The part of a grpc-js server call that says who is at the other end. */
export interface AuthenticatedCall {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly raw: Uint8Array } };
}

/**
 * TLS has checked chain and dates when the connection was made; the registry says, at every call, whether the
 * certificate still counts. Nothing is read from the certificate's subject: its fingerprint names the enrolment.
 * Long streams call this again while they run.
 * @throws {CodedError} CERTIFICATE_UNKNOWN, CERTIFICATE_REVOKED or CERTIFICATE_EXPIRED
 */
export async function authenticate(registry: Registry, call: AuthenticatedCall): Promise<Caller> {
  const certificate = call.getAuthContext().sslPeerCertificate;
  if (!certificate) throw new CodedError('CERTIFICATE_UNKNOWN', 'the caller showed no certificate');
  return registry.caller(certificateFingerprint(certificate.raw));
}

/** Who called, for a line in the log; the address of a caller that is not known. */
export function nameForLog(registry: Registry, call: AuthenticatedCall & { getPeer(): string }): string {
  const certificate = call.getAuthContext().sslPeerCertificate;
  const name = certificate && registry.knownName(certificateFingerprint(certificate.raw));
  return name ?? call.getPeer().replace(/:\d+$/, '');
}
