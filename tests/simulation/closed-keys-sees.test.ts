import { expect, it, vi } from 'vitest';
import { closedKeyWalks } from './random-walks.js';
import { horizontalOf } from './setups.js';

/** Nobody looks at whom a contribution says it is masked with; everything else is the product. */
vi.mock('../../participant/rounds/sum-view.js', async (original) => {
  const product = await original<typeof import('../../participant/rounds/sum-view.js')>();
  type Recorded = Parameters<InstanceType<typeof product.SumView>['record']>;
  class SumView extends product.SumView {
    override record(...[sender, body, course]: Recorded): void {
      const said = body.kind === 'contribution' ? { ...body, keyed: this.keyedDigest } : body;
      super.record(sender, said as Recorded[1], course);
    }
  }
  return { ...product, SumView };
});

it('walks find sums that are opened over more than one choice of who has mask keys, where nobody looks', async () => {
  const roster = { participants: 5, colluders: 1 } as const;
  const job = { rounds: 1, warm: true, late: 'drop', deadlines: 'ample', keyBatch: 1, jitter: 1 } as const;
  const configuration = { ...roster, kills: false, equivocates: false };
  const specOf = () => horizontalOf({ ...job, ...roster });
  const { violations } = await closedKeyWalks({ configuration, specOf, walks: 600, seed: 1 });
  // One participant reveals for a set under two choices, or a set has members that masked with others each.
  expect(violations.join()).toMatch(/reveal .* left in two forms|whose members masked with others each/);
}, 600_000);
