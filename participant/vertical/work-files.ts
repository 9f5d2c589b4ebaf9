import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../contract/index.js';
import { writePrivateFile } from '../../crypto/identity/index.js';

/** Files of a job in progress; swept when it ends. Whatever else stands in the folder is kept. */
export function workPath(folder: string, name: string): string {
  return join(folder, `work-${name}`);
}

type Words = Uint8Array | Uint32Array | Int16Array | Int32Array | Float64Array;

/** Durable before it returns, whole or not at all. */
export function writeWords(folder: string, name: string, words: Words): void {
  writePrivateFile(workPath(folder, name), new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
}

/** The bytes of a work file in a buffer of their own, so that any typed array fits on it. */
export function readBytes(folder: string, name: string): ArrayBuffer {
  const bytes = readFileSync(workPath(folder, name));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

/** The bytes of a work file where threads read them too. */
export function readShared(folder: string, name: string): Uint8Array {
  const file = openSync(workPath(folder, name), 'r');
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer(fstatSync(file).size));
    for (let read = 0; read < bytes.length; ) {
      const more = readSync(file, bytes, read, bytes.length - read, read);
      if (more === 0) throw new CodedError('INTERNAL', `the work file ${name} shrank while it was read`);
      read += more;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

export function writeJson(folder: string, name: string, value: unknown): void {
  writePrivateFile(workPath(folder, name), JSON.stringify(value));
}

/** Own files: written by `writeJson`, so their form is known. */
export function readJson<T>(folder: string, name: string): T {
  return JSON.parse(readFileSync(workPath(folder, name), 'utf8')) as T;
}
