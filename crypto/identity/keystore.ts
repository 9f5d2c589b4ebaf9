import { randomBytes, scrypt } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { CodedError, canonicalJson, Secret } from '../../contract/index.js';
import { decryptAtRest, encryptAtRest } from './at-rest.js';
import { parseJson } from './json.js';
import { writePrivateFile } from './private-file.js';

/** Cost of one guess: N = 2^15, r = 8, p = 1 is 32 MiB and about 0.1 s. */
const cost = { n: 32_768, r: 8, p: 1 } as const;
const maxFileBytes = 1024 * 1024;

/**
 * Cost is part of the file so that it can be raised later; bounds keep a planted file from lowering it or from
 * asking for gigabytes (128·N·r bytes).
 */
export const kdf = z.strictObject({
  name: z.literal('scrypt'),
  n: z
    .int()
    .min(cost.n)
    .max(2 ** 18)
    .refine((n) => Number.isInteger(Math.log2(n))),
  r: z.literal(8),
  p: z.literal(1),
  salt: z.base64url().length(43),
});
type Kdf = z.infer<typeof kdf>;

const header = z.strictObject({
  format: z.literal('fedrisk/keystore/1'),
  kdf,
  cipher: z.literal('aes-256-gcm'),
});
const keystoreFile = header.extend({ box: z.base64url() });
const contents = z.record(z.string().max(100), z.base64url());

/** Named secrets of one home folder. */
export type Secrets = Readonly<Record<string, Secret>>;

/** Writes the keystore anew, 0600, atomically, with a fresh salt. */
export async function writeKeystore(path: string, passphrase: Secret, secrets: Secrets): Promise<void> {
  const frame: z.infer<typeof header> = {
    format: 'fedrisk/keystore/1',
    kdf: newKdf(),
    cipher: 'aes-256-gcm',
  };
  const plain = Object.entries(secrets).map(([name, secret]) => [name, toBase64(secret.reveal())]);
  const bytes = Buffer.from(JSON.stringify(Object.fromEntries(plain)));
  const key = await deriveKey(passphrase, frame);
  const box = encryptAtRest(key, canonicalJson(frame), bytes);
  bytes.fill(0);
  key.wipe();
  writePrivateFile(path, `${JSON.stringify({ ...frame, box: toBase64(box) }, null, 2)}\n`);
}

/** @throws {CodedError} HOME_INVALID when there is no file, KEYSTORE_LOCKED for a wrong passphrase or any change to it. */
export async function readKeystore(path: string, passphrase: Secret): Promise<Secrets> {
  if (!existsSync(path)) throw new CodedError('HOME_INVALID', `there is no keystore ${path}`);
  if (statSync(path).size > maxFileBytes) throw locked(path);
  const parsed = keystoreFile.safeParse(parseJson(readFileSync(path, 'utf8')));
  if (!parsed.success) throw locked(path);
  const { box, ...frame } = parsed.data;
  const key = await deriveKey(passphrase, frame);
  try {
    const plain = decryptAtRest(key, canonicalJson(frame), Buffer.from(box, 'base64url'));
    const secrets = contents.parse(JSON.parse(Buffer.from(plain).toString('utf8')));
    plain.fill(0);
    return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, fromBase64(value)]));
  } catch (cause) {
    throw locked(path, cause);
  } finally {
    key.wipe();
  }
}

/** 256 bits, printable: for a home whose owner gave no passphrase. */
export function drawPassphrase(): Secret {
  return new Secret(new Uint8Array(Buffer.from(randomBytes(32).toString('base64url'))));
}

/** Today's cost with a fresh salt. */
export function newKdf(): Kdf {
  return { name: 'scrypt', ...cost, salt: randomBytes(32).toString('base64url') };
}

export function deriveKey(passphrase: Secret, { kdf }: { readonly kdf: Kdf }): Promise<Secret> {
  const salt = Buffer.from(kdf.salt, 'base64url');
  const options = { N: kdf.n, r: kdf.r, p: kdf.p, maxmem: 256 * kdf.n * kdf.r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.reveal(), salt, 32, options, (error, key) =>
      error ? reject(error) : resolve(new Secret(new Uint8Array(key))),
    );
  });
}

function locked(path: string, cause?: unknown): CodedError<'KEYSTORE_LOCKED'> {
  return new CodedError(
    'KEYSTORE_LOCKED',
    `${basename(path)} does not open: wrong passphrase, or it was changed`,
    {
      cause,
    },
  );
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function fromBase64(text: string): Secret {
  return new Secret(new Uint8Array(Buffer.from(text, 'base64url')));
}
