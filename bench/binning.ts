import { VerticalFederation } from './vertical-federation.js';
import { syntheticFeatures, syntheticParty } from './vertical-rows.js';

const bankFeatures = 30;
const platformFeatures = 300;
/** FATE 2.0, 100,000 rows x (30 + 300), 16 cores a host: feature binning. */
const fateSeconds = 68;

/**
 * Federated binning with WOE and IV of all features, both parties on this machine, from the first ciphertext of a label to
 * the last WOE. Argument: training rows, 100,000 by default.
 */
export async function run([argument = '100000']: readonly string[]) {
  const rows = Math.ceil((Number(argument) * 5) / 4);
  const federation = new VerticalFederation([
    syntheticParty('bank', bankFeatures, rows),
    syntheticParty('platform', platformFeatures, rows),
  ]);
  try {
    await federation.open();
    const { phases } = await federation.runJob({
      name: 'bench-binning',
      mode: 'vertical',
      type: 'binning',
      purpose: 'benchmark',
      labelHolder: 'bank',
      parties: {
        bank: { dataset: 'bench', features: syntheticFeatures('bank', bankFeatures) },
        platform: { dataset: 'bench', features: syntheticFeatures('platform', platformFeatures) },
      },
      release: ['iv'],
    });
    const steps = phases.filter(({ purpose }) => purpose === 'binning').flatMap((phase) => phase.steps);
    const working = steps.filter(({ name }) => name !== 'close');
    for (const { name, startedMs, endedMs } of working)
      console.log(`${name} ${(endedMs - startedMs) / 1000} s`);
    const seconds = (working.at(-1)!.endedMs - working[0]!.startedMs) / 1000;
    return {
      seconds,
      baseline: `FATE 2.0, 16 cores a host, the same shape: ${fateSeconds} s (published)`,
      ratio: Number((fateSeconds / seconds).toFixed(1)),
      target: 12,
      rows: Number(argument),
      features: bankFeatures + platformFeatures,
      bytes: working.flatMap(({ parcels }) => parcels).reduce((sum, parcel) => sum + parcel.bytes, 0),
      bank: await federation.usageOf('bank'),
      platform: await federation.usageOf('platform'),
    };
  } finally {
    await federation.close();
  }
}
