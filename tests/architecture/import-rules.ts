import type { ICruiseResult } from 'dependency-cruiser';

type Forbidden = NonNullable<NonNullable<ICruiseResult['summary']['ruleSetUsed']>['forbidden']>[number];

/** Who may import whom: the table of ARCHITECTURE.md. A room may always import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  contract: [],
  crypto: ['contract'],
  learning: ['contract'],
  observe: ['contract'],
  coordinator: ['proto', 'contract', 'crypto', 'observe'],
  participant: ['proto', 'contract', 'crypto', 'learning', 'observe'],
  cli: ['proto', 'contract', 'coordinator', 'participant'],
  examples: ['contract', 'learning', 'participant'],
  bench: [
    'proto',
    'contract',
    'crypto',
    'learning',
    'observe',
    'coordinator',
    'participant',
    'cli',
    'examples',
  ],
};

export const rooms = Object.keys(mayImport);

/** Doors for imports from outside a room; regular expressions over paths. */
const doors = [
  '^contract/(index|core)\\.ts$',
  '^proto/(index\\.ts$|gen/)',
  '^crypto/[a-z-]+/index\\.ts$',
  '^crypto/secure-sum/adder\\.ts$',
  '^crypto/he/public\\.ts$',
  '^learning/index\\.ts$',
  '^observe/index\\.ts$',
  '^learning/[a-z-]+/index\\.ts$',
  '^coordinator/main\\.ts$',
  '^participant/main\\.ts$',
  '^cli/main\\.ts$',
];

/** What the coordinator may take from crypto: adding ciphertexts and certificates, no way to open anything. */
const coordinatorDoors = ['^crypto/secure-sum/adder\\.ts$', '^crypto/he/public\\.ts$', '^crypto/identity/'];

/** Whole federations of processes, and faults in them, which benchmarks and tests share. */
const benchStages = '^tests/(integration/)?support/';

const npm = (...names: string[]) => `(^|node_modules/)(${names.join('|')})(/|$)`;
const product = '^(proto|contract|crypto|learning|observe|coordinator|participant|cli)/';

/**
 * @param decrypting files that can decrypt or make decryption keys, relative to the checked root.
 */
export function importRules(decrypting: readonly string[]): Forbidden[] {
  const error = (rule: { name: string; from: object; to: object }) =>
    ({ severity: 'error', ...rule }) as Forbidden;
  return [
    ...Object.entries(mayImport).map(([room, allowed]) =>
      error({
        name: `room-${room}`,
        from: { path: `^${room}/` },
        to: {
          path: `^(${[...rooms, 'tests'].filter((r) => r !== room && !allowed.includes(r)).join('|')})/`,
          ...(room === 'bench' && { pathNot: benchStages }),
        },
      }),
    ),
    error({
      name: 'one-door',
      from: { path: `^(${rooms.join('|')})/`, pathNot: '^bench/' },
      to: { path: `^(${rooms.join('|')})/`, pathNot: ['^$1/', ...doors] },
    }),
    error({
      name: 'bench-doors',
      from: { path: '^bench/' },
      to: {
        path: `^(${rooms.filter((room) => room !== 'bench').join('|')})/`,
        pathNot: [
          ...doors,
          '^(coordinator|participant)/[a-z-]+/index\\.ts$',
          '^crypto/matvec/(kernel|engine|cipher)/index\\.ts$',
          '^examples/[a-z-]+/[a-z-]+\\.ts$',
        ],
      },
    }),
    error({
      name: 'crypto-one-door',
      from: { path: '^crypto/([^/]+)/' },
      to: { path: '^crypto/', pathNot: ['^crypto/$1/', ...doors] },
    }),
    error({
      name: 'coordinator-crypto-doors',
      from: { path: '^coordinator/' },
      to: { path: '^crypto/', pathNot: coordinatorDoors },
    }),
    error({
      name: 'coordinator-cannot-decrypt',
      from: { path: '^coordinator/' },
      // An empty list would match everything; the pattern below matches no path.
      to: { path: decrypting.length > 0 ? decrypting.map(exactly) : '^\\b$', reachable: true },
    }),
    error({
      name: 'wire-owners',
      from: {
        path: `^(${rooms.join('|')})/`,
        pathNot: [
          '^proto/',
          '^bench/',
          '^coordinator/rpc/',
          '^coordinator/identity/handlers\\.ts$',
          '^participant/(session|identity)/',
          '^cli/client(/|\\.ts$)',
        ],
      },
      to: { path: ['^proto/', npm('@grpc/[^/]+', 'grpc-health-check')] },
    }),
    error({
      name: 'sql-owner',
      // home-lock holds a database file's lock and no data.
      from: {
        path: product,
        pathNot: ['^coordinator/store/', '^participant/journal/', '^crypto/identity/home-lock\\.ts$'],
      },
      to: { path: npm('kysely', 'libsql') },
    }),
    error({
      name: 'data-source-owner',
      from: { path: product, pathNot: ['^participant/data/', '^coordinator/store/'] },
      to: { path: npm('@duckdb/[^/]+', 'pg') },
    }),
    error({
      name: 'object-store-owner',
      from: { path: product, pathNot: '^coordinator/blobs/' },
      to: { path: npm('minio') },
    }),
    error({
      name: 'seal-owner',
      // The kernel's benchmark times SEAL itself.
      from: { path: `^(${rooms.join('|')})/`, pathNot: ['^crypto/he/', '^bench/kernel-seal\\.ts$'] },
      to: { path: npm('node-seal') },
    }),
    error({
      name: 'curve-owner',
      from: { path: product, pathNot: '^crypto/psi/' },
      to: { path: npm('sodium-native') },
    }),
    error({
      name: 'tensorflow-owner',
      from: { path: product, pathNot: '^learning/' },
      to: { path: npm('@tensorflow/[^/]+') },
    }),
    error({
      name: 'telemetry-owner',
      from: { path: product, pathNot: '^observe/' },
      to: { path: npm('prom-client', '@opentelemetry/[^/]+') },
    }),
    error({
      name: 'no-development-packages',
      from: { path: product },
      to: { dependencyTypes: ['npm-dev'] },
    }),
    error({ name: 'no-cycles', from: {}, to: { circular: true } }),
    error({ name: 'resolvable', from: {}, to: { couldNotResolve: true, path: '^\\.' } }),
  ];
}

function exactly(path: string): string {
  return `^${path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
}
