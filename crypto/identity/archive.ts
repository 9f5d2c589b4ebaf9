import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CodedError, canonicalJson, type Secret } from '../../contract/index.js';
import { decryptAtRest, encryptAtRest } from './at-rest.js';
import { parseJson } from './json.js';
import { deriveKey, kdf, newKdf } from './keystore.js';

/** One file of an archive. */
export interface ArchiveEntry {
  /** Path below the archived folder, with `/` between its parts. */
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

const header = z.strictObject({
  format: z.literal('fedrisk/backup/1'),
  kdf,
  cipher: z.literal('aes-256-gcm'),
});

/** Plaintext of one box; the last one is shorter, and may be empty. */
const pieceBytes = 256 * 1024;
const overheadBytes = 12 + 16;
const maxHeaderBytes = 1024;
const maxNameBytes = 300;
/** Parts that name a file below the folder and nothing else. */
const safeName = /^(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)*$/;

/**
 * Writes files as one encrypted file, 0600, which has its name once it is whole and on disk. Layout: a line of JSON
 * with the key derivation of keystores, then boxes of AES-256-GCM, all of one size but the last; each is bound to that
 * line, its number, and whether it is the last, so that boxes cannot be left out, repeated or moved.
 * @returns size of the archive.
 */
export async function writeArchive(
  path: string,
  passphrase: Secret,
  entries: AsyncIterable<ArchiveEntry>,
): Promise<number> {
  const frame = { format: 'fedrisk/backup/1' as const, kdf: newKdf(), cipher: 'aes-256-gcm' as const };
  const key = await deriveKey(passphrase, frame);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    let size = 0;
    try {
      for await (const box of boxes(key, canonicalJson(frame), framed(entries))) {
        await file.writeFile(box);
        size += box.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync();
    await folder.close();
    return size;
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  } finally {
    key.wipe();
  }
}

/**
 * The files of an archive in order; the content of each must be read before the next is asked for.
 * @throws {CodedError} KEYSTORE_LOCKED for a wrong passphrase, BACKUP_INVALID for a file that is cut off or changed.
 */
export async function* readArchive(path: string, passphrase: Secret): AsyncGenerator<ArchiveEntry> {
  const source = new Pieces(createReadStream(path));
  const line = await source.line(maxHeaderBytes);
  const frame = header.safeParse(parseJson(line ?? ''));
  if (!frame.success) throw invalid('it has no header of a backup');
  const key = await deriveKey(passphrase, frame.data);
  try {
    const plain = new Pieces(opened(key, canonicalJson(frame.data), source));
    for (;;) {
      const entry = await nextEntry(plain);
      if (!entry) return;
      yield entry;
    }
  } finally {
    key.wipe();
  }
}

/** Names and sizes before contents; an empty name ends the list. */
async function* framed(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes, content } of entries) {
    if (!safeName.test(name) || name.length > maxNameBytes)
      throw new Error(`not a name for an archive: ${name}`);
    yield heading(name, bytes);
    let seen = 0;
    for await (const piece of content) {
      seen += piece.length;
      yield piece;
    }
    if (seen !== bytes) throw new Error(`${name} changed while it was read`);
  }
  yield heading('', 0);
}

function heading(name: string, bytes: number): Buffer {
  const head = Buffer.alloc(10 + name.length);
  head.writeUInt16BE(name.length, 0);
  head.writeBigUInt64BE(BigInt(bytes), 2);
  head.write(name, 10, 'latin1');
  return head;
}

async function nextEntry(plain: Pieces): Promise<ArchiveEntry | undefined> {
  const head = await plain.take(10);
  const length = head?.readUInt16BE(0) ?? 0;
  const bytes = Number(head?.readBigUInt64BE(2) ?? 0n);
  if (!head) throw invalid('it ends in the middle');
  if (length === 0) return undefined;
  const name = (await plain.take(Math.min(length, maxNameBytes)))?.toString('latin1') ?? '';
  if (!safeName.test(name) || name.length !== length) throw invalid('it names a file that cannot be');
  return { name, bytes, content: plain.exactly(bytes) };
}

async function* boxes(
  key: Secret,
  frame: string,
  plain: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${frame}\n`);
  const source = new Pieces(plain);
  for (let number = 0; ; number++) {
    const piece = await source.upTo(pieceBytes);
    const last = piece.length < pieceBytes;
    yield encryptAtRest(key, placeOf(frame, number, last), piece);
    if (last) return;
  }
}

async function* opened(key: Secret, frame: string, source: Pieces): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number++) {
    const box = await source.upTo(pieceBytes + overheadBytes);
    const last = box.length < pieceBytes + overheadBytes;
    let plain: Uint8Array;
    try {
      plain = decryptAtRest(key, placeOf(frame, number, last), box);
    } catch (cause) {
      if (number > 0) throw invalid('it was cut off or changed', cause);
      throw new CodedError(
        'KEYSTORE_LOCKED',
        'the backup does not open: wrong passphrase, or it was changed',
        {
          cause,
        },
      );
    }
    yield plain;
    if (last) return;
  }
}

function placeOf(frame: string, number: number, last: boolean): string {
  return `${frame} ${number} ${last ? 'last' : 'more'}`;
}

function invalid(why: string, cause?: unknown): CodedError<'BACKUP_INVALID'> {
  return new CodedError('BACKUP_INVALID', why, { cause });
}

/** Bytes from a stream in the portions a reader asks for. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to and without a line feed; undefined when none comes within `most` bytes. */
  async line(most: number): Promise<string | undefined> {
    const head = await this.upTo(most);
    const end = head.indexOf(0x0a);
    if (end < 0) return undefined;
    this.#held = Buffer.concat([head.subarray(end + 1), this.#held]);
    return head.toString('utf8', 0, end);
  }

  /** `bytes`, or what is left. */
  async upTo(bytes: number): Promise<Buffer> {
    const held = [this.#held];
    let length = this.#held.length;
    while (length < bytes) {
      const next = await this.#source.next();
      if (next.done) break;
      held.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length));
      length += next.value.length;
    }
    const all = held.length === 1 ? this.#held : Buffer.concat(held);
    this.#held = all.subarray(Math.min(bytes, length));
    return all.subarray(0, Math.min(bytes, length));
  }

  async take(bytes: number): Promise<Buffer | undefined> {
    const taken = await this.upTo(bytes);
    return taken.length === bytes ? taken : undefined;
  }

  async *exactly(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      const piece = await this.upTo(Math.min(left, pieceBytes));
      if (piece.length === 0) throw invalid('it ends in the middle');
      left -= piece.length;
      yield piece;
    }
  }
}
