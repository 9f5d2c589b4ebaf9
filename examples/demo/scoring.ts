import { join } from 'node:path';
import { exactMetrics } from '../../learning/index.js';
import { scoreRows } from '../../participant/main.js';
import { creditDataset } from '../credit/deal.js';
import type { Player } from './stage.js';

export interface Scores {
  readonly auc: number;
  readonly ks: number;
}

/**
 * A participant's solo model on the test rows of all participants. Only the demo can do this: it owns all homes.
 */
export async function soloOnPooledRows(
  owner: Player,
  players: readonly Player[],
  jobId: string,
): Promise<Scores> {
  const parts = await Promise.all(
    players.map(({ home }) =>
      scoreRows({
        home: owner.home,
        jobId,
        which: 'solo',
        datasetFile: join(home, 'datasets', `${creditDataset}.yaml`),
      }),
    ),
  );
  const metrics = exactMetrics(
    Float64Array.from(parts.flatMap(({ scores }) => [...scores])),
    Uint8Array.from(parts.flatMap(({ labels }) => [...labels])),
  );
  if (metrics === undefined) throw new Error('the pooled test rows have one class only');
  return { auc: metrics.auc, ks: metrics.ks };
}
