import {
  assignBins,
  binCount,
  categoryBins,
  countBins,
  exactMetrics,
  type FeatureColumns,
  fitSolo,
  numberBins,
  shapeOf,
  soloScore,
  weightOfEvidence,
  woeColumn,
  woeOfBins,
} from '../learning/index.js';
import type { VerticalResult } from '../participant/vertical/index.js';
import { chosen, columnOf, foundSets, partyFrom, pricing } from './credit-parties.js';
import { type CreditRows, readCreditRows } from './credit-rows.js';
import { VerticalFederation } from './vertical-federation.js';

/** What the bench takes from the process environment. */
interface Environment {
  readonly FEDRISK_DATA?: string | undefined;
}

/**
 * The joint model of bank and platform, through the whole product, against one logistic regression on WOE columns over both
 * tables in one place (ten quantile bins, scikit-learn's default penalty). Ratio: the smallest joint AUC / central AUC; at
 * least 0.99 is required, and KS within 0.015. Argument: a directory with the sets' bank.csv.gz and platform.csv.gz.
 */
export async function run(args: readonly string[], environment: Environment = {}) {
  const data = args[0] ?? environment.FEDRISK_DATA;
  const measured = [];
  for (const { set, folder } of foundSets(data)) {
    const central = centralModel(readCreditRows(folder));
    const joint = await jointModel(folder);
    const figures = {
      set,
      central,
      joint,
      ratio: joint.auc / central.auc,
      ksDifference: joint.ks - central.ks,
    };
    console.log(JSON.stringify(figures));
    measured.push(figures);
  }
  return {
    baseline: 'central logistic regression on WOE columns',
    ratio: Math.min(...measured.map(({ ratio }) => ratio)),
    target: 0.99,
    largestKsDifference: Math.max(...measured.map(({ ksDifference }) => Math.abs(ksDifference))),
    measured,
  };
}

function centralModel(rows: CreditRows) {
  const heldOut = rows.ids.map((id) => id % 5 === 0);
  const at = (use: boolean) => Array.from(rows.ids.keys()).filter((row) => heldOut[row] === use);
  const [train, test] = [at(false), at(true)];
  const label = Uint8Array.from(rows.label);
  const names = [...rows.columns.keys()].filter((name) => !pricing.has(name));
  const encoded = names.map((name) => {
    const column = columnOf(rows.columns.get(name)!);
    const trained = chosen(column, train);
    const bins =
      trained instanceof Float64Array
        ? numberBins(trained, { method: 'quantile', bins: 10 }, { minimumShare: 0 })
        : categoryBins(trained, { minimumShare: 0 });
    const counts = countBins(
      assignBins(trained, bins),
      Uint8Array.from(train, (row) => label[row]!),
      binCount(bins),
    );
    const woe = woeOfBins(weightOfEvidence(counts, shapeOf(bins), 0));
    return woeColumn(assignBins(column, bins), woe);
  });
  const columns = (use: readonly number[]): FeatureColumns => ({
    names,
    values: encoded.map((values) => Float64Array.from(use, (row) => values[row]!)),
  });
  const labels = (use: readonly number[]) => Uint8Array.from(use, (row) => label[row]!);
  const model = fitSolo(columns(train), labels(train), { l2: 1 / train.length });
  return exactMetrics(soloScore(model, columns(test)), labels(test))!;
}

async function jointModel(folder: string) {
  const parties = (['bank', 'platform'] as const).map((role) => partyFrom(folder, role));
  const federation = new VerticalFederation(parties);
  try {
    await federation.open();
    const { jobId } = await federation.runJob({
      name: 'bench-accuracy',
      mode: 'vertical',
      type: 'training',
      purpose: 'benchmark',
      labelHolder: 'bank',
      parties: Object.fromEntries(
        parties.map(({ name, features }) => [name, { dataset: 'bench', features }]),
      ),
      release: ['auc', 'ks'],
    });
    const { evaluation } = federation.resultOf<VerticalResult>('bank', jobId);
    const { metrics } = evaluation!.joint;
    return { ...metrics, solo: evaluation!.solo.metrics.auc, gain: evaluation!.aucGain };
  } finally {
    await federation.close();
  }
}
