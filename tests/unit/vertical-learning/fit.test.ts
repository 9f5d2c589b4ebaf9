import { describe, expect, it } from 'vitest';
import {
  applyGradient,
  type ClearIteration,
  clearRun,
  type Design,
  designOf,
  labelTerm,
  ownTerm,
  type PartyState,
  startParty,
  termScale,
  usualPrecision,
} from '../../../learning/index.js';
import { columnsOf, inverse, labelsFor, largestGap, multiply, type Rows, transposed } from './cases.js';

const rows = 1500;

function setting(parties: number, l2 = 1e-3) {
  const columns = Array.from({ length: parties }, (_, party) =>
    columnsOf(10 + party, rows, 2 + party, `p${party}_`),
  );
  const designs = columns.map((own, party) => designOf(own, { intercept: party === 0 }));
  return {
    designs: designs as [Design, ...Design[]],
    labels: labelsFor(parties, columns),
    settings: { parties, l2 },
  };
}

function iterations(
  count: number,
  { designs, labels, settings }: ReturnType<typeof setting>,
): ClearIteration[] {
  const run = clearRun(designs, labels, { l2: settings.l2 });
  return Array.from({ length: count }, () => run.next().value!);
}

/** Minimiser of mean (u^2 / 8 + (1/2 - y) u) + l2 / 2 |w|^2 over all parties' columns, by elimination. */
function leastSquares({ designs, labels, settings }: ReturnType<typeof setting>): number[] {
  const x: Rows = Array.from({ length: rows }, (_, row) =>
    designs.flatMap(({ width, values }) =>
      Array.from({ length: width }, (_, j) => values[j * rows + row]! / 256),
    ),
  );
  const free = designs[0].width - 1;
  const hessian = multiply(transposed(x), x).map((line, i) =>
    line.map((value, j) => value / (4 * rows) + (i === j && i !== free ? settings.l2 : 0)),
  );
  const pull = multiply(
    transposed(x),
    Array.from(labels, (label) => [(label - 0.5) / rows]),
  );
  return multiply(inverse(hessian), pull).flat();
}

describe('terms of the residual', () => {
  it('equal quarter log-odds in units, rounded, and the labels in the label holder’s', () => {
    const { designs, labels, settings } = setting(3);
    const [last] = iterations(4, setting(3)).slice(-1);
    const { scale, limit } = termScale(3, usualPrecision);
    designs.forEach((design, party) => {
      const state = last!.states[party]!;
      const term =
        party === 0 ? labelTerm(design, state, labels, settings) : ownTerm(design, state, settings);
      for (let row = 0; row < rows; row += 7) {
        const u = state.weights.reduce((sum, w, j) => sum + (w * design.values[j * rows + row]!) / 256, 0);
        const own = Math.max(-limit, Math.min(limit, (u * scale) / 4));
        const label = party === 0 ? scale * (0.5 - labels[row]!) : 0;
        expect(Math.abs(term[row]! - own - label)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    });
  });

  it('stay in range for any weights, so that the sum of all parties’ does', () => {
    const { designs, labels, settings } = setting(4);
    const { scale, limit } = termScale(4, usualPrecision);
    for (const size of [1e3, -1e6, 1e300, Number.MAX_VALUE]) {
      const terms = designs.map((design, party) => {
        const state: PartyState = {
          ...startParty(design),
          weights: startParty(design).weights.map(() => size),
        };
        return party === 0 ? labelTerm(design, state, labels, settings) : ownTerm(design, state, settings);
      });
      terms.slice(1).forEach((term) => {
        expect(Math.max(...term.map(Math.abs))).toBeLessThanOrEqual(limit);
      });
      const worst = terms.reduce((sum, term) => sum + Math.max(...term.map(Math.abs)), 0);
      expect(worst).toBeLessThanOrEqual(4 * limit + scale / 2);
      expect(worst).toBeLessThan(2 ** 12);
    }
  });
});

describe('the fit in the clear', () => {
  it('multiplies exactly: residual and products equal those in BigInt', () => {
    const given = setting(2);
    const { terms, residual, products } = iterations(3, given).at(-1)!;
    for (let row = 0; row < rows; row++) expect(residual[row]).toBe(terms[0]![row]! + terms[1]![row]!);
    given.designs.forEach((design, party) => {
      const exact = Array.from({ length: design.width }, (_, column) => {
        let sum = 0n;
        for (let row = 0; row < rows; row++) {
          sum += BigInt(design.values[column * rows + row]!) * BigInt(residual[row]!);
        }
        return sum;
      });
      expect(Array.from(products[party]!, BigInt)).toEqual(exact);
    });
  });

  it.each([2, 3, 4])('converges to the joint least-squares optimum with %i parties', (parties) => {
    const given = setting(parties);
    const optimum = leastSquares(given);
    const at = (steps: number) =>
      iterations(steps, given)
        .at(-1)!
        .states.flatMap(({ weights }) => weights);
    // Parties share a direction here (correlation about 0.3 between any two columns).
    expect(largestGap(at(10), optimum)).toBeLessThan(0.02);
    expect(largestGap(at(40), optimum)).toBeLessThan(0.004);
    expect(Math.max(...optimum.map(Math.abs))).toBeGreaterThan(0.3);
  });

  it('shrinks weights with l2, but not the intercept', () => {
    const strong = setting(2, 2);
    const optimum = leastSquares(strong);
    const found = iterations(40, strong)
      .at(-1)!
      .states.flatMap(({ weights }) => weights);
    expect(largestGap(found, optimum)).toBeLessThan(0.004);
    const free = strong.designs[0].width - 1;
    const share = strong.labels.reduce((sum, label) => sum + label, 0) / rows;
    // Centred columns: the intercept is 4 (mean - 1/2).
    expect(found[free]).toBeCloseTo(4 * (share - 0.5), 2);
    expect(Math.max(...found.toSpliced(free, 1).map(Math.abs))).toBeLessThan(0.1);
  });

  it('goes on from a state that was written as JSON with the same bits', () => {
    const given = setting(2);
    const run = iterations(6, given);
    const kept = JSON.parse(JSON.stringify(run[3]!.states)) as PartyState[];
    const next = given.designs.map((design, party) =>
      applyGradient(design, kept[party]!, run[4]!.products[party]!, given.settings),
    );
    expect(next).toEqual(run[4]!.states);
    expect(iterations(6, setting(2)).map(({ states }) => states)).toEqual(run.map(({ states }) => states));
  });
});

describe('a gradient from the partner', () => {
  it('is refused unless it is one possible integer a column', () => {
    const { designs, settings } = setting(2);
    const state = startParty(designs[1]!);
    const width = designs[1]!.width;
    const largest = rows * 2047 * 4095;
    const good = Array.from({ length: width }, (_, column) => (column === 0 ? largest : -column));
    expect(applyGradient(designs[1]!, state, good, settings).iteration).toBe(1);
    const bad = [
      good.slice(1),
      [...good, 0],
      good.with(1, 0.5),
      good.with(1, Number.NaN),
      good.with(1, largest + 1),
    ];
    for (const products of bad) {
      expect(() => applyGradient(designs[1]!, state, products, settings)).toThrowError(
        expect.objectContaining({ code: 'PARCEL_MALFORMED' }),
      );
    }
  });
});
