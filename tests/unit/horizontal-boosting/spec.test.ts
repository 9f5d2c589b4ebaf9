import { describe, expect, test } from 'vitest';
import { type HorizontalSpecInput, horizontalSpec, mostSums, sumsPerRound } from '../../../contract/index.js';
import { banks, treeSpec } from './stage.js';

function problems(changes: Partial<HorizontalSpecInput>): string[] {
  const result = horizontalSpec.safeParse({
    ...{ name: 'trees', mode: 'horizontal', purpose: 'credit-risk', participants: banks, dataset: 'loans' },
    ...{ features: { age: 'number', home: 'category' }, model: { kind: 'trees' }, nonce: 'ab'.repeat(32) },
    ...changes,
  });
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
}

const many = Object.fromEntries(Array.from({ length: 1100 }, (_, at) => [`x${at}`, 'number' as const]));

describe('a spec of trees', () => {
  test('says what vertical ones say, with their defaults', () => {
    expect(treeSpec().model).toEqual({
      ...{ kind: 'trees', depth: 3, learningRate: 0.1, l1: 0, l2: 1, minimumChildWeight: 1, gamma: 0 },
      ...{ bins: 32, rows: 1, columns: 1, badWeight: 1, groupRows: 20, monotone: {} },
      ...{ patience: 0, validationRows: 2000 },
    });
    expect(problems({})).toEqual([]);
  });

  test.each<[string, Partial<HorizontalSpecInput>]>([
    ['algorithm.kind', { algorithm: { kind: 'fedadam' } }],
    ['training.epochs', { training: { epochs: 2 } }],
    ['training.optimizer', { training: { optimizer: 'sgd' } }],
    ['training.batchRows', { training: { batchRows: 32 } }],
    ['training.learningRate', { training: { learningRate: 0.1 } }],
    ['training.l2', { training: { l2: 1 } }],
    ['update.bits', { update: { bits: 20 } }],
    ['update.clipNorm', { update: { clipNorm: 1 } }],
    ['warmStart', { warmStart: { job: `job-${'0'.repeat(32)}` } }],
    ['participation.late', { participation: { late: 'next-round' } }],
    ['model.monotone.home', { model: { kind: 'trees', monotone: { home: 'rising' } } }],
    ['model.monotone.other', { model: { kind: 'trees', monotone: { other: 'rising' } } }],
    ['training.rounds', { training: { rounds: 400 }, model: { kind: 'trees', depth: 4 } }],
    [
      'model.depth',
      { features: many, training: { rounds: 1 }, model: { kind: 'trees', depth: 8, bins: 64 } },
    ],
    ['earlyStopping', { earlyStopping: { metric: 'auc' } }],
    ['model.patience', { model: { kind: 'trees', patience: 3, validationRows: 0 } }],
    ['model.groupRows', { model: { kind: 'trees', groupRows: 19 } }],
  ])('is refused with %s, which does not fit', (path, changes) => {
    expect(problems(changes).map((problem) => problem.split(' ')[0])).toEqual([path]);
  });

  test('needs a sum for each level of each tree beside three', () => {
    const spec = treeSpec({ depth: 5 }, { training: { rounds: 100 } });
    expect([sumsPerRound(spec), mostSums(spec)]).toEqual([5, 503]);
  });
});
