import { describe, expect, it } from 'vitest';
import { scoringSpec } from '../../../cli/commands/score.js';
import { plainPalette } from '../../../cli/text/palette.js';
import { batchPage, elsewherePage, servingLine, unguardedNote } from '../../../cli/views/score.js';
import { jobIdOfSpec, type VerticalSpecOf } from '../../../contract/index.js';
import { verticalSpecFor } from '../../support/cast.js';
import { envelope, longLines, runHere } from '../cli/harness.js';

const training = verticalSpecFor(['bank-a', 'shop-x']) as VerticalSpecOf<'training'>;
const jobId = jobIdOfSpec(training);

describe('fedrisk score', () => {
  it('batch takes parties, purpose and datasets from the training', () => {
    const spec = scoringSpec(training, jobId, new Map([['shop-x', 'june']]));
    expect(spec).toMatchObject({
      ...{ type: 'scoring', labelHolder: 'bank-a', purpose: training.purpose, model: { job: jobId } },
      parties: { 'bank-a': { dataset: 'loans' }, 'shop-x': { dataset: 'june' } },
      release: ['rows'],
    });
    expect(scoringSpec(training, jobId, new Map()).nonce).not.toBe(spec.nonce);
    const named = { ...training, name: 'x'.repeat(63) };
    expect(scoringSpec(named, jobId, new Map()).name).toHaveLength(63);
  });

  it.each([
    ['a party that did not train', new Map([['bank-z', 'loans']])],
    ['a name that is none', new Map([['bank-a', 'Not A Name']])],
  ])('batch refuses %s', (_, chosen) => {
    expect(() => scoringSpec(training, jobId, chosen)).toThrow(
      expect.objectContaining({ code: 'SPEC_INVALID' }),
    );
  });

  it.each([
    [['score', 'batch']],
    [['score', 'batch', '--model', jobId, '--dataset', 'loans']],
    [['score', 'batch', '--model', jobId, '--dataset', 'a=b', '--dataset', 'a=c']],
    [['score', 'serve', '--model', jobId, '--port', '65536']],
    [['score', 'serve']],
  ])('%j is a wrong command line', async (words) => {
    expect(envelope(await runHere([...words, '--json'])).error.code).toBe('CONFIG_INVALID');
  });

  it('says what it did on 80 columns', () => {
    const service = {
      ...{ url: 'http://[::]:7090', model: jobId, dataset: 'loans', rows: 12_345, partners: ['shop-x'] },
      loopback: false,
    };
    const batch = { jobId, out: '/home/of/bank-a/scores.csv', scored: 900, withoutPartner: 100 };
    const pages = [
      unguardedNote(service.url),
      batchPage(batch, plainPalette),
      elsewherePage('bank-a', jobId),
    ];
    expect(pages.flatMap(longLines)).toEqual([]);
    expect(servingLine(service)).toContain('12 345 customers');
    expect(pages[1]).toContain('100 customers that not every partner has');
    expect(batchPage({ ...batch, withoutPartner: 0 }, plainPalette)).not.toContain('not scored');
    expect(pages[2]).toContain(`jobs/${jobId}/scores.csv`);
  });
});
