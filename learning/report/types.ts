import type { VerticalReport } from './vertical-types.js';

/** AUC and KS of one model on one set of rows, both in 0 to 1. */
export interface Scores {
  readonly auc: number;
  readonly ks: number;
}

/** What protected the updates and score histograms of a job. */
export interface Encryption {
  readonly scheme: string;
  /** Ring dimension. */
  readonly n: number;
  /** Bits of the ciphertext modulus. */
  readonly logQ: number;
  /** Plaintext modulus, a decimal string when beyond 2^53. */
  readonly t: number | string;
  /** Participants who hold the decryption key. */
  readonly keyHolders: readonly string[];
  /** Sums under other parameters, because their values need more room; in words. */
  readonly others: readonly { readonly purpose: string; readonly parameters: string }[];
}

export interface RoundReport {
  readonly round: number;
  /** Null where the metric was not released or not measured. */
  readonly auc: number | null;
  readonly ks: number | null;
  readonly trainLoss: number | null;
  readonly seconds: number;
  /** `verified`, `pending`, or the error code that was raised. */
  readonly verification: string;
}

/** One participant's own test rows: its solo model and the joint model. */
export interface OwnRows {
  readonly rows: number;
  readonly solo: Scores;
  readonly joint: Scores;
}

export interface JobReport {
  readonly name: string;
  readonly mode: string;
  readonly model: string;
  readonly algorithm: string;
  readonly status: string;
  /** Training rounds run. */
  readonly rounds: number;
  /** Round whose model is the final one. */
  readonly bestRound: number;
  /** The joint model on the test rows of all participants, from the secure sums. */
  readonly joint: Scores;
  /** Each participant's solo model on the test rows of all participants. */
  readonly solo: Readonly<Record<string, Scores>>;
  readonly onOwnRows: Readonly<Record<string, OwnRows>>;
  /** Bytes of protected vectors each participant uploaded. */
  readonly bytesUp: Readonly<Record<string, number>>;
  readonly bytesDown: Readonly<Record<string, number>>;
  /** Wall seconds each participant spent per step (train, encrypt, upload, decrypt), over the whole job. */
  readonly stepSeconds: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly encryption: Encryption;
  /** SHA-256 of the final model (features, preprocessing, weights) as each participant holds it. */
  readonly modelFingerprints: Readonly<Record<string, string>>;
  readonly perRound: readonly RoundReport[];
  /** Submission to end. */
  readonly seconds: number;
}

/** What the demo measured; the same facts as report.json. */
export interface DemoReport {
  readonly title: string;
  /** Where the rows of the horizontal jobs come from and how they were dealt. */
  readonly data: string;
  readonly vertical: readonly VerticalReport[];
  readonly jobs: readonly JobReport[];
  readonly totals: {
    /** From the first process to the last answer. */
    readonly seconds: number;
    readonly bytesUp: Readonly<Record<string, number>>;
  };
}
