import { type FileHandle, open } from 'node:fs/promises';
import { CodedError } from '../../contract/core.js';
import { POINT_BYTES } from './curve.js';
import type { IdSet } from './id-set.js';
import { secretOrder } from './order.js';
import { gathered, type PsiPool } from './pool.js';
import { assertRecords, pointsInFile, raiseToFile, readRecords } from './raised-file.js';
import { assertSameSet, type PsiSecrets } from './secrets.js';
import { ValueTable } from './value-table.js';
import { truncationBytes } from './width.js';

interface Common {
  readonly pool: PsiPool;
  readonly secrets: PsiSecrets;
  /** Path of the message; replaced or resumed, see raiseToFile. */
  readonly output: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * First message: own ids times the own scalar, in secret order, 32 bytes each. The same secrets and ids give the same
 * bytes, so it may be called again after a crash at any point.
 * @throws {CodedError} PSI_SET_CHANGED before anything is written; PSI_SIZE_LIMIT; the signal's reason.
 */
export async function blindOwn({
  pool,
  ids,
  secrets,
  output,
  signal,
}: Common & { readonly ids: IdSet }): Promise<void> {
  truncationBytes(ids.count, ids.count);
  assertSameSet(secrets, ids);
  const source = gathered(ids.digests, secretOrder(secrets.orderSeed, ids.count));
  await raiseToFile({
    pool,
    source,
    scalar: secrets.scalar,
    width: POINT_BYTES,
    check: false,
    output,
    signal,
  });
}

export interface RaisePeer extends Common {
  /** The peer's first message as received; it is not changed. */
  readonly input: string;
  /** Ids that the peer announced. */
  readonly peerCount: number;
  /** Own ids. */
  readonly ownCount: number;
}

/**
 * Second message: the peer's points times the own scalar, truncated, in the order received. The peer gets it, and it is
 * kept to intersect with. The file gets its name only when every point is valid and no two are alike.
 * @throws {CodedError} PSI_POINT_INVALID, PARCEL_MALFORMED on another size than announced, PSI_SIZE_LIMIT, the
 * signal's reason.
 */
export async function raisePeer(task: RaisePeer): Promise<void> {
  const { pool, secrets, input, output, peerCount, ownCount, signal } = task;
  const width = truncationBytes(ownCount, peerCount);
  const file = await open(input, 'r');
  try {
    await raiseToFile({
      pool,
      source: await pointsInFile(file, peerCount),
      scalar: secrets.scalar,
      width,
      check: true,
      output,
      signal,
      inspect: async (part) => {
        distinct(await readRecords(part, 0, peerCount * width), width, peerCount);
      },
    });
  } finally {
    await file.close();
  }
}

export interface Intersecting {
  readonly secrets: PsiSecrets;
  readonly ownCount: number;
  readonly peerCount: number;
  /** Second message of the peer: own points, raised by it. Foreign. */
  readonly own: string;
  /** Second message to the peer: its points, raised here. */
  readonly peer: string;
}

/**
 * Own row numbers (from 0) of the common ids, in the order that both sides arrive at: by double-blinded value, byte by
 * byte. In memory: both messages, 9 to 17 bytes more per id of the peer and 8 per own one.
 * @returns possibly empty: what is too few is for policies to say.
 * @throws {CodedError} PARCEL_MALFORMED when the peer's message has another size, or matches one of its ids twice.
 */
export async function intersect(task: Intersecting): Promise<Uint32Array> {
  const { ownCount, peerCount } = task;
  const width = truncationBytes(ownCount, peerCount);
  const own = await readMessage(task.own, ownCount, width, 'answers to own blinded ids');
  const peer = await readMessage(task.peer, peerCount, width, 'raised blinded ids');
  const table = distinct(peer, width, peerCount);
  const taken = new Uint8Array(peerCount);
  const common = new Uint32Array(Math.min(ownCount, peerCount));
  let count = 0;
  for (let k = 0; k < ownCount; k++) {
    const record = table.find(own, k * width);
    if (record === -1) continue;
    if (taken[record] === 1) {
      throw new CodedError('PARCEL_MALFORMED', 'the peer answers two ids of this side with one value');
    }
    taken[record] = 1;
    common[count++] = k;
  }
  const places = sortedByValue(common.subarray(0, count), own, width);
  const order = secretOrder(task.secrets.orderSeed, ownCount);
  return places.map((place) => order[place] as number);
}

/** @throws {CodedError} PSI_POINT_INVALID when two are alike: the same id twice, or a chance below 2^-40. */
function distinct(values: Uint8Array, width: number, count: number): ValueTable {
  const table = new ValueTable(values, width, count);
  for (let record = 0; record < count; record++) {
    const earlier = table.add(record);
    if (earlier !== -1) {
      throw new CodedError(
        'PSI_POINT_INVALID',
        `blinded ids ${earlier + 1} and ${record + 1} of the peer are the same`,
      );
    }
  }
  return table;
}

async function readMessage(path: string, count: number, width: number, what: string): Promise<Uint8Array> {
  const file: FileHandle = await open(path, 'r');
  try {
    assertRecords((await file.stat()).size, count, width, what);
    return await readRecords(file, 0, count * width);
  } finally {
    await file.close();
  }
}

/** Sorts record numbers by their records as big-endian numbers; ties in the first 32 bits are rare. */
function sortedByValue(records: Uint32Array, values: Uint8Array, width: number): Uint32Array {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return records.sort((a, b) => {
    const difference = view.getUint32(a * width) - view.getUint32(b * width);
    if (difference !== 0) return difference;
    for (let j = 4; j < width; j++) {
      const rest = (values[a * width + j] as number) - (values[b * width + j] as number);
      if (rest !== 0) return rest;
    }
    return 0;
  });
}
