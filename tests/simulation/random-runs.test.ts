import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { Campaign } from './campaign.js';

/** A process is quick after some hundred runs: few, with many runs each. */
const [seeds, perTest] = everyTest ? [20_000, 5_000] : [800, 800];
const firsts = Array.from({ length: seeds / perTest }, (_, k) => k * perTest);
const met = new Set<string>();
const minutes = 60_000;
let campaign: Campaign;

beforeAll(async () => {
  campaign = await Campaign.prepare();
});

afterAll(() => campaign?.remove());

it.concurrent.each(firsts)(
  `${perTest} random runs break no law, seeds from %i on`,
  async (first) => {
    const outcome = await campaign.take('runs', { first, count: perTest });
    expect(outcome).toEqual({ runs: perTest, met: expect.any(Array) });
    if ('met' in outcome) for (const what of outcome.met) met.add(what);
  },
  20 * minutes,
);

it('random runs reach what they are for', () => {
  const meant = [
    'CERTIFICATE_REVOKED',
    'DEADLINE_MISSED',
    'TRANSCRIPT_BEHIND',
    'VERSION_UNSUPPORTED',
    'cancelled',
    'failed',
    'finished',
    'finished with release 0.1',
    'finished with two coordinators',
    'goes on without a revoked one',
    'left out',
    'recovered',
    'stalled',
  ];
  expect(meant.filter((one) => !met.has(one))).toEqual([]);
});
