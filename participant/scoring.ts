import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, type HorizontalSpec, horizontalSpec } from '../contract/index.js';
import { loadBackend } from '../learning/index.js';
import { homeLayout } from './config.js';
import { loadTable } from './data/index.js';
import { type Environment, heldOutScores, loadState } from './training/index.js';

export interface ScoredRows {
  /** Log-odds of "bad" per held-out row. */
  readonly scores: Float32Array;
  /** 1 bad, 0 good. */
  readonly labels: Uint8Array;
}

export interface ScoringOrder {
  readonly home: string;
  readonly jobId: string;
  readonly which: 'joint' | 'solo';
  readonly datasetFile: string;
}

/**
 * Scores the held-out rows of a dataset file with a kept model of this home.
 * @throws {CodedError} MODEL_UNKNOWN, and what reading the dataset gives.
 */
export async function scoreHeldOut(order: ScoringOrder, env: Environment): Promise<ScoredRows> {
  const { which } = order;
  const folder = join(homeLayout(order.home).jobs, order.jobId);
  const spec = readSpec(folder);
  const state = await loadState(join(folder, which === 'joint' ? 'model.json' : 'solo-model.json'));
  const table = await loadTable(order.datasetFile, spec.features, { env });
  return heldOutScores(spec, state, table, await loadBackend());
}

function readSpec(folder: string): HorizontalSpec {
  try {
    return horizontalSpec.parse(JSON.parse(readFileSync(join(folder, 'spec.json'), 'utf8')));
  } catch (cause) {
    throw new CodedError('MODEL_UNKNOWN', `${folder} holds no finished job`, { cause });
  }
}
