import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  applyGradient,
  clearRun,
  type Design,
  exactProduct,
  labelTerm,
  ownTerm,
  type PartyState,
  termScale,
  usualPrecision,
  valueScale,
} from '../../../learning/index.js';
import { fitMatrix } from '../../../participant/vertical/fit-matrix.js';
import { stateAfter } from '../../../participant/vertical/fitting.js';
import { trainingLabels } from '../../../participant/vertical/training-rows.js';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import {
  type FeatureKinds,
  holdInvented,
  holdTable,
  invented,
  jobOf,
} from '../../support/vertical-credit.js';

interface PartyFit {
  readonly design: Design;
  /** After 0, 1, 2, ... gradients. */
  readonly states: readonly PartyState[];
}

interface Fit {
  readonly run: VerticalRun;
  /** The label holder's first. */
  readonly parties: readonly [PartyFit, ...PartyFit[]];
  readonly labels: Uint8Array;
}

const l2 = 0.01;

/** A whole job, and what every party had in the clear. */
async function fitOf(
  cast: readonly VerticalParty[],
  holdings: Readonly<Record<string, FeatureKinds>>,
  more: { iterations: number; binning?: object; minimumRows?: number },
): Promise<Fit> {
  const spec = verticalSpecOf({
    ...jobOf('training', holdings),
    alignment: { minimumRows: more.minimumRows ?? 100 },
    binning: more.binning ?? {},
    training: { iterations: more.iterations, l2 },
    scores: { release: 'none' },
  });
  const fits = new Map<string, PartyFit>();
  let labels = new Uint8Array();
  const run = await runVertical(spec, cast, {
    before: async (work) => {
      if (work.step.name !== 'close') return;
      const states = [];
      for (let round = 0; round <= more.iterations; round++) states.push(await stateAfter(work, round));
      fits.set(work.me, { design: (await fitMatrix(work)).design, states });
      if (work.me === spec.labelHolder) labels = Uint8Array.from(await trainingLabels(work));
    },
  });
  const [first, ...others] = Object.keys(holdings).map((name) => fits.get(name)!);
  return { run, parties: [first!, ...others], labels };
}

/**
 * Each gradient equals that of the clear run on the states before it, but for one unit of rounding a masked sum may be
 * off by; and so do the final weights, up to what those units lead to.
 */
function expectClear({ parties, labels }: Fit): void {
  const settings = { parties: parties.length, l2 };
  const { rows } = parties[0].design;
  const unit = valueScale(usualPrecision).scale * termScale(parties.length, usualPrecision).scale * rows;
  let exact = 0;
  let sums = 0;
  for (let round = 1; round < parties[0].states.length; round++) {
    const residual = new Int32Array(rows);
    parties.forEach(({ design, states }, party) => {
      const state = states[round - 1]!;
      const term =
        party === 0 ? labelTerm(design, state, labels, settings) : ownTerm(design, state, settings);
      for (let row = 0; row < rows; row++) residual[row]! += term[row]!;
    });
    for (const { design, states } of parties) {
      const product = exactProduct(design, residual);
      const after = applyGradient(design, states[round - 1]!, product, settings);
      after.weights.forEach((weight, column) => {
        const off = Math.abs(weight - states[round]!.weights[column]!);
        const units = (off * unit * parties.length) / 4;
        expect(units, `round ${round}`).toBeLessThan(1.1);
        sums++;
        if (units < 0.01) exact++;
      });
    }
  }
  expect(exact / sums).toBeGreaterThan(0.9);

  const [first, ...others] = parties.map(({ design }) => design);
  const clear = clearRun([first!, ...others], labels, { l2 });
  let states: readonly PartyState[] = [];
  for (let round = 1; round < parties[0].states.length; round++) states = clear.next().value.states;
  parties.forEach((party, at) => {
    const weights = party.states.at(-1)!.weights;
    expect(weights.some((weight) => weight !== 0)).toBe(true);
    weights.forEach((weight, column) => {
      expect(weight).toBeCloseTo(states[at]!.weights[column]!, 4);
    });
  });
}

describe('an encrypted fit equals the clear one', () => {
  const cast = ['bank-a', 'shop-x', 'phone-y', 'tele-z'].map((name) => new VerticalParty(name));
  const [bank, shop, phone, tele] = cast as [VerticalParty, VerticalParty, VerticalParty, VerticalParty];
  const rows = invented(400, 12);
  let bankFeatures: FeatureKinds;

  beforeAll(() => {
    bankFeatures = holdInvented(bank, rows, [0, 3], true);
  });

  afterAll(() => {
    for (const party of cast) party.remove();
  });

  it('with one platform', async () => {
    const shopFeatures = holdInvented(shop, rows.slice(30), [3, 7], false);
    const fit = await fitOf(
      [bank, shop],
      { 'bank-a': bankFeatures, 'shop-x': shopFeatures },
      { iterations: 4 },
    );
    expectClear(fit);
    expect(fit.run.resultOf('shop-x').rows.common).toBe(370);
  });

  it('with two platforms', async () => {
    const shopFeatures = holdInvented(shop, rows.slice(30), [3, 7], false);
    const phoneFeatures = holdInvented(phone, rows.slice(0, 380), [7, 9], false);
    const holdings = { 'bank-a': bankFeatures, 'shop-x': shopFeatures, 'phone-y': phoneFeatures };
    const fit = await fitOf([bank, shop, phone], holdings, { iterations: 3 });
    expectClear(fit);
    expect(fit.run.resultOf('phone-y').rows.common).toBe(350);
  });

  it('with three platforms, one feature each', async () => {
    const one = holdInvented(bank, rows, [0, 1], true);
    const holdings = {
      'bank-a': one,
      'shop-x': holdInvented(shop, rows, [3, 4], false),
      'phone-y': holdInvented(phone, rows, [7, 8], false),
      'tele-z': holdInvented(tele, rows, [9, 10], false),
    };
    expectClear(await fitOf(cast, holdings, { iterations: 2 }));
    holdInvented(bank, rows, [0, 3], true);
  });

  it('with a feature that explains nothing, which has a column all the same', async () => {
    // Too few bad rows with "b" for a WOE of its own: both levels share one, and the information value is 0.
    const features = { flat: 'category', c3: 'number', c4: 'number' } as const;
    const cells = rows.map(({ id, y, values }, at) => {
      const flat = y === 0 && at % 7 === 0 ? 'b' : 'a';
      return [id, flat, values[3]!, values[4]!];
    });
    holdTable(shop, { features, label: false, columns: ['id', 'flat', 'c3', 'c4'], cells });
    const fit = await fitOf([bank, shop], { 'bank-a': bankFeatures, 'shop-x': features }, { iterations: 2 });
    expectClear(fit);
    const { features: results } = fit.run.resultOf('shop-x');
    expect(results.find(({ feature }) => feature === 'flat')).toMatchObject({ iv: 0, count: 2 });
    expect(fit.run.modelOf('shop-x').fit.columns.map(({ name }) => name)).toEqual(['c3', 'c4']);
    // Charged all the same: that its cells are zeros is the platform's word alone.
    expect(
      fit.run.releases.find(({ holder, kind }) => holder === 'shop-x' && kind === 'fit')?.functionals,
    ).toBe(3);
  });

  it('with more columns than rows, in more than one output', async () => {
    const few = invented(60, 80, 3);
    const wide = holdInvented(shop, few, [3, 75], false);
    holdInvented(bank, few, [0, 3], true);
    const binning = { bins: 3, classFloor: 2 };
    const holdings = { 'bank-a': bankFeatures, 'shop-x': wide };
    const fit = await fitOf([bank, shop], holdings, { iterations: 2, binning, minimumRows: 20 });
    expect(fit.parties[1]!.design.width).toBeGreaterThan(fit.parties[1]!.design.rows);
    expectClear(fit);
    holdInvented(bank, rows, [0, 3], true);
  });
});
