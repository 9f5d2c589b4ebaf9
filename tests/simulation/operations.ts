import { Draws } from './random.js';
import { namesOf, type Setup } from './setups.js';

export const coordinator = 'coordinator';
/** The second replica of the coordinator, where there is one. */
export const replica = 'coordinator-2';
export type Party = typeof coordinator | typeof replica | string;

export function isServer(who: Party): boolean {
  return who === coordinator || who === replica;
}

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
  /** The clock of a coordinator jumps. */
  | { readonly kind: 'clock'; readonly who?: Party; readonly atMs: number; readonly byMs: number }
  /** Training takes `workMs` more. */
  | {
      readonly kind: 'slow';
      readonly who: string;
      readonly atMs: number;
      readonly forMs: number;
      readonly workMs: number;
    }
  | { readonly kind: 'cancel'; readonly atMs: number }
  /** The operator revokes a participant's certificate: nothing that it says is heard any more. */
  | { readonly kind: 'revoke'; readonly who: string; readonly atMs: number }
  /** A replica reaches the store no more: calls of it and their answers are lost alike. */
  | { readonly kind: 'cutOff'; readonly who: Party; readonly atMs: number; readonly forMs: number }
  /** A replica hears nothing of what others store. */
  | { readonly kind: 'deaf'; readonly who: Party; readonly atMs: number; readonly forMs: number }
  /** A replica is suspended: what it is about to ask of the store or was answered waits, and its timers. */
  | { readonly kind: 'suspend'; readonly who: Party; readonly atMs: number; readonly forMs: number }
  /** The store and its files are replaced by a backup that was made when it had `lost` events less. */
  | { readonly kind: 'restore'; readonly atMs: number; readonly lost: number; readonly downMs: number };

const spans = ['atMs', 'forMs', 'downMs', 'ms', 'afterMs', 'byMs', 'workMs'] as const;

/** When a fault is over, since the run began; 0 where it never is, or where nobody knows before when it comes. */
export function overMs(operation: Operation): number {
  if (operation.kind === 'crashAtWrite') return 0;
  const found = spans.map((span) => (operation as Partial<Record<typeof span, Span>>)[span] ?? 0);
  return found.reduce<number>((sum, ms) => (ms === 'ever' ? Number.NaN : sum + Math.abs(ms)), 0) || 0;
}

export interface Plan {
  readonly setup: Setup;
  /**
   * Where the run begins: 0 with the submission; else in the middle of the undisturbed job, at that share of its events
   * behind keying: power failed everywhere at once, and every process starts from its disk.
   */
  readonly begin?: number;
  /** Appends from one moment that a run may begin at to the next; 7 unless said. */
  readonly stride?: number;
  readonly operations: readonly Operation[];
}

export const minuteMs = 60_000;
/** Since the submission: undisturbed jobs of up to four participants have dealt their keys. */
const keyedMs = 450;
/** Jobs that runs are about; the undisturbed beginning of each is made once a process. */
const longJobs = 36;
const shortJobs = 24;
/** One run in so many is a long one. */
const longEvery = 10;
/** One run in so many begins with the submission: its faults fall into consent and keying. */
const fromStart = 16;

/** The run of a seed. */
export function planOf(seed: number): Plan {
  return seed % longEvery === 0 ? longPlan(seed / longEvery) : shortPlan(seed);
}

/** Jobs of one to three rounds and up to six participants; up to six faults. */
export function longPlan(seed: number): Plan {
  const draws = new Draws(seed);
  const setup = withMachines({ ...longJob(seed % longJobs), jitter: seed }, draws);
  const begin = beginOf(setup, draws);
  const count = draws.below(7);
  const within = begin > 0 ? { atMs: 1500, calls: 10, writes: 40 } : fromSubmission(setup);
  const reach = { ...within, forMs: 20 * minuteMs };
  const operations = Array.from({ length: count }, () => operationOf(draws, setup, reach));
  return { setup, begin, operations };
}

/**
 * Jobs of one or two rounds and few participants, with one to four faults that fall into what is left of the job, or into
 * what is left when the fault before is over. Every second append may be the last before the beginning.
 */
export function shortPlan(seed: number): Plan {
  const draws = new Draws(seed);
  const setup = withMachines({ ...shortJob(seed % shortJobs), jitter: seed }, draws);
  const begin = beginOf(setup, draws);
  const leftMs = 100 + Math.round((1 - begin) * (setup.vertical ? 2500 : 500 + 500 * setup.rounds));
  const within =
    begin > 0 ? { atMs: leftMs, calls: 8, writes: 24 } : { atMs: keyedMs, calls: 12, writes: 30 };
  const reach = { ...within, forMs: 4 * minuteMs };
  const operations: Operation[] = [];
  for (let count = 1 + draws.below(4); count > 0; count--) {
    const before = operations.at(-1);
    const operation = operationOf(draws, setup, reach);
    operations.push(before && draws.chance(0.3) ? behind(before, operation) : operation);
  }
  return { setup, begin, stride: 2, operations };
}

function behind(before: Operation, operation: Operation): Operation {
  return 'atMs' in operation ? { ...operation, atMs: operation.atMs + overMs(before) } : operation;
}

function fromSubmission({ warm }: Setup): Omit<Reach, 'forMs'> {
  return { atMs: warm ? 2500 : 4000, calls: 30, writes: 120 };
}

/** A horizontal job cannot go on with a participant of 0.1, which refuses it at the submission. */
function beginOf(setup: Setup, draws: Draws): number {
  const outdated = setup.old && !setup.vertical;
  return outdated || draws.below(fromStart) === 0 ? 0 : draws.unit();
}

/** Two thirds of the jobs are horizontal. */
function longJob(number: number): Setup {
  const draws = new Draws(number + 1_000_000);
  const deadlines = draws.chance(0.7) ? 'ample' : 'short';
  const common = { rounds: draws.of([1, 1, 2, 2, 3]), deadlines, jitter: 0 } as const;
  if (number % 3 === 2) {
    const vertical = draws.chance(0.7) ? 'training' : 'binning';
    return { ...common, participants: draws.of([2, 2, 3]), colluders: 0, warm: true, late: 'drop', vertical };
  }
  const participants = draws.of([3, 3, 4, 4, 4, 4, 5, 5, 6]);
  const colluders = participants > 3 ? (draws.chance(0.7) ? 1 : 0) : 1;
  return {
    ...common,
    participants,
    colluders,
    warm: draws.chance(0.8),
    late: draws.of(['drop', 'next-round'] as const),
    ...(draws.chance(0.5) && { keyBatch: draws.of([1, 2]) }),
  };
}

/** With three participants everybody is needed, with four one may be missing. */
function shortJob(number: number): Setup {
  const draws = new Draws(number + 2_000_000);
  const deadlines = draws.chance(0.7) ? 'ample' : 'short';
  const common = { deadlines, jitter: 0, warm: true } as const;
  if (number % 4 === 3) {
    const vertical = draws.chance(0.7) ? 'training' : 'binning';
    return { ...common, rounds: 1, participants: draws.of([2, 2, 3]), colluders: 0, late: 'drop', vertical };
  }
  const participants = draws.of([3, 4]);
  return {
    ...common,
    rounds: participants === 3 ? 1 : draws.of([1, 2]),
    participants,
    colluders: participants === 3 || draws.chance(0.5) ? 1 : 0,
    late: draws.of(['drop', 'next-round'] as const),
    ...(draws.chance(0.5) && { keyBatch: 1 }),
  };
}

/** A third of the runs has two coordinators, and in some a participant is one release behind. */
function withMachines(setup: Setup, draws: Draws): Setup {
  const two = draws.chance(0.33);
  const old = draws.chance(setup.vertical ? 0.3 : 0.02);
  return { ...setup, ...(two && { replicas: 2 as const }), ...(old && { old: true as const }) };
}

/** How far into a run faults fall, by its time and by the calls and durable writes of one process; how long they last. */
interface Reach {
  readonly atMs: number;
  readonly forMs: number;
  readonly calls: number;
  readonly writes: number;
}

function operationOf(draws: Draws, setup: Setup, reach: Reach): Operation {
  const names = namesOf(setup);
  const atMs = draws.below(reach.atMs);
  const who = draws.of(names);
  const server = setup.replicas ? draws.of([coordinator, replica]) : coordinator;
  const anybody = draws.chance(0.3) ? server : who;
  const forMs = draws.spread(10, reach.forMs);
  const call = 1 + draws.below(reach.calls);
  const span: Span = anybody !== server && draws.chance(0.08) ? 'ever' : forMs;
  const kind = draws.of(setup.replicas ? [...kinds, ...replicaKinds] : kinds);
  switch (kind) {
    case 'crash':
      return { kind, who: anybody, atMs, downMs: span };
    case 'crashAtWrite': {
      const write = 1 + draws.below(reach.writes);
      return { kind, who: anybody, write, torn: draws.chance(0.5), downMs: span };
    }
    case 'drop':
      return { kind, who, call, answer: draws.chance(0.6) };
    case 'duplicate':
      return { kind, who, call, afterMs: draws.spread(1, 10_000) };
    case 'delay':
      return { kind, who, call, ms: draws.spread(50, reach.forMs / 4) };
    case 'partition':
      return { kind, who: names.filter(() => draws.chance(0.5)), atMs, forMs };
    case 'diskFull':
      return { kind, who: anybody, atMs, forMs: draws.spread(10, minuteMs) };
    case 'clock': {
      const byMs = (draws.chance(0.5) ? 1 : -1) * draws.spread(100, 3 * reach.forMs);
      return { kind, who: server, atMs, byMs };
    }
    case 'slow':
      return { kind, who, atMs, forMs, workMs: draws.spread(100, reach.forMs) };
    case 'cancel':
      return { kind, atMs };
    case 'revoke':
      return { kind, who, atMs };
    case 'restore':
      return { kind, atMs, lost: draws.spread(1, 30), downMs: draws.spread(10, reach.forMs) };
    case 'cutOff':
    case 'deaf':
    case 'suspend':
      return { kind, who: server, atMs, forMs: draws.spread(10, reach.forMs / 4) };
  }
}

/** What only replicas suffer. */
const replicaKinds = ['cutOff', 'cutOff', 'deaf', 'suspend', 'suspend', 'suspend'] as const;

/** Each as often as it stands here. */
const kinds = [
  'crash',
  'crash',
  'crash',
  'crashAtWrite',
  'crashAtWrite',
  'crashAtWrite',
  'crashAtWrite',
  'drop',
  'drop',
  'duplicate',
  'duplicate',
  'delay',
  'delay',
  'delay',
  'partition',
  'partition',
  'partition',
  'clock',
  'clock',
  'slow',
  'slow',
  'slow',
  'diskFull',
  'diskFull',
  'cancel',
  'revoke',
  'restore',
] as const satisfies readonly Operation['kind'][];
