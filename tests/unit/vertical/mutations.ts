import { joinedParcel, parted, rawParcel } from '../../support/vertical-snapshots.js';

export interface Mutation {
  readonly name: string;
  readonly bytes: Buffer;
  /** Nothing honest looks like this, so it must be refused; else it may be a lie that only the sender knows. */
  readonly refused: boolean;
}

/** Parcels that are bare records, without a header. */
const bare = new Set(['blind', 'double']);

export function mutationsOf(name: string, parcel: Buffer, random: () => number): Mutation[] {
  if (bare.has(name)) return bareMutations(name, parcel, random);
  return [...framed(name, parcel, random), ...headers(parcel)];
}

function bareMutations(name: string, parcel: Buffer, random: () => number): Mutation[] {
  return [
    refused('nothing', Buffer.alloc(0)),
    refused('a byte less', parcel.subarray(0, -1)),
    refused('a byte more', Buffer.concat([parcel, Buffer.alloc(1)])),
    refused('zeros behind', Buffer.concat([parcel, Buffer.alloc(352)])),
    refused('zeros', Buffer.alloc(parcel.length)),
    refused('ones', Buffer.alloc(parcel.length, 0xff)),
    refused('the first records twice', Buffer.concat([parcel.subarray(0, 352), parcel])),
    // A smaller or another set is the sender's choice; a pledged parcel has none.
    ...[refused('half', parcel.subarray(0, parcel.length / 2)), ...flips(parcel, 0, random, 3)].map(
      (one) => ({
        ...one,
        refused: name === 'double',
      }),
    ),
  ];
}

function framed(name: string, parcel: Buffer, random: () => number): Mutation[] {
  const { body } = parted(parcel);
  const start = parcel.length - body.length;
  const withLength = (length: number) => {
    const bytes = Buffer.from(parcel);
    bytes.writeUInt32LE(length);
    return bytes;
  };
  const whole = [
    refused('nothing', Buffer.alloc(0)),
    refused('three bytes', parcel.subarray(0, 3)),
    refused('a byte less', parcel.subarray(0, -1)),
    refused('half', parcel.subarray(0, parcel.length >> 1)),
    refused('a byte more', Buffer.concat([parcel, Buffer.alloc(1)])),
    refused('zeros behind', Buffer.concat([parcel, Buffer.alloc(4096)])),
    refused('a header beyond the end', withLength(0xffffffff)),
    refused('no header', withLength(0)),
  ];
  if (body.length === 0) return whole;
  // No residue and no point is all ones; score parts of -1/64 are.
  const ones = Buffer.concat([parcel.subarray(0, start), Buffer.alloc(body.length, 0xff)]);
  const all = { ...refused('a body of ones', ones), refused: name !== 'parts' };
  return [...whole, all, ...flips(parcel, start, random, 3)];
}

/** Each field replaced by what no field takes, and by what some do. */
function headers(parcel: Buffer): Mutation[] {
  const { header, body } = parted(parcel);
  const again = (value: unknown) => joinedParcel(value, body);
  const texts = ['{', '', 'null', '[]', '"x"', '[[[[[[[[', '{"rows":NaN}', '\u0000'];
  const fields = pathsOf(header).flatMap((path) => {
    const label = path.join('.');
    const put = (value: unknown) => again(replaced(header, path, value));
    return [
      ...['x', [[]], 1e300].map((value) => refused(`${label} = ${JSON.stringify(value)}`, put(value))),
      ...[-1, 0, null].map((value) => mayBe(`${label} = ${value}`, put(value))),
      refused(`${label} gone`, again(without(header, path))),
    ];
  });
  return [
    ...texts.map((text) => refused(`header ${JSON.stringify(text)}`, rawParcel(text, body))),
    refused('one field more', again({ ...(header as object), more: 1 })),
    refused('a prototype', rawParcel(`{"__proto__":{"rows":1},"a":1}`, body)),
    ...fields,
  ];
}

/** Leaves of a header; of every list the first and last entry. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [[...path]];
  const keys = Object.keys(value);
  const chosen = Array.isArray(value) ? [...new Set([keys[0], keys.at(-1)])] : keys;
  return chosen.flatMap((key) =>
    key === undefined ? [] : pathsOf((value as Record<string, unknown>)[key], [...path, key]),
  );
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = replaced((value as Record<string, unknown>)[key], rest, by);
  return copy;
}

function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (rest.length > 0) {
    return replaced(value, [key!], without((value as Record<string, unknown>)[key!], rest));
  }
  if (Array.isArray(value)) return value.filter((_, at) => String(at) !== key);
  const { [key!]: _, ...others } = value as Record<string, unknown>;
  return others;
}

function flips(parcel: Buffer, from: number, random: () => number, count: number): Mutation[] {
  return Array.from({ length: count }, () => {
    const at = from + Math.floor(random() * (parcel.length - from));
    const bytes = Buffer.from(parcel);
    bytes[at]! ^= 1 << Math.floor(random() * 8);
    return mayBe(`a bit of byte ${at}`, bytes);
  });
}

const refused = (name: string, bytes: Buffer): Mutation => ({ name, bytes, refused: true });
const mayBe = (name: string, bytes: Buffer): Mutation => ({ name, bytes, refused: false });
