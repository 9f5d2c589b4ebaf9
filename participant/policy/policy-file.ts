import { z } from 'zod';
import {
  CodedError,
  type JobSpec,
  metricNames,
  parseYamlFile,
  participantName,
  readYamlFile,
} from '../../contract/index.js';

/** Records, so that the compiler asks for every kind that a job spec can have. */
const algorithmKinds = { fedavg: true, fedprox: true, fedadam: true } as const satisfies Record<
  JobSpec['algorithm']['kind'],
  true
>;
const modelKinds = { logistic: true, mlp: true, layers: true } as const satisfies Record<
  JobSpec['model']['kind'],
  true
>;

const oneOf = <K extends string>(kinds: Readonly<Record<K, true>>) =>
  z.enum(Object.keys(kinds) as [K, ...K[]]);
const name = (max: number) => z.string().min(1).max(max);
/** `"*"` (anything) or a list. */
const anyOr = <S extends z.ZodType>(item: S) =>
  z.union([z.literal('*'), z.array(item).min(1).max(2000)], 'must be "*" or a list');

const fingerprint = z
  .string()
  .transform((value) => value.replaceAll(':', '').toLowerCase())
  .refine((value) => /^[0-9a-f]{64}$/.test(value), 'must be a SHA-256 fingerprint: 64 hex digits');

const calendarDay = z.iso.date('must be a day of the calendar: YYYY-MM-DD');

const rule = z
  .strictObject({
    name: name(100),
    /** Participants a job may have beside this one, by name; or, below, all of these organisations. */
    peers: anyOr(participantName).optional(),
    organisations: z.array(name(80)).min(1).max(255).optional(),
    datasets: anyOr(name(63)),
    features: anyOr(name(64)),
    /** Features withheld although `features` would release them. */
    except: z.array(name(64)).max(2000).default([]),
    purposes: anyOr(name(63)),
    algorithms: anyOr(oneOf(algorithmKinds)),
    models: anyOr(oneOf(modelKinds)),
    /** Contributors a job must have, this participant included. */
    minimumCohort: z.int().min(3).max(255).default(3),
    /** Own training rows below which an update would say too much about single rows. */
    minimumRows: z.int().min(1).max(100_000_000).default(50),
    maximumRounds: z.int().min(1).max(1000),
    /** `colluders` a job must at least declare. */
    minimumColluders: z.int().min(0).max(253).default(1),
    /** Metrics that coordinator and submitter may see. */
    release: z.union(
      [z.literal('*'), z.array(z.enum(metricNames)).max(metricNames.length)],
      'must be "*" or a list of metrics',
    ),
    /** May a job go on from an earlier model? */
    warmStart: z.boolean().default(false),
    /** manual: a person decides each job that the rule allows. */
    approval: z.enum(['automatic', 'manual']).default('manual'),
    /** Last day, in UTC, on which the rule allows anything. */
    expires: calendarDay.optional(),
  })
  .refine(({ peers, organisations }) => peers !== undefined || organisations !== undefined, {
    path: ['peers'],
    message: 'is missing: give peers or organisations',
  });

const policyFile = z
  .strictObject({
    /** Coordinators this participant takes jobs from: name and fingerprint of their CA certificate. */
    coordinators: z.array(z.strictObject({ name: name(40), caFingerprint: fingerprint })).max(100),
    rules: z.array(rule).max(500),
  })
  .superRefine(({ rules }, context) => {
    for (const [i, { name: own }] of rules.entries()) {
      if (rules.findIndex(({ name: other }) => other === own) < i) {
        context.addIssue({
          code: 'custom',
          path: ['rules', i, 'name'],
          message: 'is the name of an earlier rule',
        });
      }
    }
  });

/** Rules only add permission: a job that none allows is refused. */
export type Policy = z.output<typeof policyFile>;
export type PolicyRule = Policy['rules'][number];

/** Allows nothing: what holds before an operator writes a policy. */
export const emptyPolicy: Policy = { coordinators: [], rules: [] };

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
