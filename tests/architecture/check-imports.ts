import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { importRules, rooms } from './import-rules.js';
import { readSources, withoutComments } from './sources.js';

export interface ImportReport {
  /** Modules read; 0 means the checker saw nothing, which is a failure, not a pass. */
  readonly modules: number;
  readonly dependencies: number;
  /** One line each: rule, importer, imported. */
  readonly violations: readonly Violation[];
  /** Files that can decrypt, as found in the sources. */
  readonly decrypting: readonly string[];
  /** Files of crypto, identity apart, that the coordinator links by any chain of imports. */
  readonly coordinatorCrypto: readonly string[];
}

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** Checks the import rules of ARCHITECTURE.md over the TypeScript sources under `root`. */
export async function checkImports(root: string): Promise<ImportReport> {
  const decrypting = decryptingFiles(root);
  const folders = [...rooms, 'tests'].filter((room) => existsSync(`${root}/${room}`));
  const result = await cruise(folders, {
    baseDir: root,
    // Without swc dependency-cruiser reads no TypeScript and reports success over zero modules.
    parser: 'swc',
    validate: true,
    ruleSet: { forbidden: importRules(decrypting) },
    doNotFollow: { path: 'node_modules' },
  });
  const { summary, modules } = result.output as ICruiseResult;
  return {
    modules: summary.totalCruised,
    dependencies: summary.totalDependenciesCruised ?? 0,
    violations: summary.violations
      .filter(
        ({ cycle }) =>
          !cycle ||
          !breaksAtTypes(
            root,
            cycle.map(({ name }) => name),
          ),
      )
      .map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    decrypting,
    coordinatorCrypto: reachedFrom('coordinator/', modules).filter((path) =>
      /^crypto\/(?!identity\/)/.test(path),
    ),
  };
}

function reachedFrom(prefix: string, modules: ICruiseResult['modules']): string[] {
  const imports = new Map(modules.map(({ source, dependencies }) => [source, dependencies]));
  const reached = new Set(modules.map(({ source }) => source).filter((source) => source.startsWith(prefix)));
  // A set iterates over what is added while iterating.
  for (const source of reached) for (const { resolved } of imports.get(source) ?? []) reached.add(resolved);
  return [...reached].sort();
}

/** True when a cycle has a link of type imports alone: those are gone when the code runs. */
function breaksAtTypes(root: string, cycle: readonly string[]): boolean {
  return cycle.some((to, i) => {
    const from = cycle.at(i - 1)!;
    return importsTypesOnly(readFileSync(join(root, from), 'utf8'), posix.relative(posix.dirname(from), to));
  });
}

/** True when every import or re-export of `target` (a path relative to the importer) takes types alone. */
export function importsTypesOnly(text: string, target: string): boolean {
  const specifier = `${target.startsWith('.') ? '' : './'}${target}`.replace(/\.ts$/, '.js');
  const links = [...withoutComments(text).matchAll(/\b(?:import|export)\b([^;'"]*?)(?:\bfrom\s*)?'([^']+)'/g)]
    .filter((match) => match[2] === specifier)
    .map((match) => match[1]!.trim());
  return links.length > 0 && links.every(takesTypesOnly);
}

function takesTypesOnly(clause: string): boolean {
  if (/^type\b/.test(clause)) return true;
  const names = clause.match(/^\{([^}]*)\}$/)?.[1];
  return names?.split(',').every((name) => /^\s*(type\s|$)/.test(name)) ?? false;
}

const opensCiphertext = /\b(KeyGenerator|Decryptor|SecretKey|secretKey|decrypt\w*|createDecipheriv)\b/;

/**
 * Whatever in crypto can open what participants protect: files that name SEAL's secret-key objects or a decrypt
 * operation in code, and the room that opens sealed messages. crypto/identity is left out: it holds the
 * coordinator's own CA and a participant's own signing key, neither of which opens a contribution.
 */
function decryptingFiles(root: string): string[] {
  return readSources(root, ['crypto'])
    .filter(({ path }) => !path.startsWith('crypto/identity/'))
    .filter(
      ({ path, text }) => path.startsWith('crypto/sealing/') || opensCiphertext.test(withoutComments(text)),
    )
    .map(({ path }) => path);
}
