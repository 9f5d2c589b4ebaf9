import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { z } from 'zod';
import { CodedError } from '../../contract/index.js';
import type { InboundParcel, OutboundParcel } from './step-work.js';

/** Plaintext of a parcel: u32 length of a JSON header (little-endian), the header, then the body to the end. */
const lengthBytes = 4;
/** Bin tables of two thousand features stay below a tenth of this. */
const maxHeaderBytes = 16 * 1024 * 1024;
const pieceBytes = 1 << 18;

/** Pieces of a body, in order. */
export type Body = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Writes a parcel: its plaintext is sealed as it comes, and never stands on disk. */
export function writeParcel(parcel: OutboundParcel, header: object, body: Body = []): Promise<void> {
  return parcel.seal(plaintextOf(header, body));
}

/** Plaintext of a parcel that goes to several, or again: a file of its own that is not synced, as it is made again with its step. */
export async function keepPlaintext(path: string, header: object, body: Body): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for await (const piece of plaintextOf(header, body)) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/** A parcel whose plaintext is that file. */
export function writeParcelOf(parcel: OutboundParcel, path: string): Promise<void> {
  return parcel.seal(createReadStream(path, { highWaterMark: pieceBytes }));
}

async function* plaintextOf(header: object, body: Body): AsyncGenerator<Uint8Array> {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(json.length);
  yield Buffer.concat([length, json]);
  yield* body;
}

export interface OpenedParcel<H> {
  readonly header: H;
  readonly bodyBytes: number;
  /** The body from `start` up to `end` (exclusive), as a stream. */
  body(start?: number, end?: number): AsyncIterable<Uint8Array>;
}

/**
 * Reads a peer's parcel. The header is attacker-controlled until `schema` has bounded it.
 * @throws {CodedError} PARCEL_MALFORMED naming the sender.
 */
export async function readParcel<H>(parcel: InboundParcel, schema: z.ZodType<H>): Promise<OpenedParcel<H>> {
  const { path } = parcel;
  const { size } = await stat(path);
  const file = await open(path, 'r');
  try {
    const length = Buffer.alloc(lengthBytes);
    if (size < lengthBytes) throw malformed(parcel, 'is empty');
    await file.read(length, 0, lengthBytes, 0);
    const headerBytes = length.readUInt32LE();
    if (headerBytes > maxHeaderBytes || headerBytes > size - lengthBytes) {
      throw malformed(parcel, 'has a header longer than itself');
    }
    const json = Buffer.alloc(headerBytes);
    await file.read(json, 0, headerBytes, lengthBytes);
    const parsed = schema.safeParse(parseJson(json.toString('utf8')));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw malformed(parcel, `has a malformed header (${issue?.path.map(String).join('.')})`);
    }
    const start = lengthBytes + headerBytes;
    return {
      header: parsed.data,
      bodyBytes: size - start,
      body: (from = 0, to = size - start) => rangeOf(path, start + from, start + to),
    };
  } finally {
    await file.close();
  }
}

/** A parcel that is its header. @throws {CodedError} PARCEL_MALFORMED, for bytes behind it too. */
export async function readHeader<H>(parcel: InboundParcel, schema: z.ZodType<H>): Promise<H> {
  const { header, bodyBytes } = await readParcel(parcel, schema);
  if (bodyBytes !== 0) throw malformed(parcel, 'goes on behind its end');
  return header;
}

/** All pieces in one buffer of their own. */
export async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function malformed({ from, name }: InboundParcel, what: string): CodedError {
  return new CodedError('PARCEL_MALFORMED', `the ${name} parcel of ${from} ${what}`, { parties: [from] });
}

async function* rangeOf(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start >= end) return;
  for await (const piece of createReadStream(path, { start, end: end - 1, highWaterMark: pieceBytes })) {
    yield piece as Buffer;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
