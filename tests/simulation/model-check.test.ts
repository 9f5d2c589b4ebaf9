import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { Campaign } from './campaign.js';
import type { Configuration } from './model-check.js';

const minutes = 60_000;
const lying: Configuration = { participants: 4, colluders: 1, kills: false, equivocates: false };
const configurations: readonly Configuration[] = everyTest
  ? [lying, { ...lying, kills: true }, { ...lying, equivocates: true }]
  : [lying];
let campaign: Campaign;

beforeAll(async () => {
  campaign = await Campaign.prepare();
});

afterAll(() => campaign?.remove());

/** Sets of three or four of four; with two uploads of the colluder the four sets that it is in count twice. */
const setsOf = ({ equivocates }: Configuration) => (equivocates ? 9 : 5);

it.concurrent.each(configurations)(
  'no order of lies gets both shares of anybody, or two survivor sets opened: %o',
  async (configuration) => {
    const { violations, opened, jointStates, revealed } = await campaign.take('modelCheck', {
      configuration,
    });
    expect(violations).toEqual([]);
    // Each set can be opened in some run; never two in one.
    expect(opened).toHaveLength(setsOf(configuration));
    expect(jointStates).toBeGreaterThan(10_000);
    expect(revealed).toBeGreaterThan(1_000);
  },
  20 * minutes,
);
