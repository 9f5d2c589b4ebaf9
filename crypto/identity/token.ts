import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { CodedError, canonicalJson, hex, hexDigest, participantName, Secret } from '../../contract/index.js';
import { parseJson } from './json.js';
import { organisation, role } from './subject.js';

const prefix = 'fedrisk1.';
/** A token is about 600 characters; more is no token. */
const maxCharacters = 4000;
const secretBytes = 32;

/** `host:port`; IPv6 hosts stand in brackets. */
export const hostPort = z
  .string()
  .max(260)
  .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):([1-9]\d{0,4})$/, 'must be host:port')
  .refine((value) => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535, 'port beyond 65535');

const payload = z.strictObject({
  /** What the coordinator calls itself. */
  coordinator: z.string().min(1).max(80),
  /** Where the enrolment service answers. */
  enrolmentAddress: hostPort,
  /** Where everything else answers, by mutual TLS. */
  address: hostPort,
  /** SHA-256 of the coordinator's CA certificate (DER): pinned before anything is sent. */
  caFingerprint: hexDigest,
  invitationId: hex(16),
  /** 256 bits, base64url: what the invitation is worth. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  name: participantName,
  organisation,
  role,
  expiresMs: z.int().min(0),
});

/** An enrolment token: everything needed to pin the coordinator and trade the secret for a certificate. */
export interface EnrolmentToken extends Omit<z.infer<typeof payload>, 'secret'> {
  readonly secret: Secret;
}

/** One printable string for mail or chat: prefix, base64url JSON, checksum. */
export function encodeToken(token: EnrolmentToken): string {
  const secret = Buffer.from(token.secret.reveal()).toString('base64url');
  const body = Buffer.from(canonicalJson({ ...token, secret })).toString('base64url');
  return `${prefix}${body}.${checksum(body)}`;
}

/**
 * Line breaks and blanks that mail programs add are ignored. The checksum is no authentication: it tells a
 * damaged copy before any network use.
 * @throws {CodedError} TOKEN_INVALID
 */
export function decodeToken(text: string): EnrolmentToken {
  if (text.length > maxCharacters) throw damaged('it is too long');
  const [head, body, sum, ...rest] = text.replace(/\s+/g, '').split('.');
  if (`${head}.` !== prefix || body === undefined || sum === undefined || rest.length > 0) {
    throw damaged(`it does not look like ${prefix}…`);
  }
  const expected = Buffer.from(checksum(body));
  const actual = Buffer.from(sum);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw damaged('its checksum does not fit');
  }
  const parsed = payload.safeParse(parseJson(Buffer.from(body, 'base64url').toString('utf8')));
  if (!parsed.success) throw damaged(`${parsed.error.issues[0]?.path.map(String).join('.')} does not fit`);
  return { ...parsed.data, secret: new Secret(new Uint8Array(Buffer.from(parsed.data.secret, 'base64url'))) };
}

/** What the registry keeps of an invitation's secret. */
export function secretDigest(secret: Secret): string {
  if (secret.reveal().length !== secretBytes) throw damaged('its secret is not 256 bits long');
  return createHash('sha256').update('fedrisk/v1/invitation-secret\0').update(secret.reveal()).digest('hex');
}

function checksum(body: string): string {
  return createHash('sha256').update(prefix).update(body).digest('base64url').slice(0, 12);
}

function damaged(reason: string): CodedError<'TOKEN_INVALID'> {
  return new CodedError('TOKEN_INVALID', `the enrolment token cannot be read: ${reason}`);
}
