import './doubles.js';
import { expect, it } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { type Configuration, modelCheck } from './model-check.js';
import { horizontalOf as specOf } from './setups.js';

const minutes = 60_000;
const lying: Configuration = { participants: 4, colluders: 1, kills: false, equivocates: false };
const configurations: readonly Configuration[] = everyTest
  ? [lying, { ...lying, kills: true }, { ...lying, equivocates: true }]
  : [lying];

/** Sets of three or four of four; with two uploads of the colluder the four sets that it is in count twice. */
const setsOf = ({ equivocates }: Configuration) => (equivocates ? 9 : 5);

it.each(configurations)(
  'no order of lies gets both shares of anybody, or two survivor sets opened: %o',
  async (configuration) => {
    const { participants, colluders } = configuration;
    const spec = () =>
      specOf({ participants, colluders, rounds: 1, warm: true, late: 'drop', deadlines: 'ample', jitter: 1 });
    const { violations, opened, jointStates, revealed } = await modelCheck(configuration, spec);
    expect(violations).toEqual([]);
    // Each set can be opened in some run; never two in one.
    expect(opened).toHaveLength(setsOf(configuration));
    expect(jointStates).toBeGreaterThan(10_000);
    expect(revealed).toBeGreaterThan(1_000);
  },
  20 * minutes,
);
