import type { HorizontalSpec, Secret } from '../../contract/core.js';
import type { Table } from '../table.js';
import type { Encoding } from './encoding.js';
import { magnitudesVector, readMagnitudes } from './magnitudes.js';
import { momentsVector, readMoments } from './moments.js';

/** The encoding of one table alone: what a solo model, or a reference on pooled rows, uses. */
export function centralEncoding(table: Table, spec: HorizontalSpec, hashKey: Secret): Encoding {
  const magnitudes = readMagnitudes(magnitudesVector(table, spec, hashKey).values, spec);
  return readMoments(momentsVector(table, spec, magnitudes).values, spec, magnitudes);
}
