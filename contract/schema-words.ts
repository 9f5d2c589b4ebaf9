import type { z } from 'zod';

/** What is wrong with a value, in words for the person who wrote it; schemas' own messages come first. */
export function problemText(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${typeWords[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${issue.values.map(String).join(' or ')}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : `must be ${discriminatorWords(issue)}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

/**
 * Names of the fields that the schema knows in the mapping at `path`; of a union tagged by `kind`,
 * those of the branch that `value` chose.
 */
export function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let schemas = unwrapped(schema, value);
  let here = value;
  for (const step of path) {
    here = (here as Record<PropertyKey, unknown> | null | undefined)?.[step];
    schemas = schemas.flatMap((each) => child(each, step)).flatMap((each) => unwrapped(each, here));
  }
  return [...new Set(schemas.flatMap((each) => Object.keys(definition(each).shape ?? {})))];
}

const typeWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a fraction';
  return typeof value === 'object' ? 'a mapping' : (typeWords[typeof value] ?? typeof value);
}

function bound(origin: string, relation: string, limit: number | bigint | undefined): string {
  if (origin === 'string') return `must have ${relation} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have ${relation} ${limit} entries`;
  return `must be ${relation} ${limit}`;
}

function discriminatorWords(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const options = (issue.inst as z.core.$ZodType | undefined) && definition(issue.inst as z.core.$ZodType);
  const tag = options?.discriminator;
  const values = (options?.options ?? []).flatMap((option) => {
    const literal = tag === undefined ? undefined : definition(option).shape?.[tag];
    return literal ? (definition(literal).values ?? []) : [];
  });
  return values.length > 0 ? `one of ${values.map(String).join(', ')}` : 'of another form';
}

/** The parts of zod's public schema definitions that are walked here, over all schema types. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly discriminator?: string;
  readonly values?: readonly unknown[];
}

function definition(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

function unwrapped(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  const { innerType, in: input, options, discriminator } = definition(schema);
  if (innerType) return unwrapped(innerType, value);
  if (input) return unwrapped(input, value);
  if (!options) return [schema];
  return options
    .flatMap((option) => unwrapped(option, value))
    .filter((option) => discriminator === undefined || chose(option, discriminator, value));
}

function chose(option: z.core.$ZodType, tag: string, value: unknown): boolean {
  const literal = definition(option).shape?.[tag];
  const chosen = (value as Record<string, unknown> | null | undefined)?.[tag];
  return literal !== undefined && (definition(literal).values?.includes(chosen) ?? false);
}

function child(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  const { shape, element, valueType } = definition(schema);
  const next = typeof step === 'number' ? element : (shape?.[String(step)] ?? valueType);
  return next ? [next] : [];
}
