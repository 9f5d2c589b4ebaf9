import { type PhaseTiming, VerticalFederation } from './vertical-federation.js';
import { syntheticFeatures, syntheticParty } from './vertical-rows.js';

const bankFeatures = 30;
const platformFeatures = 300;
const iterations = 10;
/** FATE 2.0, the same shape with 16 cores a host: seconds per epoch (arbiter). */
const fateSeconds = 139;

/**
 * Vertical logistic regression, the whole job through coordinator and journals with both parties on this machine.
 * Arguments: row counts (of which four fifths train), 100,000 training rows by default; several show the growth.
 */
export async function run(args: readonly string[]) {
  const sizes = args.length > 0 ? args.map(Number) : [100_000];
  const measured = [];
  for (const trainingRows of sizes) measured.push(await measure(trainingRows));
  const at = measured.find(({ rows }) => rows === 100_000) ?? measured[0]!;
  return {
    seconds: at.iterationSeconds,
    baseline: `FATE 2.0, 16 cores a host, one epoch of the same shape: ${fateSeconds} s (published)`,
    ratio: Number((fateSeconds / at.iterationSeconds).toFixed(1)),
    targets: { iterationSeconds: 2, trainingSeconds: 25, bytesPerIteration: 40e6 },
    measured,
  };
}

async function measure(trainingRows: number) {
  // One customer in five is held out.
  const rows = Math.ceil((trainingRows * 5) / 4);
  const federation = new VerticalFederation([
    syntheticParty('bank', bankFeatures, rows),
    syntheticParty('platform', platformFeatures, rows),
  ]);
  try {
    await federation.open();
    const { phases } = await federation.runJob(spec());
    const fitting = phases.filter(({ purpose }) => purpose === 'fitting');
    // The first iteration also makes the matrices.
    const later = fitting.slice(1).map(seconds);
    const figures = {
      rows: trainingRows,
      iterationSeconds: median(later),
      firstIterationSeconds: seconds(fitting[0]!),
      trainingSeconds: round((endOf(fitting.at(-1)!) - startOf(fitting[0]!)) / 1000),
      bytesPerIteration: bytes(fitting.at(-1)!),
      bank: await federation.usageOf('bank'),
      platform: await federation.usageOf('platform'),
    };
    console.log(JSON.stringify(figures));
    console.log(stepTable(fitting.slice(1)));
    return figures;
  } finally {
    await federation.close();
  }
}

function spec() {
  return {
    name: 'bench-lr',
    mode: 'vertical',
    type: 'training',
    purpose: 'benchmark',
    labelHolder: 'bank',
    parties: {
      bank: { dataset: 'bench', features: syntheticFeatures('bank', bankFeatures) },
      platform: { dataset: 'bench', features: syntheticFeatures('platform', platformFeatures) },
    },
    // A synthetic feature that explains little is still a column: this is a bench of the fit.
    binning: { classFloor: 0, minimumShare: 0 },
    training: { iterations },
    release: ['auc', 'ks'],
  };
}

/** Median seconds of each step over iterations. */
function stepTable(fitting: readonly PhaseTiming[]): string {
  return fitting[0]!.steps
    .map(({ name }, at) => {
      const times = fitting.map(({ steps }) => (steps[at]!.endedMs - steps[at]!.startedMs) / 1000);
      return `${name} ${median(times)} s`;
    })
    .join(', ');
}

function startOf({ steps }: PhaseTiming): number {
  return steps[0]!.startedMs;
}

function endOf({ steps }: PhaseTiming): number {
  return steps.at(-1)!.endedMs;
}

function seconds(phase: PhaseTiming): number {
  return round((endOf(phase) - startOf(phase)) / 1000);
}

function bytes({ steps }: PhaseTiming): number {
  return steps.flatMap(({ parcels }) => parcels).reduce((sum, parcel) => sum + parcel.bytes, 0);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
