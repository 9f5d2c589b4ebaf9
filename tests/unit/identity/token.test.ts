import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HexDigest, type ParticipantName, Secret } from '../../../contract/index.js';
import { decodeToken, type EnrolmentToken, encodeToken, roles } from '../../../crypto/identity/index.js';
import { coded } from '../../support/coded.js';

const anyToken: fc.Arbitrary<EnrolmentToken> = fc.record({
  coordinator: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  enrolmentAddress: fc.constantFrom('localhost:7444', '10.0.0.1:1', '[::1]:65535', 'hub.bank.example:443'),
  address: fc.constantFrom('localhost:7443', '[fe80::1]:7443'),
  caFingerprint: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => hex as HexDigest),
  invitationId: fc.stringMatching(/^[0-9a-f]{32}$/),
  secret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Secret(bytes)),
  name: fc.stringMatching(/^[a-z][a-z0-9-]{1,39}$/).map((name) => name as ParticipantName),
  organisation: fc.constantFrom('Bank A', '北京银行', 'Ünïcode, Ltd / OU=operator'),
  role: fc.constantFrom(...roles),
  expiresMs: fc.nat(),
});

const sample = fc.sample(anyToken, { numRuns: 1, seed: 7 })[0]!;
const printed = encodeToken(sample);

test('a token decodes to what was encoded and prints as one word of ASCII', () => {
  fc.assert(
    fc.property(anyToken, (token) => {
      const text = encodeToken(token);
      expect(text).toMatch(/^fedrisk1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
      const { secret, ...rest } = decodeToken(text);
      const { secret: original, ...expected } = token;
      expect(rest).toEqual(expected);
      expect(secret.reveal()).toEqual(original.reveal());
    }),
  );
});

test('line breaks and blanks that mail adds do not matter', () => {
  const broken = `  ${printed.match(/.{1,60}/g)?.join('\r\n ')}\n`;
  expect(decodeToken(broken).invitationId).toBe(sample.invitationId);
});

test('any changed, missing or added character is told before any network use', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: printed.length - 1 }),
      fc.stringMatching(/^[A-Za-z0-9_.-]?$/),
      fc.nat({ max: 1 }),
      (at, put, removed) => {
        const damaged = printed.slice(0, at) + put + printed.slice(at + removed);
        fc.pre(damaged !== printed);
        expect(coded(() => decodeToken(damaged))).toBe('TOKEN_INVALID');
      },
    ),
    { numRuns: 1000 },
  );
});

test('a cut copy is refused at every length', () => {
  for (let length = 0; length < printed.length; length += 1) {
    expect(coded(() => decodeToken(printed.slice(0, length)))).toBe('TOKEN_INVALID');
  }
});

test('what is no token at all is refused with the same code', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      expect(coded(() => decodeToken(text))).toBe('TOKEN_INVALID');
    }),
  );
  expect(coded(() => decodeToken('a'.repeat(100_000)))).toBe('TOKEN_INVALID');
});

test('a token never shows its secret when it is logged', () => {
  const secretText = Buffer.from(sample.secret.reveal()).toString('base64url');
  expect(JSON.stringify(decodeToken(printed))).not.toContain(secretText);
});
