import { drawNonce, jobSpec, type VerticalSpec } from '../../../contract/index.js';
import { pairDatasets } from '../../../examples/credit/deal-pair.js';
import { bank, otherPlatform, platform } from './vertical-homes.js';

/** Features of the bundled pair that the tests of whole jobs use: numbers and categories on both sides. */
export const bankFeatures = {
  Amount: 'number',
  Assets: 'number',
  Debt: 'number',
  Expenses: 'number',
  Price: 'number',
  Records: 'category',
  Time: 'number',
} as const;
export const platformFeatures = {
  Age: 'number',
  Home: 'category',
  Income: 'number',
  Job: 'category',
  Marital: 'category',
  Seniority: 'number',
} as const;

type Kinds = Readonly<Record<string, 'number' | 'category'>>;
interface Part {
  readonly dataset: string;
  readonly features?: Kinds;
}

const common = { mode: 'vertical', purpose: 'credit-risk', labelHolder: bank } as const;
const loans = pairDatasets.bank;
const customers = pairDatasets.platform;

export const pairParts: Readonly<Record<string, Part>> = {
  [bank]: { dataset: loans, features: bankFeatures },
  [platform]: { dataset: customers, features: platformFeatures },
};
const { Age, Home, Income, Seniority } = platformFeatures;
export const trioParts: Readonly<Record<string, Part>> = {
  [bank]: { dataset: loans, features: bankFeatures },
  [platform]: { dataset: customers, features: { Age, Seniority } },
  [otherPlatform]: { dataset: customers, features: { Home, Income } },
};

/** Few iterations on few bins: what the course of a job needs, at the price of a better model. */
export function trainingSpec(changes: object = {}): VerticalSpec {
  return parsed({
    ...common,
    ...{ name: 'pair-scorecard', type: 'training', parties: pairParts },
    binning: { bins: 4 },
    training: { iterations: 3 },
    scores: { calibrationRows: 200 },
    ...changes,
  });
}

/** Few trees; the bank grows the first one alone. */
export function boostingSpec(changes: object = {}): VerticalSpec {
  const job = { name: 'pair-trees', type: 'boosting', parties: pairParts };
  return parsed({ ...common, ...job, trees: { count: 3, depth: 3, learningRate: 0.3 }, ...changes });
}

export function binningSpec(changes: object = {}): VerticalSpec {
  const job = { name: 'pair-binning', type: 'binning', parties: pairParts };
  return parsed({ ...common, ...job, binning: { bins: 4 }, release: ['rows', 'iv'], ...changes });
}

export function scoringSpec(model: string, changes: object = {}): VerticalSpec {
  const parties = { [bank]: { dataset: loans }, [platform]: { dataset: customers } };
  const job = { name: 'pair-scoring', type: 'scoring', parties, model: { job: model } };
  return parsed({ ...common, ...job, release: ['rows'], ...changes });
}

function parsed(input: object): VerticalSpec {
  return jobSpec.parse({ ...input, nonce: drawNonce() }) as VerticalSpec;
}
