import type * as X509 from '@peculiar/x509';
import { CodedError, Secret } from '../../contract/index.js';

/** One curve everywhere: P-256 with SHA-256, which every TLS stack speaks. */
export const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Loaded when it is used, which is at enrolment: every start of a process and of a worker would pay 0.1 s for it. */
export async function loadX509(): Promise<typeof X509> {
  // The library's dependency injection needs the metadata polyfill before its own module body runs.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** A P-256 private key, PKCS #8 DER, made where it is used. */
export async function generateTlsKey(): Promise<Secret> {
  const pair = await crypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  return new Secret(new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)));
}

/** The form TLS libraries take; as secret as the key. */
export function privateKeyPem(privateKey: Secret): Buffer {
  const lines =
    Buffer.from(privateKey.reveal())
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return Buffer.from(`-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`);
}

/** @throws {CodedError} KEYSTORE_LOCKED when the bytes are not a P-256 private key. */
export async function keyPairOf(privateKey: Secret): Promise<CryptoKeyPair> {
  try {
    const bytes = new Uint8Array(privateKey.reveal());
    const secretKey = await crypto.subtle.importKey('pkcs8', bytes, curve, true, ['sign']);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', secretKey);
    const jwk = { kty, crv, x, y } as JsonWebKey;
    const publicKey = await crypto.subtle.importKey('jwk', jwk, curve, true, ['verify']);
    return { privateKey: secretKey, publicKey };
  } catch (cause) {
    throw new CodedError('KEYSTORE_LOCKED', 'the TLS key is no P-256 key', { cause });
  }
}

/** Distinguished name as attributes, never as a string: a comma or `OU=` in an organisation stays inside its value. */
export function distinguishedName(name: string, organisation: string, unit?: string): X509.JsonName {
  const attributes = [{ CN: [name] }, { O: [organisation] }];
  return unit === undefined ? attributes : [...attributes, { OU: [unit] }];
}
