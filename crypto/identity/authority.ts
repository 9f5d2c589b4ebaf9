import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import type { Secret } from '../../contract/index.js';
import type { Subject } from './subject.js';
import { distinguishedName, generateTlsKey, keyPairOf, loadX509, signing } from './x509.js';

const dayMs = 86_400_000;
const authorityDays = 3650;
const certificateDays = 825;
/** Clocks of two domains differ; a certificate is valid a little before it was made. */
const skewMs = 300_000;

/**
 * Name that every client expects in the coordinator's server certificate, whatever address it dials: the CA is
 * pinned and issues server certificates to its own coordinator only, so forwarded ports and bare IP addresses
 * need no new certificate.
 */
export const coordinatorServerName = 'coordinator.fedrisk.internal';

/** The coordinator's certificate authority. */
export interface Authority {
  readonly certificatePem: string;
  /** PKCS #8 DER. */
  readonly privateKey: Secret;
}

export interface IssuedCertificate {
  readonly pem: string;
  readonly expiresMs: number;
}

export async function createAuthority(name: string, organisation: string, nowMs: number): Promise<Authority> {
  const x509 = await loadX509();
  const privateKey = await generateTlsKey();
  const keys = await keyPairOf(privateKey);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: drawSerial(),
    name: distinguishedName(`${name} CA`, organisation),
    ...validity(nowMs, authorityDays),
    signingAlgorithm: signing,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: pem(certificate), privateKey };
}

/** For a party: TLS client only. The subject comes from the invitation, never from the request. */
export async function issueClientCertificate(
  authority: Authority,
  subject: Subject,
  publicKey: CryptoKey,
  nowMs: number,
): Promise<IssuedCertificate> {
  return issue(authority, {
    subject: distinguishedName(subject.name, subject.organisation, subject.role),
    publicKey,
    usage: 'clientAuth',
    alternativeNames: [{ type: 'url', value: `urn:fedrisk:party:${subject.name}` }],
    nowMs,
  });
}

/** For the coordinator itself: TLS server under its fixed name and the given host names and IP addresses. */
export async function issueServerCertificate(
  authority: Authority,
  server: { readonly name: string; readonly organisation: string; readonly hosts: readonly string[] },
  publicKey: CryptoKey,
  nowMs: number,
): Promise<IssuedCertificate> {
  const hosts = [...new Set([coordinatorServerName, ...server.hosts])];
  return issue(authority, {
    subject: distinguishedName(server.name, server.organisation, 'coordinator'),
    publicKey,
    usage: 'serverAuth',
    alternativeNames: hosts.map((host) => ({ type: isIP(host) > 0 ? 'ip' : 'dns', value: host })),
    nowMs,
  });
}

async function issue(
  authority: Authority,
  order: {
    readonly subject: X509.JsonName;
    readonly publicKey: CryptoKey;
    readonly usage: 'clientAuth' | 'serverAuth';
    readonly alternativeNames: X509.JsonGeneralNames;
    readonly nowMs: number;
  },
): Promise<IssuedCertificate> {
  const x509 = await loadX509();
  const ca = new x509.X509Certificate(authority.certificatePem);
  const { privateKey } = await keyPairOf(authority.privateKey);
  const period = validity(order.nowMs, certificateDays);
  const notAfter = new Date(Math.min(period.notAfter.getTime(), ca.notAfter.getTime()));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: drawSerial(),
    subject: order.subject,
    issuer: ca.subjectName,
    notBefore: period.notBefore,
    notAfter,
    signingAlgorithm: signing,
    publicKey: order.publicKey,
    signingKey: privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[order.usage]], true),
      new x509.SubjectAlternativeNameExtension(order.alternativeNames),
      await x509.SubjectKeyIdentifierExtension.create(order.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(await ca.publicKey.export()),
    ],
  });
  return { pem: pem(certificate), expiresMs: notAfter.getTime() };
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - skewMs), notAfter: new Date(nowMs + days * dayMs) };
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. 127 random bits. */
function drawSerial(): string {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return serial.toString('hex');
}

function pem(certificate: X509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
