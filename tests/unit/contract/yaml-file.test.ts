import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  CodedError,
  drawNonce,
  horizontalSpec,
  parseYamlFile,
  readYamlFile,
} from '../../../contract/index.js';

const sketch = z.strictObject({
  name: z.string().min(2).max(5),
  count: z.int().min(1).optional(),
  share: z.number().gt(0).lt(1).optional(),
  tags: z
    .array(z.enum(['a', 'b']))
    .max(2)
    .default([]),
  inner: z.strictObject({ deepField: z.boolean() }).optional(),
  shape: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('circle'), radius: z.number() }),
      z.strictObject({ kind: z.literal('square'), side: z.number() }),
    ])
    .optional(),
  levels: z.record(z.string().regex(/^[A-Z]+$/, 'must be capitals'), z.number()).optional(),
});

function problems(text: string, schema: z.ZodType = sketch, fill: Record<string, unknown> = {}): string[] {
  try {
    parseYamlFile(text, 'file.yaml', schema, 'SPEC_INVALID', { fill });
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CodedError);
    expect((thrown as CodedError).code).toBe('SPEC_INVALID');
    return (thrown as CodedError).message.split('\n');
  }
  return [];
}

describe('problems name file, line and field', () => {
  it.each([
    ['a field out of range', 'name: abc\ncount: 0', 'file.yaml:2: count: must be at least 1'],
    [
      'a fraction for a whole number',
      'name: abc\ncount: 1.5',
      'file.yaml:2: count: must be a whole number, not a fraction',
    ],
    ['an open bound', 'name: abc\nshare: 1', 'file.yaml:2: share: must be less than 1'],
    ['another type', 'name: [x]', 'file.yaml:1: name: must be text, not a list'],
    ['text too short', 'name: a', 'file.yaml:1: name: must have at least 2 characters'],
    ['a list too long', 'name: abc\ntags: [a, b, a]', 'file.yaml:2: tags: must have at most 2 entries'],
    ['an entry of a list', 'name: abc\ntags:\n  - a\n  - c', 'file.yaml:4: tags[1]: must be a or b'],
    [
      'a missing field, at its mapping',
      'name: abc\ninner:\n  {}',
      'file.yaml:2: inner.deepField: is missing',
    ],
    [
      'an unknown field with a near name',
      'name: abc\ncuont: 1',
      'file.yaml:2: cuont: unknown field, did you mean count?',
    ],
    [
      'an unknown field below another',
      'name: abc\ninner: { deepField: true,\n  deepfeld: 1 }',
      'file.yaml:3: inner.deepfeld: unknown field, did you mean deepField?',
    ],
    [
      'an unknown field of the chosen branch only',
      'name: abc\nshape: { kind: circle, radius: 1,\n  side: 2 }',
      'file.yaml:3: shape.side: unknown field; known here: kind, radius',
    ],
    [
      'an unknown branch',
      'name: abc\nshape:\n  kind: oval',
      'file.yaml:3: shape.kind: must be one of circle, square',
    ],
    ['a bad key', 'name: abc\nlevels:\n  AB: 1\n  cd: 2', 'file.yaml:4: levels.cd: must be capitals'],
    ['a key given twice', 'name: abc\nname: abd', 'file.yaml:2: Map keys must be unique'],
    ['an alias', 'name: &n abc\ntags: *n', 'file.yaml:1: aliases (*name) are not supported'],
    ['a tag', 'name: !include x', 'file.yaml:1: Unresolved tag: !include'],
    [
      'a second document',
      'name: abc\n---\nname: abc',
      'file.yaml:2: a second document starts; one file holds one',
    ],
    ['nothing', '# only a comment', 'file.yaml:1: is empty'],
    ['a list', '- name: abc', 'file.yaml:1: must be a mapping of fields'],
  ])('%s', (_, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it('lists all problems in the order of the file, at most twenty', () => {
    const unknown = Array.from({ length: 30 }, (_, i) => `zzzzzzzzzz${i}: 1`).join('\n');
    const found = problems(`${unknown}\nname: 3`);
    expect(found).toHaveLength(21);
    expect(found[0]).toMatch(/^file\.yaml:1: zzzzzzzzzz0: unknown field/);
    expect(found[20]).toBe('and 11 more problems');
  });

  it('names the fields of a real job spec', () => {
    expect(
      problems('name: x\nrelese: []\ntraining: { epoch: 3 }', horizontalSpec, { nonce: drawNonce() }),
    ).toEqual(
      expect.arrayContaining([
        'file.yaml:2: relese: unknown field, did you mean release?',
        'file.yaml:3: training.epoch: unknown field, did you mean epochs?',
        'file.yaml:1: participants: is missing',
      ]),
    );
  });
});

describe('fields that the software fills in', () => {
  const filled = z.strictObject({ name: z.string(), nonce: z.string() });
  it('are added', () => {
    expect(parseYamlFile('name: a', 'f', filled, 'SPEC_INVALID', { fill: { nonce: 'n' } })).toEqual({
      name: 'a',
      nonce: 'n',
    });
  });
  it('are refused in the file', () => {
    expect(problems('name: a\nnonce: mine', filled, { nonce: 'n' })).toEqual([
      'file.yaml:2: nonce: is not set by hand',
    ]);
  });
});

describe('hostile files', () => {
  it('nested without end', () => {
    expect(problems('['.repeat(200_000)).length).toBeGreaterThan(0);
  });
  it('larger than a file that people write', () => {
    expect(problems(`name: ${'x'.repeat(1024 * 1024)}`)).toEqual(['file.yaml: larger than 1024 KiB']);
  });
  it('anything at all gives a value or a coded error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.string({ unit: fc.constantFrom(...'{}[]:-&*!|>\'"# \nab') }),
        ),
        (text) => {
          problems(text);
        },
      ),
      { numRuns: 500 },
    );
  });
  it('what YAML writes comes back', () => {
    const value = fc.record({
      name: fc.string({ minLength: 2, maxLength: 5 }),
      count: fc.integer({ min: 1 }),
      tags: fc.array(fc.constantFrom('a' as const, 'b' as const), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(value, (each) => {
        expect(parseYamlFile(stringify(each), 'f', sketch, 'SPEC_INVALID')).toEqual(each);
      }),
    );
  });
});

describe('readYamlFile', () => {
  it('says why a file cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yaml-'));
    const path = join(folder, 'a.yaml');
    await expect(readYamlFile(path, sketch, 'SPEC_INVALID')).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      message: `${path}: there is no such file`,
    });
    await writeFile(path, 'name: abc');
    await expect(readYamlFile(path, sketch, 'SPEC_INVALID')).resolves.toEqual({ name: 'abc', tags: [] });
    await rm(folder, { recursive: true });
  });
});
