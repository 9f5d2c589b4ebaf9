import './doubles.js';
import { expect, it } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { closedKeyWalks, randomWalks, type Walk, type Walked } from './random-walks.js';
import { horizontalOf } from './setups.js';

const minutes = 60_000;

const five = { participants: 5, colluders: 2, kills: true, equivocates: false } as const;
const four = { participants: 4, colluders: 1, kills: true, equivocates: false } as const;
/** Contributions differ from one life to the next, so a kill would make a second one. */
const keyed = { participants: 5, colluders: 1, kills: false, equivocates: false } as const;

it.each<[string, Walk['configuration'], (walk: Walk) => Promise<Walked>]>([
  ['in a roster of five of whom two collude', five, (walk) => randomWalks(0, walk)],
  ['in the second of two sums', four, (walk) => randomWalks(1, walk)],
  ['with mask keys closed over others for everybody', keyed, closedKeyWalks],
])(
  '%s no walk of lies gets both shares of anybody, or two survivor sets of a sum opened',
  async (_, configuration, walkThrough) => {
    const { participants, colluders } = configuration;
    const job = { participants, colluders, rounds: 1, warm: true, late: 'drop', deadlines: 'ample' } as const;
    const specOf = () => horizontalOf({ ...job, keyBatch: 1, jitter: 1 });
    const walks = everyTest ? 300 : 100;
    const { violations, steps, opened, digests } = await walkThrough({
      configuration,
      specOf,
      walks,
      seed: 1,
    });
    expect(violations).toEqual([]);
    expect(steps).toBeGreaterThan(5 * walks);
    expect(opened).toBeGreaterThan(walks / 40);
    expect(digests.length).toBeGreaterThan(1);
  },
  20 * minutes,
);
