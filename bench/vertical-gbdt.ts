import { type PhaseTiming, type UsageAt, VerticalFederation } from './vertical-federation.js';
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
 * Arguments: sizes as ROWSxFEATURESxDEPTH, features being the platform's; 100000x50x5 by default, which takes two minutes.
 * Growth: `50000x50x5 100000x50x5 200000x50x5 400000x50x5`, `100000x25x5 100000x100x5`, `100000x50x3 100000x50x7`.
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
    const { phases, usage } = await federation.runJob(spec(features, depth));
    const grown = phases.filter(({ purpose, round }) => purpose === 'fitting' && round > 1);
    const cpu = cpuOf(usage, grown[0]!.steps[0]!.startedMs, grown.at(-1)!.steps.at(-1)!.endedMs);
    const perTree = (name: string) => round(cpu(name) / grown.length);
    const figures = {
      ...{ rows: trainingRows, features, depth },
      treeSeconds: median(grown.map(seconds)),
      /** Of both parties. */
      cpuSecondsPerTree: round(perTree('bank') + perTree('platform')),
      cpuSecondsByProcess: {
        bank: perTree('bank'),
        platform: perTree('platform'),
        coordinator: perTree('coordinator'),
      },
      bytesPerTree: median(grown.map(bytes)),
      /** Seconds of a tree from the opening of a step to that of the next. */
      steps: stepTable(grown),
      /** Seconds of a tree that the parties say they spent. */
      work: workTable(grown),
      peakMiB: {
        bank: (await federation.usageOf('bank')).peakMiB,
        platform: (await federation.usageOf('platform')).peakMiB,
      },
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

/** CPU seconds of a process between two times, between looks in proportion. */
function cpuOf(usage: readonly UsageAt[], fromMs: number, toMs: number) {
  const at = (name: string, ms: number) => {
    const after = Math.max(
      1,
      usage.findIndex((look) => look.atMs >= ms),
    );
    const [before, next] = [usage[after - 1]!, usage[after]!];
    const share = Math.min(1, Math.max(0, (ms - before.atMs) / (next.atMs - before.atMs)));
    return before.cpuSeconds[name]! * (1 - share) + next.cpuSeconds[name]! * share;
  };
  return (name: string) => at(name, toMs) - at(name, fromMs);
}

function stepTable(grown: readonly PhaseTiming[]): Record<string, number> {
  return table(grown, ({ steps }) =>
    steps.map(({ name, startedMs, endedMs }) => [name, (endedMs - startedMs) / 1000] as const),
  );
}

function workTable(grown: readonly PhaseTiming[]): Record<string, number> {
  return table(grown, ({ steps }) =>
    steps.flatMap(({ parcels }) =>
      parcels.flatMap(({ timings }) => timings.map(({ step, ms }) => [step, ms / 1000] as const)),
    ),
  );
}

/** Sums of each tree by name, and of those the medians. */
function table(
  grown: readonly PhaseTiming[],
  parts: (tree: PhaseTiming) => readonly (readonly [string, number])[],
): Record<string, number> {
  const sums = grown.map((tree) => {
    const sum = new Map<string, number>();
    for (const [name, value] of parts(tree)) sum.set(name, (sum.get(name) ?? 0) + value);
    return sum;
  });
  const names = [...new Set(sums.flatMap((sum) => [...sum.keys()]))];
  return Object.fromEntries(names.map((name) => [name, median(sums.map((sum) => sum.get(name) ?? 0))]));
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
