import { describe, expect, it } from 'vitest';
import { renderTreesReport } from '../../../learning/report/index.js';
import { courseOf, sampleTrees } from './sample-trees.js';

/** Text of the cells of the table whose caption begins so, row by row. */
function cells(page: string, caption: string): string[][] {
  const from = page.slice(page.indexOf(`<caption>${caption}`));
  const body = from.slice(from.indexOf('<tbody>'), from.indexOf('</tbody>'));
  return body
    .split('</tr>')
    .slice(0, -1)
    .map((row) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map((cell) => cell[1]!.replaceAll(/<[^>]+>/g, '')),
    );
}

describe('the report of boosted trees', () => {
  const page = renderTreesReport(sampleTrees());

  it('opens with what the joint model adds, and how many trees score', () => {
    expect(page).toMatch(
      /bank-a alone has AUC 0\.7100, together with platform-x 0\.8100: a gain of \+0\.1000/,
    );
    expect(page).toContain(
      '3 trees score, with 11 splits on features of bank-a and 8 on features of partners. 1 more were grown',
    );
  });

  it('has a learning curve per tree, against own features alone, and the trees in figures', () => {
    for (const title of [
      'Log-loss of training',
      'Log-loss of validation',
      'AUC on held-out',
      'KS on held-out',
    ]) {
      expect(page).toContain(`<figcaption>${title} customers</figcaption>`);
    }
    expect(page).toContain('AUC on held-out customers: from 0.7000 after the first to 0.7020 after tree 3');
    expect(cells(page, 'Every tree')).toEqual([
      ['1', '0.7000', '0.3000', '0.5500', '0.5600', '5', '0', '1 2 4 4'],
      ['2', '0.7010', '0.3000', '0.5480', '0.5590', '3', '4', '1 2 4 8'],
      ['3', '0.7020', '0.3000', '0.5460', '0.5580', '3', '4', '1 2 4 8'],
      ['4', '0.7030', '0.3000', '0.5440', '0.5570', '3', '4', '1 2 4 8'],
    ]);
  });

  it('tells a long course in few rows, the last tree that scores among them', () => {
    const long = renderTreesReport({ ...sampleTrees(), course: courseOf(200), trees: 187 });
    const rows = cells(long, 'One tree in 8');
    expect(rows.length).toBeLessThanOrEqual(27);
    expect(rows.map(([number]) => number)).toContain('187');
    expect(long.length).toBeLessThan(400_000);
  });

  it('shows importance by gain and cover under escaped names', () => {
    expect(cells(page, 'Gain: what splits took off')).toEqual([
      ['f2', 'platform-x', '9', '60.0 %', '75.0 %'],
      ['Amount &#60;b&#62;', 'bank-a', '8', '40.0 %', '25.0 %'],
    ]);
  });

  it('says so when nothing could be measured, and shows no figure that is none', () => {
    const bare = renderTreesReport({
      ...sampleTrees(),
      evaluation: null,
      importance: [],
      trees: 1,
      course: [{ nodes: [1], ownSplits: 0, partnerSplits: 0, trainingLoss: 0.6 }],
    });
    expect(bare).toContain('nothing could be measured');
    expect(bare).not.toMatch(/NaN|Infinity|undefined|Validation customers<\/figcaption>/);
    expect(cells(bare, 'Every tree')).toEqual([['1', '–', '–', '0.6000', '–', '0', '0', '1']]);
  });

  it('is one page without a script that loads nothing', () => {
    expect(page).not.toMatch(/<script|src=|@import|url\((?!#)/);
    expect(page).toContain("default-src 'none'");
  });
});
