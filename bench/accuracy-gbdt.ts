import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { binnedFeatures, clearBoosting, exactMetrics, treeBins } from '../learning/index.js';
import type { VerticalResult } from '../participant/vertical/index.js';
import { chosen, columnOf, foundSets, partyFrom, pricing } from './credit-parties.js';
import { type CreditRows, readCreditRows } from './credit-rows.js';
import { horizontalTrees } from './horizontal-trees.js';
import { VerticalFederation } from './vertical-federation.js';

/** What the bench takes from the process environment. */
interface Environment {
  readonly FEDRISK_DATA?: string | undefined;
  /** With xgboost, pandas and scikit-learn. */
  readonly PYTHON?: string | undefined;
}

const settings = { count: 100, depth: 4, learningRate: 0.1, l2: 1, bins: 32, minimumChildWeight: 1 };

/**
 * Trees of bank and platform, through the whole product, and of three banks with a third of the customers each, through
 * encrypted sums, against the same learner over both tables in one place, and that against XGBoost (`hist`, the same parameters). Ratio: the smallest joint AUC / central AUC; at least 0.99 is required, and the learner in
 * the clear within 0.003 of XGBoost. Arguments: a directory with the sets' bank.csv.gz and platform.csv.gz; `plaintext` for
 * jobs without encryption, which grow the same trees, split for split, in a fraction of the time.
 */
export async function run(args: readonly string[], environment: Environment = {}) {
  const plaintext = args.includes('plaintext');
  const data = args.find((word) => word !== 'plaintext') ?? environment.FEDRISK_DATA;
  const measured = [];
  for (const { set, folder } of foundSets(data)) {
    const rows = readCreditRows(folder);
    const central = centralTrees(rows);
    const joint = await jointTrees(folder, plaintext);
    const horizontal = await horizontalTrees(rows, { ...settings, trees: settings.count });
    const xgboost = ofXgboost(environment.PYTHON ?? 'python3', folder);
    const ratios = { ratio: joint.auc / central, horizontalRatio: horizontal.auc / central };
    const figures = { set, central, joint, horizontal, ...ratios, xgboost };
    console.log(JSON.stringify(figures));
    measured.push(figures);
  }
  return {
    baseline: 'the same learner over both tables in one place',
    plaintext,
    ratio: Math.min(...measured.flatMap(({ ratio, horizontalRatio }) => [ratio, horizontalRatio])),
    target: 0.99,
    measured,
  };
}

/** AUC on held-out rows of trees over both tables. */
function centralTrees({ ids, label, columns }: CreditRows): number {
  const training = Uint8Array.from(ids, (id) => Number(id % 5 !== 0));
  const rows = Array.from(ids.keys());
  const trained = rows.filter((row) => training[row] === 1);
  const test = rows.filter((row) => training[row] === 0);
  const labels = Uint8Array.from(label);
  const all = [...columns].filter(([name]) => !pricing.has(name)).map(([, texts]) => columnOf(texts));
  const bins = all.map((column) => treeBins(chosen(column, trained), settings.bins));
  const bad = trained.reduce((sum, row) => sum + labels[row]!, 0);
  const party = {
    features: binnedFeatures(all, bins, ids.length),
    ...{ monotone: all.map(() => 0 as const), fewestRows: 1, firstTree: 0 },
  };
  const { count, bins: _, ...same } = settings;
  const trees = clearBoosting([party], { labels, training }, Math.log(bad / (trained.length - bad)), {
    ...{ ...same, trees: count, l1: 0, gamma: 0, rowShare: 1, columnShare: 1, badWeight: 1, seed: 1 },
  });
  let logOdds = new Float64Array();
  for (let tree = 0; tree < count; tree++) logOdds = new Float64Array(trees.next().value.logOdds);
  return exactMetrics(
    Float64Array.from(test, (row) => logOdds[row]!),
    Uint8Array.from(test, (row) => labels[row]!),
  )!.auc;
}

async function jointTrees(folder: string, plaintext: boolean) {
  const parties = (['bank', 'platform'] as const).map((role) => partyFrom(folder, role));
  const federation = new VerticalFederation(parties, { plaintext });
  try {
    await federation.open();
    const { jobId } = await federation.runJob({
      ...{ name: 'bench-accuracy', mode: 'vertical', type: 'boosting', purpose: 'benchmark' },
      labelHolder: 'bank',
      parties: Object.fromEntries(
        parties.map(({ name, features }) => [name, { dataset: 'bench', features }]),
      ),
      trees: { ...settings, validationRows: 0 },
      ...(plaintext && { plaintext }),
      release: ['auc', 'ks'],
    });
    const { evaluation } = federation.resultOf<VerticalResult>('bank', jobId);
    const { auc, ks } = evaluation!.joint.metrics;
    return { auc, ks, solo: evaluation!.solo.metrics.auc };
  } finally {
    await federation.close();
  }
}

function ofXgboost(python: string, folder: string): number | string {
  const script = fileURLToPath(new URL('../../bench/xgboost_baseline.py', import.meta.url));
  const { count, depth, learningRate, bins } = settings;
  const args = [script, folder, count, depth, learningRate, bins].map(String);
  const { status, stdout } = spawnSync(python, args, { encoding: 'utf8' });
  if (status === 0) return Number(stdout.trim());
  return `XGBoost does not run with ${python}: python3 -m venv VENV && VENV/bin/pip install xgboost pandas scikit-learn, then PYTHON=VENV/bin/python npm run bench -- accuracy-gbdt DATA`;
}
