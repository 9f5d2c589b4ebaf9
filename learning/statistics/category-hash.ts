import { createHmac } from 'node:crypto';
import type { Secret } from '../../contract/core.js';

/** Two of 32 categories share one of 4096 buckets in about one job of nine; they are then one category. */
export const categoryBuckets = 4096;

/**
 * Bucket of each category string, by HMAC-SHA256 under a key that only participants hold: counts by bucket
 * are comparable across participants though nobody sends a string.
 */
export function bucketOfLevels(hashKey: Secret, feature: string, levels: readonly string[]): Uint16Array {
  return Uint16Array.from(levels, (level) => {
    const tag = createHmac('sha256', hashKey.reveal()).update(feature).update('\0').update(level).digest();
    return tag.readUInt32BE(0) % categoryBuckets;
  });
}
