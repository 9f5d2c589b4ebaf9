import { type HorizontalSpec, horizontalSpec, jobSpec, type VerticalSpec } from '../../contract/index.js';

/** What the job of a run is. Everything in it is data, so that a run can be written down and run again. */
export interface Setup {
  readonly participants: number;
  readonly colluders: number;
  /** Rounds, or iterations of a vertical training. */
  readonly rounds: number;
  /** Without statistics, which need everybody. */
  readonly warm: boolean;
  readonly late: 'drop' | 'next-round';
  /** Sums that mask keys are made for at a time; usually all of a run's. */
  readonly keyBatch?: number;
  /** Ample deadlines outlast every fault of a run; with short ones a job may miss its deadline. */
  readonly deadlines: 'ample' | 'short';
  /** Seeds the latency of every message. */
  readonly jitter: number;
  /** A vertical job of that type instead of a horizontal one. */
  readonly vertical?: 'training' | 'binning';
  /** Two coordinators on one store instead of one. */
  readonly replicas?: 2;
  /** The last participant runs release 0.1. */
  readonly old?: true;
}

export type RunSpec = HorizontalSpec | VerticalSpec;

export function namesOf({ participants }: Pick<Setup, 'participants'>): string[] {
  return Array.from({ length: participants }, (_, k) => `bank-${String.fromCharCode(97 + k)}`);
}

/** Who runs release 0.1. */
export function oldOf(setup: Setup): string | undefined {
  return setup.old && namesOf(setup).at(-1);
}

const specs = new Map<string, RunSpec>();

/** The job of a run. Runs that differ in faults, latency and machines alone have the same one. */
export function specOf(setup: Setup): RunSpec {
  const { participants, colluders, rounds, warm, late, keyBatch, deadlines, vertical } = setup;
  const key = JSON.stringify([participants, colluders, rounds, warm, late, keyBatch, deadlines, vertical]);
  const spec = specs.get(key) ?? (vertical ? verticalOf(setup) : horizontalOf(setup));
  specs.set(key, spec);
  return spec;
}

/** As `specOf`, where no vertical job is meant. */
export function horizontalOf(setup: Setup): HorizontalSpec {
  const ample = setup.deadlines === 'ample';
  return horizontalSpec.parse({
    name: 'simulated',
    mode: 'horizontal',
    purpose: 'credit-scoring',
    participants: namesOf(setup),
    colluders: setup.colluders,
    dataset: 'loans',
    features: { Age: 'number' },
    model: { kind: 'logistic' },
    training: { rounds: setup.rounds },
    deadlines: ample
      ? { consentSeconds: 10_800, keyingSeconds: 10_800, rejoinSeconds: 10_800 }
      : {
          consentSeconds: 120,
          keyingSeconds: 120,
          roundSeconds: 60,
          graceSeconds: 5,
          openingSeconds: 30,
          rejoinSeconds: 120,
        },
    participation: { late: setup.late, ...(setup.keyBatch && { keyBatch: setup.keyBatch }) },
    ...(setup.warm && { warmStart: { job: `job-${'0'.repeat(32)}` } }),
    nonce: '1'.repeat(64),
  });
}

/** The wait of a step that somebody is missing from is the usual one: participants of 0.1 know no other. */
function verticalOf(setup: Setup): VerticalSpec {
  const [labelHolder = '', ...holders] = namesOf(setup);
  const party = (feature: string) => ({ dataset: 'loans', features: { [feature]: 'number' } });
  const ample = setup.deadlines === 'ample';
  return jobSpec.parse({
    name: 'simulated',
    mode: 'vertical',
    type: setup.vertical,
    purpose: 'credit-scoring',
    labelHolder,
    parties: Object.fromEntries([
      [labelHolder, party('Age')],
      ...holders.map((name) => [name, party(`Of${name.at(-1)}`)]),
    ]),
    ...(setup.vertical === 'training' && { training: { iterations: setup.rounds } }),
    deadlines: ample
      ? { consentSeconds: 10_800, keyingSeconds: 10_800 }
      : { consentSeconds: 120, keyingSeconds: 120, stepSeconds: 60 },
    nonce: '2'.repeat(64),
  }) as VerticalSpec;
}
