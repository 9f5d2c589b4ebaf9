import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { type ParticipantName, Secret } from '../../../contract/index.js';
import {
  coordinatorServerName,
  createAuthority,
  createRequest,
  generateTlsKey,
  issueClientCertificate,
  issueServerCertificate,
  keyPairOf,
  publicKeyOfRequest,
  subject,
} from '../../../crypto/identity/index.js';
import { codedAsync } from '../../support/coded.js';

const nowMs = Date.UTC(2026, 0, 15);
const authority = await createAuthority('hub', 'Hub Ltd', nowMs);
const ca = new X509Certificate(authority.certificatePem);
const clientAuth = '1.3.6.1.5.5.7.3.2';
const serverAuth = '1.3.6.1.5.5.7.3.1';

async function issueTo(organisation: string) {
  const party = { name: 'bank-a' as ParticipantName, organisation, role: 'bank' as const };
  const { publicKey } = await keyPairOf(await generateTlsKey());
  const issued = await issueClientCertificate(authority, party, publicKey, nowMs);
  return { ...issued, certificate: new X509Certificate(issued.pem) };
}

// OpenSSL, through node:crypto, reads what the X.509 library wrote.
test('a party certificate is issued by the CA, is no CA, and is good for TLS clients only', async () => {
  const { certificate, expiresMs } = await issueTo('Bank A');
  expect(ca.ca).toBe(true);
  expect(ca.checkIssued(ca) && ca.verify(ca.publicKey)).toBe(true);
  expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual([clientAuth]);
  expect(certificate.subject.split('\n')).toEqual(['CN=bank-a', 'O=Bank A', 'OU=bank']);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(nowMs);
  expect(Date.parse(certificate.validTo)).toBe(expiresMs);
});

test('the server certificate carries the fixed name, host names and IP addresses, for TLS servers only', async () => {
  const { publicKey } = await keyPairOf(await generateTlsKey());
  const server = { name: 'hub', organisation: 'Hub Ltd', hosts: ['hub.example', '127.0.0.1', '::1'] };
  const { pem } = await issueServerCertificate(authority, server, publicKey, nowMs);
  const certificate = new X509Certificate(pem);
  expect(certificate.keyUsage).toEqual([serverAuth]);
  for (const host of [coordinatorServerName, 'hub.example']) expect(certificate.checkHost(host)).toBe(host);
  for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.checkHost('evil.example')).toBeUndefined();
});

test('an organisation that looks like a name stays inside its own attribute', async () => {
  const { certificate } = await issueTo('Shell, OU=operator + CN=operator / O=Hub Ltd 银行');
  const { subject: name } = certificate.toLegacyObject();
  expect(name).toMatchObject({ CN: 'bank-a', OU: 'bank' });
  expect(name.O).toBe('Shell, OU=operator + CN=operator / O=Hub Ltd 银行');
});

test('organisations with control characters, bidi overrides or outer blanks are refused', () => {
  for (const organisation of ['A\nOU=operator', 'A\0', 'A\u202eB', ' A', 'A ', '', 'A'.repeat(81)]) {
    expect(subject.safeParse({ name: 'bank-a', organisation, role: 'bank' }).success).toBe(false);
  }
});

test('a request is taken with its own P-256 key only, and no signed byte of it may change', async () => {
  const request = await createRequest('bank-a', 'Bank A', await generateTlsKey());
  expect(await codedAsync(publicKeyOfRequest(request))).toBe('no error');
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const foreign = new Secret(new Uint8Array(p384.export({ format: 'der', type: 'pkcs8' })));
  expect(await codedAsync(createRequest('bank-a', 'Bank A', foreign))).toBe('KEYSTORE_LOCKED');
  const signedBytes = 3 + 3 + request[5]!;
  for (let at = 3; at < signedBytes; at += 5) {
    const changed = new Uint8Array(request);
    changed[at]! ^= 1;
    expect([at, await codedAsync(publicKeyOfRequest(changed))]).toEqual([at, 'MESSAGE_MALFORMED']);
  }
});
