/** Bounds of everything foreign, in one place. Sizes in bytes. */
export const limits = {
  /** Participants of one job. */
  participants: 1000,
  /** Training rounds of one job. */
  rounds: 1000,
  /** Participants of one vertical job, the label holder included. */
  verticalParties: 8,
  /** Steps of one vertical job: 500 trees of depth 8. */
  stepsPerJob: 17_000,
  /** Secure sums of one job: rounds, statistics, evaluation. */
  sumsPerJob: 1010,
  /** Mask keys issued in advance in one batch; 64 keep a batch of shares under 10 KiB per receiver. */
  sumKeysPerBatch: 64,
  /** Values of one contribution before check slots: a 16-million-parameter model. */
  valuesPerSum: 16_777_216,
  /** One upload: the values above in the wide set. */
  uploadBytes: 160 * 1024 * 1024,
  /** One parcel of a vertical job: encrypted labels of six million rows, blinded ids of 60 million. */
  parcelBytes: 2 * 1024 ** 3,
  /** One streamed piece of an upload or download. */
  chunkBytes: 256 * 1024,
  /** One gRPC message, either way. */
  messageBytes: 1024 * 1024,
  /** Posts of one call, as far as they fit into a message. */
  postsTogether: 64,
  /** Ciphertext of one sealed message; leaves room for its frame in one gRPC message. */
  sealedBytes: 512 * 1024,
  /** A job spec as JSON. */
  specBytes: 256 * 1024,
  /** Model parameters. */
  modelParameters: 4_194_304,
  /** Largest |g| and h of a row of boosted trees: eight bits with the sign. More would let a sum over few rows tell which they are. */
  rowGradient: 127,
  /** Features of one job. */
  features: 2000,
} as const;

/** Cursors behind any index, of jobs that a participant is through with: it left, or it saw the end. */
export const concludedCursors = { left: 2 ** 31, ended: 2 ** 31 + 1 } as const;
