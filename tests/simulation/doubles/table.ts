import { dirname, join, resolve } from 'node:path';

/**
 * What a run replaces of the product, and only this: signatures and sealing are symbolic, so are public mask keys; HE keys
 * are made once; folders of jobs are in memory; a session is the network of the run. Shares, commitments and reveals are
 * the product's own. Module of the product, or of Node, and what stands in its place.
 */
const doubles: Readonly<Record<string, string>> = {
  'contract/post': 'post',
  'contract/wire-form': 'wire-form',
  'coordinator/rounds/step': 'step',
  'crypto/identity/signature': 'signature',
  'crypto/sealing/hpke': 'hpke',
  'crypto/sealing/sealed': 'sealed',
  'crypto/secure-sum/job-keys': 'job-keys',
  'crypto/secure-sum/x25519': 'x25519',
  'node:crypto': 'node-crypto',
  'node:fs': 'node-fs',
  'node:fs/promises': 'node-fs-promises',
  'node:timers/promises': 'node-timers',
  'participant/rounds/shown-spec': 'shown-spec',
  'participant/session/session': 'session',
  'proto/index': 'proto',
};

const root = resolve(import.meta.dirname, '../../..');
const home = join(root, 'tests/simulation/doubles');

/** For Vite and Rolldown alike: an import of what has a double leads there, but from the doubles themselves. */
export const simulationDoubles = {
  name: 'simulation-doubles',
  enforce: 'pre' as const,
  resolveId(source: string, importer: string | undefined): string | undefined {
    if (importer === undefined || dirname(importer) === home || !source.startsWith('.')) return undefined;
    return doubleOf(
      resolve(dirname(importer), source)
        .slice(root.length + 1)
        .replace(/\.js$/, ''),
    );
  },
  /** Vite asks nobody where a module of Node is, so its name gives way to the path of the double. */
  transform(code: string, path: string): { code: string; map: null } | undefined {
    if (dirname(path) === home || !path.endsWith('.ts')) return undefined;
    const changed = code.replace(/(?<= from ')node:[^']+(?=';)/g, (name) => doubleOf(name) ?? name);
    return changed === code ? undefined : { code: changed, map: null };
  },
};

function doubleOf(module: string): string | undefined {
  const double = doubles[module];
  return double && join(home, `${double}.ts`);
}
