import './doubles.js';
import { expect, it, vi } from 'vitest';
import { modelCheck } from './model-check.js';
import { horizontalOf as specOf } from './setups.js';

/** With a quorum one too low two quorums need not share an honest participant; everything else is the product. */
vi.mock('../../contract/quorum.js', async (original) => {
  const product = await original<typeof import('../../contract/quorum.js')>();
  return { ...product, quorumOf: (n: number, c: number) => product.quorumOf(n, c) - 1 };
});

it('finds both shares of somebody where the quorum is too low', async () => {
  const setup = {
    participants: 4,
    colluders: 1,
    rounds: 1,
    warm: true,
    late: 'drop',
    deadlines: 'ample',
  } as const;
  const configuration = { participants: 4, colluders: 1, kills: false, equivocates: false };
  const { violations } = await modelCheck(configuration, () => specOf({ ...setup, jitter: 1 }));
  expect(violations.join()).toMatch(/^shares left for [0-9a-f]+ and for [0-9a-f]+/);
}, 600_000);
