import { createHash } from 'node:crypto';
import { CodedError, digestOf, type HexDigest, type Secret } from '../../contract/index.js';
import { curve, distinguishedName, keyPairOf, loadX509, signing } from './x509.js';

/** A PKCS #10 request: a few hundred bytes; anything bigger is not ours. */
const maxBytes = 4096;

/** PKCS #10 request (DER) signed with the TLS key. The CA takes only the public key from it. */
export async function createRequest(name: string, organisation: string, tlsKey: Secret): Promise<Uint8Array> {
  const x509 = await loadX509();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(distinguishedName(name, organisation)),
    keys: await keyPairOf(tlsKey),
    signingAlgorithm: signing,
  });
  return new Uint8Array(request.rawData);
}

/**
 * The public key of a foreign request whose signature proves possession of the private half.
 * @throws {CodedError} MESSAGE_MALFORMED
 */
export async function publicKeyOfRequest(der: Uint8Array): Promise<CryptoKey> {
  if (der.length === 0 || der.length > maxBytes) throw malformed();
  const x509 = await loadX509();
  try {
    const request = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
    const publicKey = await request.publicKey.export(curve, ['verify']);
    if (!(await request.verify())) throw malformed();
    return publicKey;
  } catch (cause) {
    throw malformed(cause);
  }
}

/** What the identity key signs at enrolment: this invitation is traded for a certificate on this request. */
export function enrolmentDigest(invitationId: string, requestDer: Uint8Array): HexDigest {
  return digestOf('fedrisk/v1/enrolment', { invitationId, request: requestDigest(requestDer) });
}

export function requestDigest(der: Uint8Array): HexDigest {
  return createHash('sha256').update(der).digest('hex') as HexDigest;
}

function malformed(cause?: unknown): CodedError<'MESSAGE_MALFORMED'> {
  return new CodedError('MESSAGE_MALFORMED', 'the certificate request is not a self-signed P-256 request', {
    cause,
  });
}
