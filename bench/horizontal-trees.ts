import { type HorizontalSpec, horizontalSpec } from '../contract/index.js';
import { type Backend, exactMetrics, firstStep, loadBackend } from '../learning/index.js';
import {
  absorb,
  heldOutScores,
  type LearnerState,
  type LocalData,
  partOf,
} from '../participant/training/index.js';
import { InProcessSums } from './accuracy-sum.js';
import { pricing } from './credit-parties.js';
import { type CreditRows, tableOf } from './credit-rows.js';

const participants = ['bank-a', 'bank-b', 'bank-c'];

export interface HorizontalTrees {
  readonly auc: number;
  readonly sums: number;
  /** Of all sums, check slots not counted. */
  readonly values: number;
}

/**
 * Trees of three participants, each with a third of the customers, through encrypted sums; AUC of the common forest on
 * the held-out customers of all.
 */
export async function horizontalTrees(
  rows: CreditRows,
  { trees, depth, learningRate, bins }: { trees: number; depth: number; learningRate: number; bins: number },
): Promise<HorizontalTrees> {
  const columns = new Map([...rows.columns].filter(([name]) => !pricing.has(name)));
  const isText = (text: string) => text !== '' && Number.isNaN(Number(text));
  const categories = [...columns].filter(([, texts]) => texts.some(isText)).map(([name]) => name);
  const spec = horizontalSpec.parse({
    ...{ name: 'accuracy', mode: 'horizontal', purpose: 'benchmark', participants, dataset: 'bench' },
    features: Object.fromEntries(
      [...columns.keys()].map((name) => [name, categories.includes(name) ? 'category' : 'number']),
    ),
    model: { kind: 'trees', depth, learningRate, bins },
    training: { rounds: trees, seed: 1 },
    nonce: '00'.repeat(32),
  });
  const data = participants.map((_, part) => ({
    table: tableOf({ ...rows, columns }, categories, (id) => id % participants.length === part),
  }));
  const backend = await loadBackend();
  const { state, ...cost } = await grown(backend, spec, data);
  const told = data.map((local) => heldOutScores(spec, state, local.table, backend));
  const scores = Float64Array.from(told.flatMap((each) => [...each.scores]));
  const labels = Uint8Array.from(told.flatMap((each) => [...each.labels]));
  return { auc: exactMetrics(scores, labels)!.auc, ...cost };
}

async function grown(backend: Backend, spec: HorizontalSpec, data: readonly LocalData[]) {
  const secure = await InProcessSums.open(participants);
  let state: LearnerState = { hashKey: '00'.repeat(32), history: [], trainLoss: [] };
  let [sums, values] = [0, 0];
  for (let step = firstStep(spec); step.purpose !== 'done'; sums++) {
    const { purpose, round } = step;
    const parts = data.map((local, place) =>
      partOf(
        { spec, purpose, round, participant: participants[place]!, drawKey: new Uint8Array(32).fill(place) },
        state,
        local,
        backend,
      ),
    );
    const opened = await secure.sum(purpose, round, parts);
    values += opened.length;
    ({ state, next: step } = absorb({ spec, purpose, round, participant: '' }, state, opened));
  }
  return { state, sums, values };
}
