import { z } from 'zod';
import {
  type algorithmOf,
  CodedError,
  type HorizontalSpec,
  metricNames,
  parseYamlFile,
  readYamlFile,
} from '../../contract/index.js';
import { anyOr, metricsOf, name, oneOf, saysWho, saysWhoIssue, scope, term } from './rule-fields.js';
import { verticalRule } from './vertical-rule.js';

/** Records, so that the compiler asks for every kind that a job spec can have. */
const algorithmKinds = {
  fedavg: true,
  fedprox: true,
  fedadam: true,
  boosting: true,
} as const satisfies Record<ReturnType<typeof algorithmOf>, true>;
const modelKinds = { logistic: true, mlp: true, layers: true, trees: true } as const satisfies Record<
  HorizontalSpec['model']['kind'],
  true
>;

const fingerprint = z
  .string()
  .transform((value) => value.replaceAll(':', '').toLowerCase())
  .refine((value) => /^[0-9a-f]{64}$/.test(value), 'must be a SHA-256 fingerprint: 64 hex digits');

const rule = z
  .strictObject({
    ...scope,
    algorithms: anyOr(oneOf(algorithmKinds)),
    models: anyOr(oneOf(modelKinds)),
    /** Contributors a job must have, this participant included. */
    minimumCohort: z.int().min(3).max(255).default(3),
    /** Own training rows below which an update would say too much about single rows. */
    minimumRows: z.int().min(1).max(100_000_000).default(50),
    maximumRounds: z.int().min(1).max(1000),
    /**
     * Least share of the participants that a round of a job may include. Who is missing from one round and not from the
     * next shows the others its counts and roughly its part; at 1 rounds wait for everybody. By default whatever the
     * protocol allows, which is always a majority: a job of four may go on without one, which is 0.75.
     */
    minimumIncluded: z.number().min(0.5).max(1).default(0.5),
    /** `colluders` a job must at least declare. */
    minimumColluders: z.int().min(0).max(253).default(1),
    release: metricsOf(metricNames),
    /** May a job go on from an earlier model? */
    warmStart: z.boolean().default(false),
    ...term,
  })
  .refine(saysWho, saysWhoIssue);

const policyFile = z
  .strictObject({
    /** Coordinators this participant takes jobs from: name and fingerprint of their CA certificate. */
    coordinators: z.array(z.strictObject({ name: name(40), caFingerprint: fingerprint })).max(100),
    /** Of horizontal jobs: same features, different customers. */
    rules: z.array(rule).max(500).default([]),
    /** Of vertical jobs: same customers, different features. */
    vertical: z.array(verticalRule).max(500).default([]),
  })
  .superRefine(({ rules, vertical }, context) => {
    const earlier = new Set<string>();
    for (const [list, each] of Object.entries({ rules, vertical })) {
      for (const [i, { name: own }] of each.entries()) {
        if (earlier.has(own)) {
          const message = 'is the name of an earlier rule';
          context.addIssue({ code: 'custom', path: [list, i, 'name'], message });
        }
        earlier.add(own);
      }
    }
  });

/** Rules only add permission: a job that none allows is refused. */
export type Policy = z.output<typeof policyFile>;
export type PolicyRule = Policy['rules'][number];

/** Allows nothing: what holds before an operator writes a policy. */
export const emptyPolicy: Policy = { coordinators: [], rules: [], vertical: [] };

/** @throws {CodedError} POLICY_INVALID naming file, line and field. */
export function parsePolicy(text: string, fileName: string): Policy {
  return parseYamlFile(text, fileName, policyFile, 'POLICY_INVALID');
}

/** The policy in a file, or the empty policy when there is no such file. @throws {CodedError} POLICY_INVALID. */
export async function readPolicy(path: string): Promise<Policy> {
  try {
    return await readYamlFile(path, policyFile, 'POLICY_INVALID');
  } catch (thrown) {
    const cause =
      thrown instanceof CodedError ? (thrown.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code === 'ENOENT') return emptyPolicy;
    throw thrown;
  }
}
