import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { Secret } from '../../../contract/index.js';
import { decryptAtRest, encryptAtRest, readKeystore, writeKeystore } from '../../../crypto/identity/index.js';
import { coded, codedAsync } from '../../support/coded.js';

const folder = mkdtempSync(join(tmpdir(), 'fedrisk-keystore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secretOf = (text: string) => new Secret(new TextEncoder().encode(text));
const passphrase = secretOf('correct horse battery staple');
const path = join(folder, 'keystore.json');
const key = new Uint8Array(48).map((_, at) => at * 5);
await writeKeystore(path, passphrase, { tls: new Secret(new Uint8Array(key)), journal: secretOf('') });
const intact = readFileSync(path, 'utf8');

test('what was stored is read back under the passphrase', async () => {
  const secrets = await readKeystore(path, passphrase);
  expect(Object.keys(secrets)).toEqual(['tls', 'journal']);
  expect(secrets.tls?.reveal()).toEqual(key);
  expect(secrets.journal?.reveal()).toHaveLength(0);
});

test('the file is readable by its owner only, holds no secret in clear, and leaves no temporary file', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(intact).not.toContain(Buffer.from(key).toString('base64url').slice(0, 12));
  expect(intact).not.toContain('tls');
  expect(readdirSync(folder)).toEqual(['keystore.json']);
});

test('writing again under a new passphrase replaces the file and draws a new salt', async () => {
  const again = join(folder, 'again.json');
  await writeKeystore(again, passphrase, { a: secretOf('1') });
  const first = JSON.parse(readFileSync(again, 'utf8'));
  await writeKeystore(again, secretOf('other'), { a: secretOf('2') });
  const second = JSON.parse(readFileSync(again, 'utf8'));
  expect(second.kdf.salt).not.toBe(first.kdf.salt);
  expect(await codedAsync(readKeystore(again, passphrase))).toBe('KEYSTORE_LOCKED');
  expect((await readKeystore(again, secretOf('other'))).a?.reveal()).toEqual(secretOf('2').reveal());
});

test('scrypt costs at least N = 2^15, r = 8, p = 1', () => {
  expect(JSON.parse(intact).kdf).toMatchObject({ name: 'scrypt', n: 32_768, r: 8, p: 1 });
});

test('a wrong passphrase does not open it', async () => {
  for (const wrong of ['', 'correct horse battery stapl', 'Correct horse battery staple']) {
    expect(await codedAsync(readKeystore(path, secretOf(wrong)))).toBe('KEYSTORE_LOCKED');
  }
});

test('a missing keystore is a home problem, not a passphrase problem', async () => {
  expect(await codedAsync(readKeystore(join(folder, 'none.json'), passphrase))).toBe('HOME_INVALID');
});

const tampered = join(folder, 'tampered.json');
const readTampered = (content: string) => {
  writeFileSync(tampered, content);
  return codedAsync(readKeystore(tampered, passphrase));
};

test('a flipped bit anywhere in the box does not open', async () => {
  const file = JSON.parse(intact);
  const box = Buffer.from(file.box, 'base64url');
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: box.length * 8 - 1 }), async (bit) => {
      const changed = Buffer.from(box);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(await readTampered(JSON.stringify({ ...file, box: changed.toString('base64url') }))).toBe(
        'KEYSTORE_LOCKED',
      );
    }),
    { numRuns: 15 },
  );
});

test('a changed header does not open: cost lowered, cost raised beyond memory, other salt, other format', async () => {
  const file = JSON.parse(intact);
  const headers = [
    { kdf: { ...file.kdf, n: 2 } },
    { kdf: { ...file.kdf, n: 2 ** 30 } },
    { kdf: { ...file.kdf, n: 65_536 } },
    { kdf: { ...file.kdf, salt: 'A'.repeat(43) } },
    { format: 'fedrisk/keystore/2' },
    { cipher: 'none' },
    { extra: 1 },
  ];
  for (const change of headers) {
    expect(await readTampered(JSON.stringify({ ...file, ...change }))).toBe('KEYSTORE_LOCKED');
  }
  for (const content of ['', '{', '[]', 'null', intact.slice(0, -40), 'x'.repeat(2_000_000)]) {
    expect(await readTampered(content)).toBe('KEYSTORE_LOCKED');
  }
});

test('records at rest: law of return, place and key are bound, every bit counts', () => {
  const atRestKey = new Secret(new Uint8Array(32).fill(7));
  const otherKey = new Secret(new Uint8Array(32).fill(8));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), fc.nat(), (bytes, place, at) => {
      const box = encryptAtRest(atRestKey, place, bytes);
      expect(decryptAtRest(atRestKey, place, box)).toEqual(bytes);
      expect(coded(() => decryptAtRest(otherKey, place, box))).toBe('KEYSTORE_LOCKED');
      expect(coded(() => decryptAtRest(atRestKey, `${place}.`, box))).toBe('KEYSTORE_LOCKED');
      const changed = new Uint8Array(box);
      changed[(at >> 3) % changed.length]! ^= 1 << (at & 7);
      expect(coded(() => decryptAtRest(atRestKey, place, changed))).toBe('KEYSTORE_LOCKED');
      expect(coded(() => decryptAtRest(atRestKey, place, box.subarray(0, at % box.length)))).toBe(
        'KEYSTORE_LOCKED',
      );
    }),
  );
});
