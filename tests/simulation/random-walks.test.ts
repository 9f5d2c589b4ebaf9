import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { Campaign } from './campaign.js';
import type { Configuration } from './model-check.js';

const minutes = 60_000;
const five: Configuration = { participants: 5, colluders: 2, kills: true, equivocates: false };
const four: Configuration = { participants: 4, colluders: 1, kills: true, equivocates: false };
/** Contributions differ from one life to the next, so a kill would make a second one. */
const keyed: Configuration = { participants: 5, colluders: 1, kills: false, equivocates: false };
let campaign: Campaign;

beforeAll(async () => {
  campaign = await Campaign.prepare();
});

afterAll(() => campaign?.remove());

it.concurrent.each([
  ['in a roster of five of whom two collude', five, 0],
  ['in the second of two sums', four, 1],
  ['with mask keys closed over others for everybody', keyed, 'closed keys'],
] as const)(
  '%s no walk of lies gets both shares of anybody, or two survivor sets of a sum opened',
  async (_, configuration, within) => {
    const walks = everyTest ? 300 : 100;
    const order = { within, configuration, walks };
    const { violations, steps, opened, digests } = await campaign.take('walks', order);
    expect(violations).toEqual([]);
    expect(steps).toBeGreaterThan(5 * walks);
    expect(opened).toBeGreaterThan(walks / 40);
    expect(digests.length).toBeGreaterThan(1);
  },
  20 * minutes,
);
