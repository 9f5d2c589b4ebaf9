import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultCase, faultCases, nameOfFault } from './support/fault-cases.js';
import { runCase, type Undisturbed, undisturbed } from './support/fault-run.js';
import { type FaultStage, NotHere } from './support/fault-stage.js';
import { ReplicaStage } from './support/fault-stage-replicas.js';
import { StepStage } from './support/fault-stage-steps.js';
import { SumStage } from './support/fault-stage-sums.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 300_000;

/** A few of what `npm run bench -- faults` runs. */
describe.each<[FaultCase['stage'], () => Promise<FaultStage>]>([
  ['horizontal', SumStage.open],
  ['vertical', StepStage.open],
  ['replicas', ReplicaStage.open],
])(
  'faults in %s jobs leave the model of the undisturbed run, every event, one ciphertext, one charge',
  (name, open) => {
    let stage: FaultStage | undefined;
    let usual: Undisturbed;

    beforeAll(async () => {
      try {
        stage = await open();
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
        return console.warn(`skipped: ${error.message}`);
      }
      usual = await undisturbed(stage);
    }, hangMs);
    afterAll(() => stage?.close(), hangMs);

    const cases = faultCases.filter((each) => each.stage === name && each.quick === true);
    test.each(cases.map((each) => [`${nameOfFault(each.fault)}, ${each.who}, ${each.at}`, each] as const))(
      '%s',
      async (_, each) => {
        if (stage === undefined) return;
        const { result, reason, ...found } = await runCase(stage, each, usual);
        if (result === 'skipped') return console.warn(`skipped: ${reason}`);
        expect(reason).toBeUndefined();
        expect(found).toMatchObject({ model: 'same', lostEvents: 0, secondCiphertexts: 0, spentOnce: true });
      },
      hangMs,
    );
  },
);
