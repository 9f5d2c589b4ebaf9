import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkImports, importsTypesOnly } from './check-imports.js';
import { importRules } from './import-rules.js';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** A small house that keeps every rule; each case below breaks one. */
const house: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module","dependencies":{},"devDependencies":{}}',
  'contract/index.ts': "export const contract = 'agreed';",
  'proto/index.ts': "import { credentials } from '@grpc/grpc-js'; export const wire = credentials;",
  'crypto/he/index.ts': "export { open } from './decrypt.js'; export { add } from './public.js';",
  'crypto/he/public.ts': "import seal from 'node-seal'; export const add = () => seal;",
  'crypto/he/decrypt.ts': "import seal from 'node-seal'; export const open = () => seal.Decryptor;",
  'crypto/secure-sum/index.ts': "import { open } from '../he/index.js'; export const result = () => open();",
  'crypto/secure-sum/adder.ts':
    "import { add } from '../he/public.js'; // decrypt is elsewhere\nexport const adder = () => add();",
  'crypto/sealing/index.ts': 'export const unseal = 1;',
  'crypto/identity/index.ts':
    "import { contract } from '../../contract/index.js'; export const ca = contract;",
  'learning/index.ts': "import tf from '@tensorflow/tfjs'; export const train = tf;",
  'observe/index.ts': "import { Registry } from 'prom-client'; export const registry = Registry;",
  'coordinator/main.ts': "export { add } from './rounds/add.js'; export { serve } from './rpc/serve.js';",
  'coordinator/rounds/add.ts':
    "import { adder } from '../../crypto/secure-sum/adder.js'; export const add = adder;",
  'coordinator/rpc/serve.ts': "import { wire } from '../../proto/index.js'; export const serve = wire;",
  'coordinator/store/jobs.ts': "import { Kysely } from 'kysely'; export const store = Kysely;",
  'participant/main.ts':
    "import { train } from '../learning/index.js'; import { result } from '../crypto/secure-sum/index.js'; export const run = [train, result];",
  'participant/data/read.ts': "import duckdb from '@duckdb/node-api'; export const read = duckdb;",
  'cli/main.ts':
    "export { run } from '../participant/main.js'; export { add } from '../coordinator/main.js';",
};

function check(changes: Readonly<Record<string, string>> = {}) {
  const tree = mkdtempSync(join(tmpdir(), 'fedrisk-imports-'));
  trees.push(tree);
  for (const [path, text] of Object.entries({ ...house, ...changes })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  return checkImports(tree);
}

const importing = (from: string) => `import * as other from '${from}'; export const used = other;`;

/** One offending file per rule. */
const offences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'room-proto': { 'proto/index.ts': importing('../contract/index.js') },
  'room-contract': { 'contract/index.ts': importing('../proto/index.js') },
  'room-crypto': { 'crypto/identity/ca.ts': importing('../../learning/index.js') },
  'room-learning': { 'learning/horizontal.ts': importing('../crypto/he/index.js') },
  'room-observe': { 'observe/index.ts': importing('../crypto/identity/index.js') },
  'room-coordinator': { 'coordinator/rounds/score.ts': importing('../../learning/index.js') },
  'room-participant': { 'participant/shortcut.ts': importing('../coordinator/main.js') },
  'room-cli': { 'cli/decrypt.ts': importing('../crypto/he/index.js') },
  'room-examples': { 'examples/demo/main.ts': importing('../../crypto/he/index.js') },
  'room-bench': { 'tests/support.ts': 'export {};', 'bench/main.ts': importing('../tests/support.js') },
  'one-door': { 'cli/rounds.ts': importing('../coordinator/rounds/add.js') },
  'bench-doors': { 'bench/inside.ts': importing('../coordinator/rounds/add.js') },
  'crypto-one-door': { 'crypto/secure-sum/masks.ts': importing('../he/decrypt.js') },
  'coordinator-crypto-doors': { 'coordinator/rounds/open.ts': importing('../../crypto/sealing/index.js') },
  'coordinator-cannot-decrypt': {
    'crypto/identity/deep.ts': importing('../secure-sum/index.js'),
    'coordinator/rounds/sneaky.ts': importing('../../crypto/identity/deep.js'),
  },
  'wire-owners': { 'coordinator/rounds/wire.ts': importing('@grpc/grpc-js') },
  'sql-owner': { 'coordinator/rounds/sql.ts': importing('libsql') },
  'data-source-owner': { 'participant/training/read.ts': importing('@duckdb/node-api') },
  'seal-owner': { 'crypto/secure-sum/direct.ts': importing('node-seal') },
  'curve-owner': { 'participant/vertical/curve.ts': importing('sodium-native') },
  'object-store-owner': { 'coordinator/jobs/bucket.ts': importing('minio') },
  'telemetry-owner': { 'coordinator/rounds/count.ts': importing('prom-client') },
  'tensorflow-owner': { 'participant/training/tf.ts': importing('@tensorflow/tfjs') },
  'no-development-packages': {
    'package.json': '{"type":"module","devDependencies":{"left":"1.0.0"}}',
    'node_modules/left/package.json': '{"name":"left","version":"1.0.0","main":"index.js"}',
    'node_modules/left/index.js': '',
    'contract/left.ts': importing('left'),
  },
  'no-cycles': {
    'learning/a.ts': importing('./b.js'),
    'learning/b.ts': importing('./a.js'),
  },
  resolvable: { 'learning/lost.ts': importing('./nowhere.js') },
};

describe('import rules', () => {
  it('hold in this repository, over more than a hundred modules', async () => {
    const report = await checkImports(process.cwd());
    expect(report.modules).toBeGreaterThan(100);
    expect(report.violations).toEqual([]);
  });

  it('keep schema libraries out of what threads load with contract/core', () => {
    const loaded = new Set<string>();
    const load = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      // Compiled: type imports are gone.
      const compiled = readFileSync(join('dist', path), 'utf8');
      for (const [, from] of compiled.matchAll(/from '([^']+)'/g)) {
        if (from!.startsWith('.')) load(join(dirname(path), from!));
        else loaded.add(from!);
      }
    };
    load('contract/core.js');
    expect(loaded).toContain('contract/secret.js');
    expect([...loaded].filter((name) => name === 'zod' || name === 'yaml')).toEqual([]);
  });

  it('let the coordinator link these files of crypto, besides identity, and no other', async () => {
    const { coordinatorCrypto } = await checkImports(process.cwd());
    expect(coordinatorCrypto).toEqual([
      'crypto/he/adder.ts',
      'crypto/he/block.ts',
      'crypto/he/packing.ts',
      'crypto/he/parameter-set.ts',
      'crypto/he/parameters.ts',
      'crypto/he/product-sets.ts',
      'crypto/he/public.ts',
      'crypto/he/seal-layout.ts',
      'crypto/he/seal.ts',
      'crypto/secure-sum/add-contributions.ts',
      'crypto/secure-sum/adder.ts',
      'crypto/secure-sum/byte-blocks.ts',
      'crypto/secure-sum/check-contribution.ts',
      'crypto/secure-sum/reveal-size.ts',
      'crypto/secure-sum/shape.ts',
      'crypto/secure-sum/slots.ts',
    ]);
  });

  it('hold in the fixture house', async () => {
    const report = await check();
    expect(report.violations).toEqual([]);
    expect(report.decrypting).toEqual([
      'crypto/he/decrypt.ts',
      'crypto/he/index.ts',
      'crypto/sealing/index.ts',
    ]);
  });

  it('have a case for every rule', () => {
    expect(Object.keys(offences).sort()).toEqual(
      importRules([])
        .map((rule) => rule.name)
        .sort(),
    );
  });

  it.each(Object.entries(offences))('%s is caught', async (rule, changes) => {
    const report = await check(changes);
    expect(report.violations.map((violation) => violation.rule)).toContain(rule);
  });

  it('a coordinator file that imports a decrypting file directly fails', async () => {
    const { violations } = await check({ 'coordinator/peek.ts': importing('../crypto/he/decrypt.js') });
    const rules = violations.filter(({ from }) => from === 'coordinator/peek.ts').map(({ rule }) => rule);
    expect(rules).toEqual(
      expect.arrayContaining(['coordinator-cannot-decrypt', 'coordinator-crypto-doors', 'one-door']),
    );
  });

  it('an adder that learns to decrypt fails the coordinator that uses it', async () => {
    const { violations } = await check({
      'crypto/secure-sum/adder.ts': 'export const adder = (seal: { Decryptor: unknown }) => seal.Decryptor;',
    });
    expect(violations).toContainEqual({
      rule: 'coordinator-cannot-decrypt',
      from: 'coordinator/rounds/add.ts',
      to: 'crypto/secure-sum/adder.ts',
    });
  });

  it('a cycle that is gone at run time, because one link is of types, passes', async () => {
    const { violations } = await check({
      'learning/a.ts': "import type { B } from './b.js'; export type A = B;",
      'learning/b.ts': importing('./a.js'),
    });
    expect(violations).toEqual([]);
  });

  it('tells imports of types from others', () => {
    expect(importsTypesOnly("import type { A } from './b.js';", 'b.ts')).toBe(true);
    expect(importsTypesOnly("import { type A, type B } from '../x/b.js';", '../x/b.ts')).toBe(true);
    expect(importsTypesOnly("import { type A, b } from './b.js';", 'b.ts')).toBe(false);
    expect(importsTypesOnly("import type { A } from './b.js';\nimport './b.js';", 'b.ts')).toBe(false);
    expect(importsTypesOnly("export * from './b.js';", 'b.ts')).toBe(false);
    expect(importsTypesOnly("const x = await import('./b.js');", 'b.ts')).toBe(false);
  });

  it('reads no module from an empty folder, which the script reports as a failure', async () => {
    const tree = mkdtempSync(join(tmpdir(), 'fedrisk-imports-'));
    trees.push(tree);
    mkdirSync(join(tree, 'contract'));
    expect((await checkImports(tree)).modules).toBe(0);
  });
});
