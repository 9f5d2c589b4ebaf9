import type { OwnRow } from './own-part.js';

/** A feature holder's side of a model: what it tells of a customer, in as many bytes for everybody. */
export interface HolderSide {
  readonly bytes: number;
  /** @param customer 32 bytes. */
  told(row: OwnRow, requestId: string, customer: Uint8Array): Uint8Array;
}

/** Why a customer has fewer points than the mean training row. */
export interface ScoreReason {
  /** Own feature, or the code of a partner's. */
  readonly feature: string;
  /** Whose, where it is a partner's. */
  readonly partner?: string;
  readonly pointsLost: number;
}

/** The score of one customer, nothing rounded. */
export interface JoinedScore {
  /** Of bad, calibrated. */
  readonly probability: number;
  readonly points: number;
  readonly bank: number;
  readonly partners: number;
  /** The strongest first. */
  readonly reasons: readonly ScoreReason[];
}

/** The label holder's side of a model: the own row and what every feature holder told make a score. */
export interface LabelSide {
  bytesFrom(holder: string): number;
  /** @throws {CodedError} MESSAGE_MALFORMED naming whose answers make no score. */
  score(own: OwnRow, told: ReadonlyMap<string, Uint8Array>): JoinedScore;
}

/** Reasons that a score comes with. */
export const shownReasons = 4;
