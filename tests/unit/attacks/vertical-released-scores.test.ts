import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { codedAsync } from '../../support/coded.js';
import { openGrant, runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdInvented, invented, jobOf } from '../../support/vertical-credit.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
afterAll(() => {
  bank.remove();
  shop.remove();
});

/**
 * A job that asks for as many calibration rows as there are: its label holder would have the platform's part of the score
 * of every common customer, though the policy releases held-out and calibration rows only.
 */
describe('a platform whose policy says `scores.batch: holdout`', () => {
  const rows = invented(200, 4);
  const holdings = {
    'bank-a': holdInvented(bank, rows, [0, 2], true),
    'shop-x': holdInvented(shop, rows, [2, 4], false),
  };
  const greedy = () =>
    verticalSpecOf({
      ...jobOf('training', holdings),
      training: { iterations: 2 },
      scores: { release: 'holdout', calibrationRows: 100_000 },
    });

  test('gives its part for the held-out rows and a quarter of the training rows, whatever the job asks', async () => {
    shop.grant = { ...openGrant, scores: 'holdout' };
    let parts = 0;
    const run = await runVertical(greedy(), [bank, shop], {
      tamper: ({ name, path }) => {
        if (name !== 'parts') return;
        const bytes = readFileSync(path);
        parts = (bytes.length - 4 - bytes.readUInt32LE()) / 4;
      },
    });
    expect(run.resultOf('shop-x').rows).toMatchObject({ common: 200, calibrate: 40, heldOut: 40 });
    expect(parts).toBe(80);
  });

  test('refuses a label holder that marks more rows than the policy lets go', async () => {
    shop.grant = { ...openGrant, scores: 'holdout', maximumReleasedShare: 0.5 };
    const all = runVertical(greedy(), [bank, shop], {
      tamper: ({ name, path }) => {
        if (name !== 'select') return;
        // Every row held out or released: the last 200 bytes say what each is used for.
        const bytes = readFileSync(path);
        bytes.fill(2, bytes.length - rows.length);
        writeFileSync(path, bytes);
      },
    });
    expect(await codedAsync(all)).toBe('POLICY_SCORES');
  });
});
