import { createHmac, type Hmac } from 'node:crypto';
import { type Canonical, digestOf, type HexDigest, type Secret } from '../../contract/index.js';
import type { IdSet } from '../../crypto/psi/index.js';
import type { BinningSpec } from './features.js';

/** The customers of a question: own ids, and the own row of each common training customer, in the joint order. */
export interface Customers {
  readonly ids: IdSet;
  readonly rows: Uint32Array;
}

/**
 * Names a holder's bins over a set of customers, the same in every job however rows are ordered there: an HMAC under
 * a salt of the holder over its rows in the order of their id digests. The label holder answers one question once.
 * @param bins one byte a row in the joint order, for each of `names`.
 */
export function questionOf(
  salt: Secret,
  names: readonly string[],
  bins: readonly Uint8Array[],
  customers: Customers,
): string {
  const title = `fedrisk/v1/binning\0${names.join('\0')}\0${customers.rows.length}\0`;
  const hmac = createHmac('sha256', salt.reveal()).update(title);
  return addRows(hmac, customers, bins).digest('hex');
}

/** The label holder's view of the same: its customers and their labels, under a salt of its own. */
export function labelsOf(salt: Secret, label: Uint8Array, customers: Customers): HexDigest {
  const hmac = createHmac('sha256', salt.reveal()).update(`fedrisk/v1/labels\0${label.length}\0`);
  return addRows(hmac, customers, [label]).digest('hex') as HexDigest;
}

/**
 * The label holder's own name for a question, from all that the answer depends on and that it can see: labels and
 * customers, what it was told of the bins, and how they are joined. A holder's name alone would let an old answer pass
 * for one to changed labels or another rule, and other bins pass for paid ones.
 */
export function nameOfQuestion(
  { binning }: BinningSpec,
  asked: { readonly question: string; readonly features: Canonical },
  labels: HexDigest,
): string {
  const { method, bins, minimumShare, minimumIv, classFloor, shape, allowSeparating } = binning;
  const joining = method === 'quantile' ? { method } : { method, bins, minimumShare, shape };
  return digestOf('fedrisk/v1/label-question', {
    ...asked,
    labels,
    joining: { ...joining, minimumIv, classFloor, allowSeparating },
  });
}

const digestBytes = 32;
/** Few enough that records of a few hundred columns stay in the second-level cache while they are filled. */
const rowsAtOnce = 512;
/**
 * Bins are fetched from one column for so many rows in turn: for a few hundred rows at a time each byte comes from another
 * part of memory, three times as slow.
 */
const rowsFetched = 32 * rowsAtOnce;

function addRows(hmac: Hmac, customers: Customers, columns: readonly Uint8Array[]): Hmac {
  const order = orderOf(customers);
  const fetched = columns.map(() => new Uint8Array(Math.min(rowsFetched, order.length)));
  for (let start = 0; start < order.length; start += rowsFetched) {
    const positions = order.subarray(start, start + rowsFetched);
    columns.forEach((column, j) => {
      const bins = fetched[j]!;
      for (let k = 0; k < positions.length; k++) bins[k] = column[positions[k]!]!;
    });
    addRecords(hmac, customers, positions, fetched);
  }
  return hmac;
}

/** The id digest at each position, and its bins. @param columns in the order of `positions` */
function addRecords(
  hmac: Hmac,
  { ids, rows }: Customers,
  positions: Uint32Array,
  columns: readonly Uint8Array[],
): void {
  const width = digestBytes + columns.length;
  const records = new Uint8Array(width * rowsAtOnce);
  for (let start = 0; start < positions.length; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, positions.length - start);
    for (let k = 0; k < count; k++) {
      const from = rows[positions[start + k]!]! * digestBytes;
      for (let j = 0; j < digestBytes; j++) records[k * width + j] = ids.digests[from + j]!;
    }
    columns.forEach((column, j) => {
      for (let k = 0, at = digestBytes + j; k < count; k++, at += width) records[at] = column[start + k]!;
    });
    hmac.update(records.subarray(0, count * width));
  }
}

/** Places are below 2^26 (maxIds), which leaves 27 bits of a double for the start of a digest. */
const places = 2 ** 26;
const prefixShift = 5;

/** Positions of the joint order, by id digest: 0.2 s for a million, where a sort that compares digests takes 6 s. */
function orderOf({ ids: { digests }, rows }: Customers): Uint32Array {
  const view = new DataView(digests.buffer, digests.byteOffset, digests.byteLength);
  const keys = Float64Array.from(
    rows,
    (row, at) => (view.getUint32(row * digestBytes) >>> prefixShift) * places + at,
  ).sort();
  const order = Uint32Array.from(keys, (key) => key % places);
  const prefix = (at: number) => Math.floor(keys[at]! / places);
  const digest = (at: number) =>
    digests.subarray(rows[order[at]!]! * digestBytes, (rows[order[at]!]! + 1) * digestBytes);
  // Few begin alike; among them the rest of the digest decides.
  for (let end = 1; end < order.length; end++) {
    for (let at = end; at > 0 && prefix(at - 1) === prefix(at); at--) {
      if (Buffer.compare(digest(at - 1), digest(at)) <= 0) break;
      const held = order[at]!;
      order[at] = order[at - 1]!;
      order[at - 1] = held;
    }
  }
  return order;
}
