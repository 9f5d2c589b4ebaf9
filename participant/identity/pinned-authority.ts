import { X509Certificate } from 'node:crypto';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { CodedError } from '../../contract/index.js';
import { certificateFingerprint, coordinatorServerName } from '../../crypto/identity/index.js';
import { callTimeoutMs } from './credentials.js';

/** Longest chain looked through: server, CA, and one to spare. */
const maxChain = 3;

/**
 * Fetches the coordinator's CA certificate from the enrolment port and holds it against the fingerprint in the
 * token. This connection trusts nobody and sends nothing; the secret goes over a second one that has this CA as
 * its only root.
 * @returns the CA certificate, PEM.
 * @throws {CodedError} CA_MISMATCH, COORDINATOR_UNREACHABLE
 */
export async function fetchPinnedAuthority(address: string, caFingerprint: string): Promise<string> {
  const [server, ...issuers] = await fetchChain(address);
  const authority = issuers.find(({ raw }) => certificateFingerprint(raw) === caFingerprint);
  if (!server || !authority || !issuedBy(server, authority)) {
    throw new CodedError('CA_MISMATCH', `${address} does not show the CA ${caFingerprint.slice(0, 32)}…`);
  }
  return authority.toString();
}

function issuedBy(server: X509Certificate, authority: X509Certificate): boolean {
  return server.checkIssued(authority) && server.verify(authority.publicKey);
}

function fetchChain(address: string): Promise<X509Certificate[]> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      servername: coordinatorServerName,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    const unreachable = (cause: Error) =>
      reject(
        new CodedError('COORDINATOR_UNREACHABLE', `no coordinator answers at ${address}: ${cause.message}`, {
          cause,
        }),
      );
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), callTimeoutMs);
    socket.once('secureConnect', () => {
      resolve(chainOf(socket.getPeerCertificate(true)));
      socket.destroy();
    });
    socket.once('error', unreachable);
    socket.once('close', () => {
      clearTimeout(timer);
      unreachable(new Error('connection closed'));
    });
  });
}

/** Foreign certificates; a root names itself as its issuer, which ends the walk. */
function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let certificate: DetailedPeerCertificate | undefined = leaf;
  while (certificate?.raw && chain.length < maxChain) {
    chain.push(new X509Certificate(certificate.raw));
    const issuer: DetailedPeerCertificate = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return chain;
}
