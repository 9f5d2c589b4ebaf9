import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../contract/index.js';
import { type ArchiveEntry, readArchive, writeArchive } from '../../../crypto/identity/index.js';

const passphrase = new Secret(Buffer.from('a passphrase of the backup'));
/** Plaintext of one box, nonce and tag; see archive.ts. */
const boxBytes = 256 * 1024 + 28;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-archive-'));
  file = join(folder, 'hub.backup');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Plain = readonly { readonly name: string; readonly content: Uint8Array }[];

async function* entries(plain: Plain): AsyncGenerator<ArchiveEntry> {
  for (const { name, content } of plain) {
    const pieces = async function* () {
      for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
    };
    yield { name, bytes: content.length, content: pieces() };
  }
}

async function read(secret = passphrase): Promise<Plain> {
  const plain: { name: string; content: Uint8Array }[] = [];
  for await (const { name, content } of readArchive(file, secret)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    plain.push({ name, content: new Uint8Array(Buffer.concat(pieces)) });
  }
  return plain;
}

/** Comparing large arrays value by value takes minutes. */
function digests(plain: Plain): string[] {
  return plain.map(({ name, content }) => {
    return `${name} ${content.length} ${createHash('sha256').update(content).digest('hex')}`;
  });
}

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}(\/[a-z0-9][a-z0-9._-]{0,20}){0,2}$/);
/** Sizes around those of boxes, where ends meet. */
const content = fc
  .oneof(fc.nat(300), fc.integer({ min: 256 * 1024 - 60, max: 256 * 1024 + 60 }), fc.constant(600_000))
  .map((length) => Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff));

describe('an encrypted archive', () => {
  it('gives back every file as it was', async () => {
    const files = fc.uniqueArray(fc.record({ name, content }), {
      maxLength: 5,
      selector: (each) => each.name,
    });
    await fc.assert(
      fc.asyncProperty(files, async (plain) => {
        expect(await writeArchive(file, passphrase, entries(plain))).toBe(statSync(file).size);
        expect(digests(await read())).toEqual(digests(plain));
      }),
      { numRuns: 12 },
    );
  });

  it('shows nothing of names or contents, and is readable by its owner only', async () => {
    const plain = [{ name: 'keystore.json', content: new Uint8Array(Buffer.from('secret words'.repeat(9))) }];
    await writeArchive(file, passphrase, entries(plain));
    const bytes = readFileSync(file).toString('latin1');
    expect(bytes).not.toContain('keystore');
    expect(bytes).not.toContain('secret words');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['hub.backup']);
  });

  it('opens with its passphrase only', async () => {
    await writeArchive(file, passphrase, entries([{ name: 'a', content: new Uint8Array(9) }]));
    await expect(read(new Secret(Buffer.from('another one')))).rejects.toMatchObject({
      code: 'KEYSTORE_LOCKED',
    });
  });

  it('is refused when it was cut off, changed, or put together otherwise', async () => {
    const plain = [{ name: 'a', content: new Uint8Array(700_000).fill(7) }];
    await writeArchive(file, passphrase, entries(plain));
    const whole = readFileSync(file);
    const start = whole.indexOf(0x0a) + 1;
    const box = (i: number) => whole.subarray(start + i * boxBytes, start + (i + 1) * boxBytes);
    const head = whole.subarray(0, start);
    const flipped = Buffer.from(whole);
    flipped[start + boxBytes + 5]! ^= 1;
    const damaged = {
      'cut in a box': whole.subarray(0, whole.length - 1),
      'cut between boxes': whole.subarray(0, start + boxBytes),
      'a bit flipped': flipped,
      'a box left out': Buffer.concat([head, box(0), box(2)]),
      'boxes swapped': Buffer.concat([head, box(0), box(2), box(1)]),
      'a box repeated': Buffer.concat([head, box(0), box(0), box(1), box(2)]),
      'something behind the end': Buffer.concat([whole, Buffer.from([0])]),
      'no archive': Buffer.from('hello\n'),
      empty: Buffer.alloc(0),
    };
    for (const [how, bytes] of Object.entries(damaged)) {
      writeFileSync(file, bytes);
      await expect(read(), how).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
    }
  });

  it('holds no name that leads out of its folder', async () => {
    for (const bad of ['../x', '/etc/x', 'a/../../x', '..', 'a//b', '', 'a/.']) {
      const writing = writeArchive(file, passphrase, entries([{ name: bad, content: new Uint8Array(1) }]));
      await expect(writing, bad).rejects.toThrow('not a name');
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
