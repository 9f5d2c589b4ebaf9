import { expect, it, vi } from 'vitest';
import { modelCheck } from './model-check.js';
import { randomWalks } from './random-walks.js';
import { horizontalOf as specOf } from './setups.js';

/** With a quorum one too low two quorums need not share an honest participant; everything else is the product. */
vi.mock('../../contract/quorum.js', async (original) => {
  const product = await original<typeof import('../../contract/quorum.js')>();
  return { ...product, quorumOf: (n: number, c: number) => product.quorumOf(n, c) - 1 };
});

const job = { rounds: 1, warm: true, late: 'drop', deadlines: 'ample', jitter: 1 } as const;
const lying = { kills: false, equivocates: false } as const;

it('finds both shares of somebody where the quorum is too low', async () => {
  const roster = { participants: 4, colluders: 1 } as const;
  const { violations } = await modelCheck({ ...roster, ...lying }, () => specOf({ ...job, ...roster }));
  expect(violations.join()).toMatch(/^shares left for [0-9a-f]+ and for [0-9a-f]+/);
}, 600_000);

it.each([
  ['in a roster of five', { participants: 5, colluders: 2 }, 0],
  ['in the second of two sums', { participants: 4, colluders: 1 }, 1],
] as const)(
  'finds them by walks, %s',
  async (_, roster, sum) => {
    const configuration = { ...roster, ...lying };
    const specOfAll = () => specOf({ ...job, ...roster });
    const { violations } = await randomWalks(sum, {
      configuration,
      specOf: specOfAll,
      walks: 1_000,
      seed: 1,
    });
    expect(violations.join()).toMatch(/^shares left for [0-9a-f]+ and for [0-9a-f]+/);
  },
  600_000,
);
