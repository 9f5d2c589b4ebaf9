import { readFile, stat } from 'node:fs/promises';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { CodedError, type ErrorCode } from './errors/index.js';
import { nearestName } from './nearest-name.js';
import { fieldsAt, problemText } from './schema-words.js';

/** Files that people write: a spec with a large model topology is the biggest. */
const maxFileBytes = 1024 * 1024;
/** Enough to correct a file in one go, few enough to read. */
const maxProblems = 20;

export interface YamlFileOptions {
  /**
   * Top-level fields that the software adds (a nonce); they are unknown fields when the file itself has them.
   */
  readonly fill?: Readonly<Record<string, unknown>>;
}

/**
 * Parses a YAML (or JSON) file that a person wrote. Every problem stands on a line of its own as
 * `FILE:LINE: FIELD: what is wrong`; a missing field is reported at the line of the mapping that lacks it.
 * Duplicate keys, unknown fields, aliases, tags and second documents are refused.
 * @throws {CodedError} `code` with at most 20 problems in its message.
 */
export function parseYamlFile<S extends z.ZodType>(
  text: string,
  fileName: string,
  schema: S,
  code: ErrorCode,
  options: YamlFileOptions = {},
): z.output<S> {
  const refuse = (problems: readonly string[]): never => {
    const different = [...new Set(problems)];
    const shown = different.slice(0, maxProblems);
    if (different.length > shown.length) shown.push(`and ${different.length - shown.length} more problems`);
    throw new CodedError(code, shown.join('\n'));
  };
  if (Buffer.byteLength(text) > maxFileBytes) {
    refuse([`${fileName}: larger than ${maxFileBytes / 1024} KiB`]);
  }
  const lines = new LineCounter();
  const read = readDocument(text, lines);
  if ('problems' in read)
    return refuse(read.problems.map(({ at, what }) => place(fileName, lines, at, what)));
  const { document, value } = read;
  const fill = options.fill ?? {};
  const own = Object.keys(fill).filter((key) => Object.hasOwn(value, key));
  if (own.length > 0) {
    refuse(
      own.map((key) => place(fileName, lines, keyOffset(document, [], key), `${key}: is not set by hand`)),
    );
  }
  const whole = { ...value, ...fill };
  const result = schema.safeParse(whole, { error: problemText });
  if (result.success) return result.data;
  return refuse(
    withoutEchoes(result.error.issues)
      .flatMap((issue) => fieldProblems(issue, schema, whole, document))
      .sort((a, b) => a.at - b.at)
      .map(({ at, what }) => place(fileName, lines, at, what)),
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder',
  EACCES: 'this user may not read it',
};

/** Reads and parses a file: see parseYamlFile. An unreadable file has the same code. */
export async function readYamlFile<S extends z.ZodType>(
  path: string,
  schema: S,
  code: ErrorCode,
  options: YamlFileOptions = {},
): Promise<z.output<S>> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw new CodedError(code, `${path}: larger than ${maxFileBytes / 1024} KiB`);
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    const reason = (thrown as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new CodedError(code, `${path}: ${reasons[reason] ?? `cannot be read (${reason})`}`, {
      cause: thrown,
    });
  }
  return parseYamlFile(text, path, schema, code, options);
}

/** A problem and the offset in the text it belongs to. */
interface Problem {
  readonly at: number;
  readonly what: string;
}

type Read =
  | { readonly document: Document; readonly value: Record<string, unknown> }
  | { readonly problems: readonly Problem[] };

function readDocument(text: string, lineCounter: LineCounter): Read {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
    const flaws = [...document.errors, ...document.warnings];
    if (flaws.length > 0) {
      return {
        problems: flaws.map(({ code, pos, message }) => ({
          at: pos[0],
          what: code === 'MULTIPLE_DOCS' ? 'a second document starts; one file holds one' : message,
        })),
      };
    }
    // No aliases at all: what they abbreviate is short here, and expanding them is a known way to exhaust memory.
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    if (isMap(document.contents)) return { document, value: value as Record<string, unknown> };
    return { problems: [{ at: 0, what: value === null ? 'is empty' : 'must be a mapping of fields' }] };
  } catch (thrown) {
    // Nesting deep enough to exhaust the stack ends here, and so do aliases.
    const what =
      thrown instanceof ReferenceError ? 'aliases (*name) are not supported' : 'is not usable YAML';
    return { problems: [{ at: 0, what }] };
  }
}

/** A value of another type also fails the length and range checks behind; only the type is worth saying. */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const mistyped = new Set(
    issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => fieldName(path)),
  );
  return issues.filter(({ code, path }) => code === 'invalid_type' || !mistyped.has(fieldName(path)));
}

function fieldProblems(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  value: unknown,
  document: Document,
): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, issue.path, value);
    return issue.keys.map((key) => ({
      at: keyOffset(document, issue.path, key),
      what: `${fieldName([...issue.path, key])}: unknown field${hint(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Of the branches of a union, the one that went furthest says best what is wrong.
    const branches = issue.errors.map((branch) =>
      branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
    );
    const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(...branch.map(({ path }) => path.length));
    const furthest = branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best));
    if (depth(furthest) > issue.path.length) {
      return furthest.flatMap((inner) => fieldProblems(inner, schema, value, document));
    }
  }
  if (issue.code === 'invalid_union' && valueAt(value, issue.path) === undefined) {
    return [{ at: nodeOffset(document, issue.path), what: `${fieldName(issue.path)}: is missing` }];
  }
  const what = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ at: nodeOffset(document, issue.path), what: `${fieldName(issue.path)}: ${what}` }];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (here, step) => (here as Record<PropertyKey, unknown> | null | undefined)?.[step],
    value,
  );
}

function hint(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  if (near !== undefined) return `, did you mean ${near}?`;
  return known.length > 0 && known.length <= 16 ? `; known here: ${known.join(', ')}` : '';
}

function place(fileName: string, lines: LineCounter, offset: number, what: string): string {
  return `${fileName}:${lines.linePos(offset).line || 1}: ${what}`;
}

/** Offset of the node at `path`, or of the deepest ancestor that stands in the file. */
function nodeOffset(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = path.slice(0, length - 1);
    const last = path[length - 1]!;
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (typeof last === 'string' && isMap(nodeAt(document, parent)) && node !== undefined) {
      return keyOffset(document, parent, last);
    }
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0;
}

function keyOffset(document: Document, path: readonly PropertyKey[], key: string): number {
  const map = nodeAt(document, path);
  if (!isMap(map)) return nodeOffset(document, path);
  for (const { key: node } of map.items) {
    if (isNode(node) && String(node.toJS(document)) === key && node.range) return node.range[0];
  }
  return map.range?.[0] ?? 0;
}

function nodeAt(document: Document, path: readonly PropertyKey[]): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}

/** `training.rounds`, `participants[2]`. */
function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'file';
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}
