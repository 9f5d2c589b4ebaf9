import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import {
  type FeatureKinds,
  holdInvented,
  invented,
  jobOf,
  scoringOf,
} from '../../support/vertical-credit.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const phone = new VerticalParty('phone-y');
const rows = invented(300, 8);

afterAll(() => {
  for (const party of [bank, shop, phone]) party.remove();
});

const holdings: Record<string, FeatureKinds> = {
  'bank-a': holdInvented(bank, rows, [0, 2], true),
  'shop-x': holdInvented(shop, rows.slice(5), [2, 5], false),
  'phone-y': holdInvented(phone, rows.slice(0, 295), [5, 7], false),
};

describe.each([
  ['one platform', [bank, shop]],
  ['two platforms', [bank, shop, phone]],
] as const)('a job with %s whose every step is worked twice, with nothing in memory', (_, cast) => {
  let straight: VerticalRun;
  let restarted: VerticalRun;

  beforeAll(async () => {
    const taken = Object.fromEntries(cast.map(({ name }) => [name, holdings[name]!]));
    // No calibration rows: which ones are taken depends on the secrets of the alignment.
    const spec = () =>
      verticalSpecOf({
        ...jobOf('training', taken),
        training: { iterations: 2 },
        scores: { release: 'holdout', calibrationRows: 0 },
      });
    straight = await runVertical(spec(), cast);
    restarted = await runVertical(spec(), cast, { restarts: true });
  });

  it('ends with the same models, up to a unit of rounding a masked sum', () => {
    for (const { name } of cast) {
      const [one, two] = [straight.modelOf(name), restarted.modelOf(name)];
      expect(two.features).toEqual(one.features);
      expect(two.fit.weights.some((weight) => Math.abs(weight) > 0.01)).toBe(true);
      two.fit.weights.forEach((weight, at) => {
        expect(weight).toBeCloseTo(one.fit.weights[at]!, 4);
      });
    }
  });

  it('ends with the same metrics', () => {
    const [one, two] = [straight, restarted].map((run) => run.resultOf('bank-a').evaluation!);
    expect(two!.rows).toBe(one!.rows);
    expect(two!.joint.metrics.auc).toBeCloseTo(one!.joint.metrics.auc, 2);
    expect(two!.joint.metrics.logLoss).toBeCloseTo(one!.joint.metrics.logLoss, 2);
  });

  it('scores by it, worked twice as well', async () => {
    const names = cast.map(({ name }) => name);
    const scoring = verticalSpecOf(scoringOf(restarted.jobId, 'bank-a', names));
    const run = await runVertical(scoring, cast, { restarts: true });
    expect(run.resultOf('bank-a').scoresReleased).toBe(restarted.resultOf('bank-a').rows.common);
  });

  it('leaves what is kept and what is swept, told apart by name', () => {
    for (const { name } of cast) {
      const files = readdirSync(restarted.folderOf(name));
      const kept = files.filter((file) => !/^(work|parcel|step)-/.test(file));
      expect(kept.sort()).toEqual(['model.json', 'result.json', 'spec.json']);
      expect(files.filter((file) => /\.(part|tmp)$/.test(file))).toEqual([]);
    }
  });
});
