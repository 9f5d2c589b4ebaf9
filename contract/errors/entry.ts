/** One entry of the error catalogue, as `fedrisk explain CODE` prints it. */
export interface ErrorEntry {
  /** What happened, one or two sentences. */
  readonly meaning: string;
  /** Who must do what now. */
  readonly action: string;
  /**
   * Class of the failure; decides the exit code and the gRPC status.
   * input: the caller's file or arguments. refused: a policy or permission says no. identity: keys, certificates.
   * missing: no such thing. conflict: clashes with what exists. protocol: a peer or the coordinator broke the protocol.
   * unavailable: try again later. limit: too large, too many, too late. internal: our fault.
   */
  readonly kind:
    | 'input'
    | 'refused'
    | 'identity'
    | 'missing'
    | 'conflict'
    | 'protocol'
    | 'unavailable'
    | 'limit'
    | 'internal';
}

export type ErrorArea = Readonly<Record<string, ErrorEntry>>;
