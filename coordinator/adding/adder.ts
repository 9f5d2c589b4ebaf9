import type {
  HexDigest,
  HorizontalSpec,
  ParameterSetName,
  ParticipantName,
  SumPurpose,
} from '../../contract/index.js';

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

/** One complete upload to look at. */
export interface FormTask extends SumShape {
  readonly path: string;
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
  /** The set that the range of a sum's values asks for; undefined where only the participants know the range. */
  prescribedSet(spec: HorizontalSpec, purpose: SumPurpose): ParameterSetName | undefined;
  /** Exact bytes of one contribution. */
  uploadBytes(shape: SumShape): number;
  /** Exact bytes of the sum. */
  sumBytes(shape: SumShape): number;
  /** The parameter set in words, for evidence. */
  describe(parameterSet: ParameterSetName): string;
  /**
   * Whether an upload can be added at all.
   * @throws {CodedError} SUM_MALFORMED when its bytes are not what the parameter set prescribes; CIPHERTEXT_LOST.
   */
  checkForm(task: FormTask): Promise<void>;
  /**
   * The sum is synced to disk when this returns.
   * @throws {CodedError} SUM_MALFORMED naming the sender whose bytes are not what the parameter set prescribes.
   */
  add(task: AddingTask): Promise<Added>;
  close(): Promise<void>;
}
