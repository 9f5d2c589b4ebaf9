import type { HexDigest, ParameterSetName, ParticipantName } from '../../contract/index.js';

/** What every contribution to one sum has in common. */
export interface SumShape {
  readonly parameterSet: ParameterSetName;
  /** Values before check slots. */
  readonly valueCount: number;
  readonly contributors: number;
}

export interface AddingTask extends SumShape {
  /** Complete uploads, one per contributor. */
  readonly uploads: readonly {
    readonly sender: ParticipantName;
    readonly digest: HexDigest;
    readonly path: string;
  }[];
  /** Where the sum goes; an older file there is replaced. */
  readonly output: string;
}

export interface Added {
  /** SHA-256 of the sum's bytes. */
  readonly digest: HexDigest;
  readonly bytes: number;
}

/**
 * Adds ciphertexts it cannot open. The sum is a function of the uploads, so adding again after a crash gives the
 * same bytes.
 */
export interface Adder {
  /** Exact bytes of one contribution. */
  uploadBytes(shape: SumShape): number;
  /** Exact bytes of the sum. */
  sumBytes(shape: SumShape): number;
  /** The parameter set in words, for evidence. */
  describe(parameterSet: ParameterSetName): string;
  /**
   * The sum is synced to disk when this returns.
   * @throws {CodedError} SUM_MALFORMED naming the sender whose bytes are not what the parameter set prescribes.
   */
  add(task: AddingTask): Promise<Added>;
  close(): Promise<void>;
}
