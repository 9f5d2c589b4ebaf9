import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import { bankFeatures, holdCredit, jobOf, platformFeatures } from '../../support/vertical-credit.js';

describe('a training job of a bank and two platforms on all of credit_data', () => {
  const bank = new VerticalParty('bank-a');
  const shop = new VerticalParty('shop-x');
  const phone = new VerticalParty('phone-y');
  const { Seniority, Home, Age, ...rest } = platformFeatures;
  const shopFeatures = { Seniority, Home, Age };
  let run: VerticalRun;

  beforeAll(async () => {
    holdCredit(bank, { features: bankFeatures, label: true });
    holdCredit(shop, { features: shopFeatures, label: false, has: (id) => id % 10 !== 3 });
    holdCredit(phone, { features: rest, label: false, has: (id) => id % 11 !== 4 });
    const spec = verticalSpecOf({
      ...jobOf('training', { 'bank-a': bankFeatures, 'shop-x': shopFeatures, 'phone-y': rest }),
      training: { iterations: 6 },
    });
    run = await runVertical(spec, [bank, shop, phone]);
  });

  afterAll(() => {
    for (const party of [bank, shop, phone]) party.remove();
  });

  it('ends with a better model than the bank has alone', () => {
    const { evaluation } = run.resultOf('bank-a');
    expect(evaluation?.aucGain.low).toBeGreaterThan(0);
    expect(evaluation?.joint.metrics.auc).toBeGreaterThan(0.8);
  });

  it('counts customers common to all three', () => {
    const common = Array.from({ length: 4454 }, (_, at) => at + 1).filter(
      (id) => id % 10 !== 3 && id % 11 !== 4,
    );
    for (const name of ['bank-a', 'shop-x', 'phone-y']) {
      expect(run.resultOf(name).rows.common).toBe(common.length);
    }
  });
});
