import {
  CodedError,
  type Cohort,
  closedBecause,
  type EventOf,
  type HexDigest,
  keyedDigest,
  type ParticipantName,
} from '../../contract/index.js';

/** What a survivor set of any sum behind the first batch needs at least. */
const anyRound = { purpose: 'evaluation', round: 0 } as const;

/** Mask keys of sums firstSum .. firstSum + count - 1, as the coordinator asked for them, and who has none. */
export class KeyBatch {
  readonly firstSum: number;
  readonly count: number;
  /** Who has mask keys for these sums, in roster order: masks run between them, and only they contribute. */
  keyed: ReadonlySet<ParticipantName>;
  /** What their contributions say of that; undefined while everybody has. */
  digest: HexDigest | undefined;

  constructor({ firstSum, count }: EventOf<'sumKeysRequested'>, roster: readonly ParticipantName[]) {
    this.firstSum = firstSum;
    this.count = count;
    this.keyed = new Set(roster);
  }

  has(sum: number): boolean {
    return sum >= this.firstSum && sum < this.firstSum + this.count;
  }

  /** It went on without some, and takes no keys any more. */
  get closed(): boolean {
    return this.digest !== undefined;
  }

  /**
   * Goes on without some, once and before any of its sums: who masked with whom never changes.
   * @param sums how many have started.
   */
  close({ without }: EventOf<'keysClosed'>, cohort: Cohort, sums: number): void {
    if (this.firstSum === 0 || this.closed || sums > this.firstSum) {
      throw new CodedError(
        'SUM_OUT_OF_ORDER',
        `the mask keys from sum ${this.firstSum} on were closed out of place`,
      );
    }
    const gone = new Set(without);
    const keyed = new Set([...this.keyed].filter((name) => !gone.has(name)));
    if (keyed.size + without.length !== this.keyed.size) {
      throw new CodedError(
        'KEYS_MISMATCH',
        'mask keys were closed without somebody that is not in the roster',
      );
    }
    const closed = closedBecause(cohort, anyRound, keyed);
    if (closed !== undefined) {
      throw new CodedError('SURVIVORS_TOO_FEW', `any sum from ${this.firstSum} on ${closed}`);
    }
    this.keyed = keyed;
    this.digest = keyedDigest(this.firstSum, [...keyed]);
  }
}
