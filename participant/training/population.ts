import { createHash } from 'node:crypto';
import type { HexDigest } from '../../contract/index.js';
import type { Table } from '../../learning/index.js';

/**
 * Names the customers behind a dataset, whatever the dataset is called and whatever features a job asks of them:
 * SHA-256 over labels and split. Any job on the same rows gives the same value; it stays in the participant's journal.
 */
export function populationDigest(table: Table): HexDigest {
  const hash = createHash('sha256').update('fedrisk/v1/population\0');
  return hash.update(table.label).update(table.test).digest('hex') as HexDigest;
}
