import { type PhaseTiming, VerticalFederation } from './vertical-federation.js';
import { syntheticFeatures, syntheticParty } from './vertical-rows.js';

const bankFeatures = 30;
/** The first tree is the bank's own, so that three are grown with the platform. */
const trees = 4;
/** FATE 2.0: 100,000 rows, 30 + 300 features, 16 cores a host: seconds per tree (published). */
const fate = { seconds: 114, features: 330, rows: 100_000, cores: 32 };

interface Size {
  readonly rows: number;
  readonly features: number;
  readonly depth: number;
}

const usual: Size = { rows: 100_000, features: 50, depth: 5 };

/**
 * Boosted trees over encrypted histograms, the whole job through coordinator and journals with both parties on this machine.
 * Arguments: sizes as ROWSxFEATURESxDEPTH, features being the platform's; 100000x50x5 by default, with several the growth.
 */
export async function run(args: readonly string[]) {
  const sizes = args.length > 0 ? args.map(sizeOf) : [usual];
  const measured = [];
  for (const size of sizes) measured.push(await measure(size));
  const at = measured[0]!;
  const ours = (at.cpuSecondsPerTree / at.rows / (bankFeatures + at.features)) * 1e6;
  const theirs = ((fate.seconds * fate.cores) / fate.rows / fate.features) * 1e6;
  return {
    seconds: at.treeSeconds,
    baseline: `FATE 2.0, 16 cores a host, ${fate.rows} x ${fate.features}: ${fate.seconds} s a tree (published)`,
    ratio: Number((theirs / ours).toFixed(1)),
    targets: { treeSeconds: 15, cpuRatio: 15 },
    cpuMicrosPerRowAndFeature: { ours: Number(ours.toFixed(3)), fate: Number(theirs.toFixed(3)) },
    measured,
  };
}

function sizeOf(text: string): Size {
  const [rows, features, depth] = text.split('x').map(Number);
  if (!rows || !features || !depth) throw new Error(`a size is ROWSxFEATURESxDEPTH, not ${text}`);
  return { rows, features, depth };
}

async function measure({ rows: trainingRows, features, depth }: Size) {
  // One customer in five is held out.
  const rows = Math.ceil((trainingRows * 5) / 4);
  const federation = new VerticalFederation([
    syntheticParty('bank', bankFeatures, rows),
    syntheticParty('platform', features, rows),
  ]);
  try {
    await federation.open();
    const before = async () =>
      (await federation.usageOf('bank')).cpuSeconds + (await federation.usageOf('platform')).cpuSeconds;
    const { phases } = await federation.runJob(spec(features, depth));
    const total = await before();
    const grown = phases.filter(({ purpose, round }) => purpose === 'fitting' && round > 1);
    const spans = grown.map(seconds);
    const all = phases.map(seconds).reduce((sum, value) => sum + value, 0);
    const inTrees = spans.reduce((sum, value) => sum + value, 0);
    const figures = {
      ...{ rows: trainingRows, features, depth },
      treeSeconds: median(spans),
      /** Both parties; what else the job did is taken off by its share of the time. */
      cpuSecondsPerTree: round((total * inTrees) / all / grown.length),
      bytesPerTree: median(grown.map(bytes)),
      steps: stepTable(grown),
      bank: await federation.usageOf('bank'),
      platform: await federation.usageOf('platform'),
    };
    console.log(JSON.stringify(figures));
    return figures;
  } finally {
    await federation.close();
  }
}

function spec(features: number, depth: number) {
  return {
    ...{ name: 'bench-gbdt', mode: 'vertical', type: 'boosting', purpose: 'benchmark', labelHolder: 'bank' },
    parties: {
      bank: { dataset: 'bench', features: syntheticFeatures('bank', bankFeatures) },
      platform: { dataset: 'bench', features: syntheticFeatures('platform', features) },
    },
    trees: { count: trees, depth, bins: 32, validationRows: 0 },
    release: ['auc', 'ks'],
  };
}

/** Median seconds of a tree in each kind of step. */
function stepTable(grown: readonly PhaseTiming[]): Record<string, number> {
  const names = [...new Set(grown.flatMap(({ steps }) => steps.map(({ name }) => name)))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      median(
        grown.map(({ steps }) =>
          steps
            .filter((step) => step.name === name)
            .reduce((sum, { startedMs, endedMs }) => sum + (endedMs - startedMs) / 1000, 0),
        ),
      ),
    ]),
  );
}

function seconds({ steps }: PhaseTiming): number {
  return round((steps.at(-1)!.endedMs - steps[0]!.startedMs) / 1000);
}

function bytes({ steps }: PhaseTiming): number {
  return steps.flatMap(({ parcels }) => parcels).reduce((sum, parcel) => sum + parcel.bytes, 0);
}

function median(values: readonly number[]): number {
  return round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
