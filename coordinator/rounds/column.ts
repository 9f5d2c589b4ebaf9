import { isDeepStrictEqual } from 'node:util';

/** The value in a row. Each kind is made by a function of its own: a closure holds on to all of the scope that it stands in. */
export type Column = (row: number) => unknown;

/** Values by row: what they have in common once, numbers and digests as bytes, anything else as it is. */
export function columnOf(values: readonly unknown[]): Column {
  const [first] = values;
  if (alike(values)) return constant(first);
  if (values.every((value) => typeof value === 'number')) return inOrder(Float64Array.from(values));
  if (values.every(isDigest)) return digests(Buffer.from(values.join(''), 'hex'));
  if (values.every(Array.isArray) && values.every(({ length }) => length === values[0]!.length)) {
    return list((values[0] as readonly unknown[]).map((_, at) => columnOf(values.map((value) => value[at]))));
  }
  if (values.every(isRecord) && alike(values.map(Object.keys))) {
    const differing = Object.keys(values[0]!).filter((key) => !alike(values.map((value) => value[key])));
    return record(
      values[0]!,
      differing.map((key) => [key, columnOf(values.map((value) => value[key]))]),
    );
  }
  return inOrder([...values]);
}

function constant(value: unknown): Column {
  return () => value;
}

function inOrder(values: ArrayLike<unknown>): Column {
  return (row) => values[row];
}

const digestBytes = 32;

function digests(bytes: Buffer): Column {
  return (row) => bytes.toString('hex', row * digestBytes, (row + 1) * digestBytes);
}

function list(columns: readonly Column[]): Column {
  return (row) => columns.map((column) => column(row));
}

/** @param first the first of them. */
function record(first: object, differing: readonly (readonly [key: string, column: Column])[]): Column {
  return (row) => {
    const made: Record<string, unknown> = { ...first };
    for (const [key, column] of differing) made[key] = column(row);
    return made;
  };
}

function alike(values: readonly unknown[]): boolean {
  return values.every((value) => isDeepStrictEqual(value, values[0]));
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  const plain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  // To set this one means something else.
  return plain && !Object.hasOwn(value, '__proto__');
}
