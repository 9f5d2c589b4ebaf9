import { createHash } from 'node:crypto';
import type { HexDigest } from '../../contract/index.js';
import type { Encoding } from '../../learning/index.js';
import { known, type LearnerState } from './learner-state.js';

/** The model that a sum measures, as a participant's ledger remembers it. */
export interface MeasuredModel {
  /** Digest of preprocessing and weights. */
  readonly key: HexDigest;
  /** What it says of our held-out rows (scoreSketch). */
  readonly sketch: Float32Array;
}

/** What our part of a sum shows: our rows, and what a model says of them; of static statistics without a model. */
export interface ShownRows {
  readonly population: HexDigest;
  readonly model?: MeasuredModel;
}

const digestBytes = 32;

/**
 * Names weights and preprocessing. Which hash buckets the categories fell into is left out: their key is drawn per job, and
 * whoever knows the keys of two jobs can match their columns.
 */
export function modelKey({ features }: Encoding, weights: Float32Array): HexDigest {
  const form = features.map((feature) =>
    feature.kind === 'category' ? { ...feature, buckets: feature.buckets.length } : feature,
  );
  const hash = createHash('sha256').update('fedrisk/v1/measured-model\0').update(JSON.stringify(form));
  return hash.update('\0').update(bytesOf(weights)).digest('hex') as HexDigest;
}

/** One record for the journal: population, key, sketch. */
export function packShown({ population, model }: ShownRows): Uint8Array {
  const sketch = model ? [Buffer.from(model.key, 'hex'), bytesOf(model.sketch)] : [];
  return Buffer.concat([Buffer.from(population, 'hex'), ...sketch]);
}

export function unpackShown(record: Uint8Array): ShownRows {
  const hexOf = (from: number) =>
    Buffer.from(record.subarray(from, from + digestBytes)).toString('hex') as HexDigest;
  const population = hexOf(0);
  if (record.length === digestBytes) return { population };
  return {
    population,
    model: { key: hexOf(digestBytes), sketch: floatsOf(record.subarray(2 * digestBytes)) },
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Names trees and bins, whichever hash buckets the categories fell into: their key is drawn per job. */
export function forestKey({ bins, forest }: LearnerState, trees = known(forest).trees): HexDigest {
  const form = known(bins).features.map((feature) =>
    feature.kind === 'category' ? { ...feature, buckets: feature.buckets.length } : feature,
  );
  const hash = createHash('sha256').update('fedrisk/v1/measured-forest\0').update(JSON.stringify(form));
  return hash.update(JSON.stringify([known(forest).start, trees])).digest('hex') as HexDigest;
}
