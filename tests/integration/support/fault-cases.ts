import type { ErrorCode } from '../../../contract/index.js';
import type { Direction } from './fault-proxy.js';

/** What happens to a process, its line, its clock or its disk. */
export type Fault =
  /** SIGKILL, and started again at once. */
  | { readonly kind: 'kill' }
  /** SIGKILL, and started again when the job is over. */
  | { readonly kind: 'kill for good' }
  /** SIGSTOP, later SIGCONT: connections stay, and nobody answers. */
  | { readonly kind: 'pause'; readonly forMs: number }
  /** Connections break, and new ones are refused for a while. */
  | { readonly kind: 'cut'; readonly forMs: number }
  /** Nothing passes in these directions for a while, and nobody is told. */
  | { readonly kind: 'hole'; readonly directions: readonly Direction[]; readonly forMs: number }
  /** The other end is gone, and who dialled is not told. */
  | { readonly kind: 'half open' }
  /** From the point on until the end of the job. */
  | { readonly kind: 'delay'; readonly delayMs: number; readonly jitterMs: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** On a slow line; the connection breaks in the middle of a ciphertext, this many bytes from the point. */
  | { readonly kind: 'reset'; readonly direction: Direction; readonly afterBytes: number }
  /** What is sent arrives, the answers do not, and the connection breaks: all of it is sent again. */
  | { readonly kind: 'no answers'; readonly forMs: number }
  | { readonly kind: 'clock'; readonly byMs: number }
  /** Killed; behind the last whole record of its log stands half of one. */
  | { readonly kind: 'torn log' }
  /** Killed; the last records of its log are gone, as on a disk that says it stored what it did not. */
  | { readonly kind: 'lost log'; readonly transactions: number }
  /** The same, and the coordinator is killed: the last bytes of what it had of the ciphertext are zeros then. */
  | { readonly kind: 'torn file'; readonly afterBytes: number }
  | { readonly kind: 'full disk'; readonly forMs: number }
  /** Killed, and started again at another address. */
  | { readonly kind: 'move' }
  /** Cut off from the database. */
  | { readonly kind: 'no database'; readonly forMs: number };

const sumPoints = [
  ...(['submitted', 'consent', 'keying', 'collecting', 'contribute', 'survivors'] as const),
  ...(['revealed', 'opened', 'reported', 'finished'] as const),
] as const;
const stepPoints = [
  ...(['keys', 'blind', 'labels', 'counts', 'woe', 'terms', 'products', 'openings', 'close'] as const),
] as const;
export type SumPoint = (typeof sumPoints)[number];
/** The steps of a vertical job that a fault can wait for. */
export type StepPoint = (typeof stepPoints)[number];
export type Who = 'platform' | 'bank' | 'coordinator' | 'everybody' | 'leader';

export interface FaultCase {
  readonly stage: 'horizontal' | 'vertical' | 'replicas';
  readonly fault: Fault;
  readonly at: SumPoint | StepPoint;
  readonly who: Who;
  /** The code with which the job must fail, where no model can be right. */
  readonly ends?: ErrorCode;
  /** One of the few that `--quick` runs. */
  readonly quick?: true;
}

const kill: Fault = { kind: 'kill' };
const hourMs = 3_600_000;
/** Inside the only piece of a contribution, which is of 110 KB. */
const ofSum = 60_000;
/** Behind the first piece of a parcel of keys (256 KiB), of which there is a second. */
const ofKeys = 320_000;
const jitter: Fault = { kind: 'delay', delayMs: 200, jitterMs: 150 };

const sums = (at: SumPoint, who: Who, fault: Fault, rest: Partial<FaultCase> = {}): FaultCase => ({
  ...{ stage: 'horizontal', at, who, fault, ...rest },
});
const steps = (at: StepPoint, who: Who, fault: Fault, rest: Partial<FaultCase> = {}): FaultCase => ({
  ...{ stage: 'vertical', at, who, fault, ...rest },
});
const shared = (at: SumPoint, who: Who, fault: Fault, rest: Partial<FaultCase> = {}): FaultCase => ({
  ...{ stage: 'replicas', at, who, fault, ...rest },
});
const quick = { quick: true } as const;

export const faultCases: readonly FaultCase[] = [
  ...sumPoints.map((at) => sums(at, 'platform', kill, at === 'contribute' ? quick : {})),
  ...sumPoints.map((at) => sums(at, 'coordinator', kill)),
  sums('contribute', 'everybody', kill),
  sums('opened', 'everybody', kill),
  sums('contribute', 'platform', { kind: 'pause', forMs: 10_000 }),
  sums('survivors', 'coordinator', { kind: 'pause', forMs: 10_000 }),
  sums('contribute', 'platform', { kind: 'cut', forMs: 5_000 }, quick),
  sums('revealed', 'everybody', { kind: 'cut', forMs: 5_000 }),
  sums('contribute', 'platform', { kind: 'hole', directions: ['up'], forMs: 5_000 }),
  sums('survivors', 'platform', { kind: 'hole', directions: ['down'], forMs: 5_000 }, quick),
  sums('opened', 'everybody', { kind: 'hole', directions: ['up', 'down'], forMs: 5_000 }),
  sums('contribute', 'platform', { kind: 'half open' }),
  sums('submitted', 'everybody', jitter),
  sums('submitted', 'platform', { kind: 'throttle', bytesPerSecond: 100_000 }),
  sums('collecting', 'platform', { kind: 'reset', direction: 'up', afterBytes: ofSum }, quick),
  sums('revealed', 'platform', { kind: 'reset', direction: 'down', afterBytes: ofSum }),
  sums('consent', 'everybody', { kind: 'no answers', forMs: 1_000 }),
  sums('contribute', 'platform', { kind: 'no answers', forMs: 1_000 }, quick),
  sums('revealed', 'everybody', { kind: 'no answers', forMs: 1_000 }),
  sums('consent', 'coordinator', { kind: 'clock', byMs: hourMs }, quick),
  ...(['platform', 'coordinator'] as const).flatMap((who) =>
    (['collecting', 'revealed'] as const).flatMap((at) =>
      [hourMs, -hourMs].map((byMs) => sums(at, who, { kind: 'clock', byMs })),
    ),
  ),
  sums('survivors', 'platform', { kind: 'torn log' }),
  sums('contribute', 'coordinator', { kind: 'torn log' }),
  sums('revealed', 'coordinator', { kind: 'lost log', transactions: 8 }, { ends: 'TRANSCRIPT_BEHIND' }),
  sums('contribute', 'platform', { kind: 'full disk', forMs: 4_000 }, quick),
  sums('contribute', 'coordinator', { kind: 'full disk', forMs: 4_000 }, quick),
  sums('contribute', 'coordinator', { kind: 'move' }),
  ...stepPoints.map((at) => steps(at, 'platform', kill)),
  ...(['blind', 'woe', 'terms', 'products', 'close'] as const).map((at) => steps(at, 'bank', kill)),
  ...(['blind', 'counts', 'products', 'close'] as const).map((at) => steps(at, 'coordinator', kill)),
  steps('products', 'everybody', kill),
  steps('keys', 'platform', { kind: 'reset', direction: 'up', afterBytes: ofKeys }),
  steps('blind', 'bank', { kind: 'reset', direction: 'down', afterBytes: ofKeys }),
  steps('keys', 'coordinator', { kind: 'torn file', afterBytes: ofKeys }, quick),
  steps('counts', 'everybody', { kind: 'no answers', forMs: 1_000 }),
  steps('products', 'platform', { kind: 'cut', forMs: 5_000 }),
  steps('terms', 'bank', { kind: 'pause', forMs: 10_000 }),
  steps('counts', 'bank', { kind: 'clock', byMs: hourMs }),
  steps('woe', 'bank', { kind: 'torn log' }),
  shared('contribute', 'leader', { kind: 'kill for good' }, quick),
  shared('survivors', 'leader', { kind: 'kill for good' }),
  shared('opened', 'leader', { kind: 'kill' }),
  shared('contribute', 'leader', { kind: 'pause', forMs: 10_000 }),
  shared('survivors', 'leader', { kind: 'no database', forMs: 5_000 }),
];

/** As a table shows it. */
export function nameOfFault(fault: Fault): string {
  switch (fault.kind) {
    case 'pause':
    case 'cut':
    case 'full disk':
    case 'no database':
      return `${fault.kind} ${fault.forMs / 1000} s`;
    case 'hole':
      return `hole ${fault.directions.join('+')} ${fault.forMs / 1000} s`;
    case 'delay':
      return `delay ${fault.delayMs}±${fault.jitterMs} ms`;
    case 'throttle':
      return `throttle ${fault.bytesPerSecond / 1000} kB/s`;
    case 'reset':
      return `reset in ${fault.direction === 'up' ? 'upload' : 'download'}`;
    case 'clock':
      return `clock ${fault.byMs > 0 ? '+' : '-'}${Math.abs(fault.byMs) / hourMs} h`;
    default:
      return fault.kind;
  }
}
