import type { HexDigest } from '../../contract/index.js';

/** What a run knows beside what its parties know. */
export interface Witness {
  contributed(who: string, sum: number, digest: HexDigest, values: readonly number[]): void;
  opened(
    who: string,
    sum: number,
    members: readonly string[],
    values: readonly number[],
    model: string,
  ): void;
  concluded(who: string, model: string): void;
  /** What a parcel with this place and digest holds. */
  sent(parcel: string, value: string): void;
}
