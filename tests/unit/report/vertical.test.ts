import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../learning/report/index.js';
import { axisOf } from '../../../learning/report/plot.js';
import { sampleReport } from './sample.js';
import { sampleGain, sampleVertical } from './sample-vertical.js';

const pageOf = (changes: Partial<ReturnType<typeof sampleVertical>> = {}) =>
  renderReport({ ...sampleReport(), jobs: [], vertical: [{ ...sampleVertical(), ...changes }] });

/** Text of the cells of the table whose caption begins so, row by row. */
function cells(page: string, caption: string): string[][] {
  const from = page.slice(page.indexOf(`<caption>${caption}`));
  const body = from.slice(from.indexOf('<tbody>'), from.indexOf('</tbody>'));
  const text = (html: string) => html.replaceAll(/<[^>]+>/g, '').replaceAll('\u00a0', ' ');
  return body
    .split('</tr>')
    .slice(0, -1)
    .map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map((cell) => text(cell[1]!)));
}

describe('vertical part of the report', () => {
  const page = pageOf();

  it('opens with what the joint model adds, with its interval and p-value', () => {
    expect(page).toMatch(
      /bank-a alone has AUC 0\.7100, together with platform-x 0\.8100: a gain of \+0\.1000 \(95 % interval \+0\.0670 to \+0\.1330, p = 0\.0032\)/,
    );
  });

  it('says what was joined, and what share of each side that is', () => {
    expect(cells(page, 'Customers and features of each side')).toEqual([
      ['bank-a', '4,200', '3,800', '90.5 %', '2', 'yes'],
      ['platform-x', '4,000', '3,800', '95.0 %', '1', 'no'],
    ]);
  });

  it('compares both models with intervals; Gini follows from AUC', () => {
    const rows = cells(page, 'On 800 held-out customers, 200 of them bad');
    expect(rows[0]).toEqual([
      ...['AUC', '0.7100', '0.8100', '+0.1000'],
      ...['0.6800 to 0.7400', '0.7800 to 0.8400', '0.0670 to 0.1330'],
    ]);
    expect(rows[2]).toEqual([
      ...['Gini', '0.4200', '0.6200', '+0.2000'],
      ...['0.3600 to 0.4800', '0.5600 to 0.6800', '0.1340 to 0.2660'],
    ]);
    // A lower Brier score is a gain, and looks like one.
    expect(page).toContain('<span class="up">−0.0300</span>');
  });

  it('withholds cells of the swap set under 5 customers', () => {
    expect(cells(page, 'Swapped in: declined')).toEqual([
      ['70 %', '16.07 %', '12.86 %', '60', '20.0 %', '60', '50.0 %'],
      ['99 %', 'under 5', 'under 5', 'under 5', '–', 'under 5', '–'],
    ]);
  });

  it('sorts features by value and names the party of each', () => {
    const rows = cells(page, 'Under 0.02 useless');
    expect(rows.map(([feature, party]) => [feature, party])).toEqual([
      ['Income', 'platform-x'],
      ['Amount', 'bank-a'],
      ['Debt', 'bank-a'],
    ]);
  });

  it('adds the iterations of the fit up, between the phases before and after', () => {
    const rows = cells(page, 'Wall time of each phase');
    expect(rows.map(([phase]) => phase)).toEqual([
      'aligning',
      'binning',
      'fitting, 2 iterations',
      'scoring',
      'all',
    ]);
    expect(rows[2]).toEqual(['fitting, 2 iterations', '1.00 s', '400.0 kB', '0.40 s', '600.0 kB', '0.60 s']);
    expect(rows[4]).toEqual(['all', '2.50 s', '1.00 MB', '1.00 s', '1.50 MB', '1.50 s']);
    expect(page).toContain('One iteration: 500.0 kB over the wire');
  });

  it('says who could decrypt what, and how much of the label budget is used', () => {
    expect(page).toMatch(/Keys of bank-a<\/dt><dd>decrypt bad counts per bin and gradients of platform-x/);
    expect(page).toMatch(/Key of platform-x<\/dt><dd>decrypts the gradient of bank-a, masked by bank-a/);
    expect(page).toMatch(/Coordinator<\/dt><dd>decrypts nothing/);
    expect(page).toContain('39 of a life-long budget of 84');
  });

  it('has a picture of each comparison, and none when no score was released', () => {
    expect(page.match(/<svg /g)).toHaveLength(5);
    const unmeasured = pageOf({ evaluation: null });
    expect(unmeasured.match(/<svg /g)).toHaveLength(1);
    expect(unmeasured).toContain('No score was released');
  });

  it('leaves out the horizontal part when there was none', () => {
    expect(page).not.toContain('Horizontal training');
  });

  it('escapes whatever names and texts hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const hostile = `${text}</style></svg><script>alert(1)</script>"'&`;
        const features = [{ party: hostile, feature: hostile, bins: 2, iv: 0.2, band: hostile }];
        const [bank] = sampleVertical().parties;
        const parties = [{ ...bank!, name: hostile }];
        const drawn = pageOf({ name: hostile, data: hostile, features, parties, labelHolder: hostile });
        expect(drawn).not.toContain('<script');
        expect(drawn.match(/<\/style>/g)).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps every point of its pictures inside the frame', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 0.99, noNaN: true }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        (auc, half) => {
          const wide = { value: auc, low: auc - half, high: auc + half, level: 0.95 };
          const evaluation = { ...sampleGain, joint: { ...sampleGain.joint, auc: wide } };
          for (const [, x] of pageOf({ evaluation }).matchAll(/ (?:x[12]?|cx)="([^"]+)"/g)) {
            expect(Number(x)).toBeGreaterThanOrEqual(0);
            expect(Number(x)).toBeLessThanOrEqual(360);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('axis of a picture', () => {
  it('has round ticks inside its range, evenly spaced, and maps its ends to its edges', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1000, max: 1000, noNaN: true }),
        fc.double({ min: 1e-3, max: 1000, noNaN: true }),
        (low, span) => {
          const high = low + span;
          const axis = axisOf([low, high], [40, 340]);
          expect(axis.at(low)).toBeCloseTo(40, 6);
          expect(axis.at(high)).toBeCloseTo(340, 6);
          expect(axis.ticks.length).toBeGreaterThanOrEqual(1);
          expect(axis.ticks.length).toBeLessThanOrEqual(6);
          for (const tick of axis.ticks) {
            expect(axis.at(tick)).toBeGreaterThanOrEqual(40 - 1e-6);
            expect(axis.at(tick)).toBeLessThanOrEqual(340 + 1e-6);
          }
        },
      ),
    );
  });
});
