import { type Checked, type Configuration, modelCheck } from './model-check.js';
import { planOf } from './operations.js';
import { closedKeyWalks, randomWalks, type Walked } from './random-walks.js';
import { run } from './run.js';
import { horizontalOf, type Setup } from './setups.js';
import { shrunk } from './shrink.js';
import type { Outcome } from './site.js';

/* One order in JSON is the argument of this process (campaign.ts starts it); its outcome goes to the standard output. */

export interface Orders {
  /** Runs of so many seeds, up to the first that breaks a law. */
  runs: { readonly first: number; readonly count: number };
  modelCheck: { readonly configuration: Configuration };
  /** Walks in a sum of a job, or in its second one with mask keys closed over others for everybody. */
  walks: {
    readonly within: 0 | 1 | 'closed keys';
    readonly configuration: Configuration;
    readonly walks: number;
  };
}

export interface Outcomes {
  /** What the runs came to, or the seed that broke a law, with all there is to know about it. */
  runs: { readonly runs: number; readonly met: readonly string[] } | { readonly seed: number };
  modelCheck: Checked;
  walks: Walked;
}

export type Kind = keyof Orders;

const work: { readonly [K in Kind]: (order: Orders[K]) => Promise<Outcomes[K]> } = {
  runs: async ({ first, count }) => {
    const met = new Set<string>();
    for (let seed = first; seed < first + count; seed++) {
      const plan = planOf(seed);
      const outcome = await run(plan);
      const { failures, log } = outcome;
      if (failures.length > 0) return { seed, failures, log, shrunk: await shrunk(plan) };
      for (const what of metIn(plan.setup, outcome)) met.add(what);
    }
    return { runs: count, met: [...met] };
  },
  modelCheck: ({ configuration }) => modelCheck(configuration, () => jobOf(configuration)),
  walks: ({ within, configuration, walks }) => {
    const walk = { configuration, walks, seed: 1, specOf: () => jobOf(configuration, 1) };
    return within === 'closed keys' ? closedKeyWalks(walk) : randomWalks(within, walk);
  },
};

/** What a campaign is for: runs that never get anywhere would break no law either. */
function metIn(setup: Setup, { events, state }: Outcome): string[] {
  const met = [state];
  const finished = state === 'finished';
  if (finished && setup.vertical && setup.old) met.push('finished with release 0.1');
  if (finished && setup.replicas) met.push('finished with two coordinators');
  for (const { body } of events) {
    if (body.kind === 'stalled') met.push('stalled');
    if (body.kind === 'failed') met.push(body.code);
    if (body.kind === 'recoveryAsked') met.push('recovered');
    if (body.kind === 'revoked') met.push('goes on without a revoked one');
    if (body.kind === 'survivorsProposed' && body.members.length < setup.participants) met.push('left out');
  }
  return met;
}

function jobOf({ participants, colluders }: Configuration, keyBatch?: number) {
  const job = { rounds: 1, warm: true, late: 'drop', deadlines: 'ample', jitter: 1 } as const;
  return horizontalOf({ ...job, participants, colluders, ...(keyBatch && { keyBatch }) });
}

async function outcomeOf<K extends Kind>({ kind, order }: { kind: K; order: Orders[K] }): Promise<string> {
  return JSON.stringify(await work[kind](order));
}

const outcome = await outcomeOf(JSON.parse(process.argv[2] ?? ''));
process.stdout.write(outcome, () => process.exit(0));
