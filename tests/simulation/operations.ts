import { type HorizontalSpec, horizontalSpec } from '../../contract/index.js';
import { Draws } from './random.js';

/** What the job of a run is. Everything in it is data, so that a run can be written down and run again. */
export interface Setup {
  readonly participants: number;
  readonly colluders: number;
  readonly rounds: number;
  /** Without statistics, which need everybody. */
  readonly warm: boolean;
  readonly late: 'drop' | 'next-round';
  /** Ample deadlines outlast every fault of a run; with short ones a job may miss its deadline. */
  readonly deadlines: 'ample' | 'short';
  /** Seeds the latency of every message. */
  readonly jitter: number;
}

export const coordinator = 'coordinator';
export type Party = typeof coordinator | string;
/** Milliseconds, or for good. */
export type Span = number | 'ever';

export type Operation =
  /** Stops a process between two steps; it is started again after `downMs`. */
  | { readonly kind: 'crash'; readonly who: Party; readonly atMs: number; readonly downMs: Span }
  /** Stops it at its n-th durable write: torn, and the write is lost; else kept, and nothing after it happens. */
  | {
      readonly kind: 'crashAtWrite';
      readonly who: Party;
      readonly write: number;
      readonly torn: boolean;
      readonly downMs: Span;
    }
  /** Loses a participant's n-th call, or the answer to it. */
  | { readonly kind: 'drop'; readonly who: string; readonly call: number; readonly answer: boolean }
  /** The coordinator gets the n-th call twice. */
  | { readonly kind: 'duplicate'; readonly who: string; readonly call: number; readonly afterMs: number }
  /** The n-th call takes long, and others overtake it. */
  | { readonly kind: 'delay'; readonly who: string; readonly call: number; readonly ms: number }
  | {
      readonly kind: 'partition';
      readonly who: readonly string[];
      readonly atMs: number;
      readonly forMs: Span;
    }
  /** Durable writes are refused. */
  | { readonly kind: 'diskFull'; readonly who: Party; readonly atMs: number; readonly forMs: number }
  /** The coordinator's clock jumps. */
  | { readonly kind: 'clock'; readonly atMs: number; readonly byMs: number }
  /** Training takes `workMs` more. */
  | {
      readonly kind: 'slow';
      readonly who: string;
      readonly atMs: number;
      readonly forMs: number;
      readonly workMs: number;
    }
  | { readonly kind: 'cancel'; readonly atMs: number };

export interface Plan {
  readonly setup: Setup;
  readonly operations: readonly Operation[];
}

export const minuteMs = 60_000;
const longestFaultMs = 20 * minuteMs;

export function namesOf({ participants }: Setup): string[] {
  return Array.from({ length: participants }, (_, k) => `bank-${String.fromCharCode(97 + k)}`);
}

/** The run of a seed. */
export function planOf(seed: number): Plan {
  const draws = new Draws(seed);
  const participants = draws.of([3, 3, 4, 4, 4, 4, 5, 5, 6]);
  const setup: Setup = {
    participants,
    colluders: participants > 3 && draws.chance(0.7) ? 1 : participants > 3 ? 0 : 1,
    rounds: draws.of([1, 1, 2, 2, 3]),
    warm: draws.chance(0.8),
    late: draws.of(['drop', 'next-round']),
    deadlines: draws.chance(0.7) ? 'ample' : 'short',
    jitter: seed,
  };
  const count = draws.below(7);
  const operations = Array.from({ length: count }, () => operationOf(draws, setup));
  return { setup, operations };
}

function operationOf(draws: Draws, setup: Setup): Operation {
  const names = namesOf(setup);
  const atMs = draws.below(setup.warm ? 2500 : 4000);
  const who = draws.of(names);
  const anybody = draws.chance(0.3) ? coordinator : who;
  const forMs = draws.spread(10, longestFaultMs);
  const call = 1 + draws.below(30);
  const span: Span = anybody !== coordinator && draws.chance(0.08) ? 'ever' : forMs;
  const kind = draws.of(kinds);
  switch (kind) {
    case 'crash':
      return { kind, who: anybody, atMs, downMs: span };
    case 'crashAtWrite':
      return { kind, who: anybody, write: 1 + draws.below(120), torn: draws.chance(0.5), downMs: span };
    case 'drop':
      return { kind, who, call, answer: draws.chance(0.6) };
    case 'duplicate':
      return { kind, who, call, afterMs: draws.spread(1, 10_000) };
    case 'delay':
      return { kind, who, call, ms: draws.spread(50, 5 * minuteMs) };
    case 'partition':
      return { kind, who: names.filter(() => draws.chance(0.5)), atMs, forMs };
    case 'diskFull':
      return { kind, who: anybody, atMs, forMs: draws.spread(10, minuteMs) };
    case 'clock':
      return { kind, atMs, byMs: (draws.chance(0.5) ? 1 : -1) * draws.spread(100, 60 * minuteMs) };
    case 'slow':
      return { kind, who, atMs, forMs, workMs: draws.spread(100, longestFaultMs) };
    case 'cancel':
      return { kind, atMs };
  }
}

/** Each as often as it stands here. */
const kinds = [
  'crash',
  'crash',
  'crashAtWrite',
  'crashAtWrite',
  'crashAtWrite',
  'drop',
  'drop',
  'duplicate',
  'delay',
  'delay',
  'partition',
  'partition',
  'clock',
  'slow',
  'slow',
  'diskFull',
  'cancel',
] as const satisfies readonly Operation['kind'][];

/** The job of a run. */
export function specOf(setup: Setup): HorizontalSpec {
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
      ? { consentSeconds: 36_000, keyingSeconds: 36_000, rejoinSeconds: 36_000 }
      : {
          consentSeconds: 120,
          keyingSeconds: 120,
          roundSeconds: 60,
          graceSeconds: 5,
          openingSeconds: 30,
          rejoinSeconds: 120,
        },
    participation: { late: setup.late },
    ...(setup.warm && { warmStart: { job: `job-${'0'.repeat(32)}` } }),
    nonce: setup.jitter.toString(16).padStart(64, '0'),
  });
}
