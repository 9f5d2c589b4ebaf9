import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colourPalette, plainPalette } from '../../../cli/text/palette.js';
import type { VerticalRow } from '../../../cli/vertical-models.js';
import { modelPage, modelTable } from '../../../cli/views/domain.js';
import { jobPage, jobTable } from '../../../cli/views/job.js';
import { progressFrame } from '../../../cli/views/progress.js';
import { roundPage, roundTable } from '../../../cli/views/round.js';
import { treePage } from '../../../cli/views/trees.js';
import { valueWord } from '../../../cli/views/vertical-values.js';
import { stepNames } from '../../../contract/index.js';
import { valueBand } from '../../../learning/index.js';
import { sampleGain } from '../report/sample-vertical.js';
import { longLines } from './harness.js';
import { bankPart, finishedPair, fittingRound } from './sample-vertical.js';
import { runningJob, submittedMs } from './sample-views.js';

const nowMs = submittedMs + 60_000;

const foreign = fc.string({ unit: 'binary', maxLength: 80 });
const count = fc.nat({ max: 2 ** 31 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const steps = fc.array(
  fc.record({
    step: fc.nat(300),
    level: fc.nat(8),
    name: fc.oneof(foreign, fc.constantFrom(...stepNames)),
    startedMs: count,
    endedMs: count,
    parcels: fc.array(
      fc.record({
        from: foreign,
        to: foreign,
        bytes: count,
        digest: fc.constant('ab'.repeat(32)),
        timings: fc.array(fc.record({ step: foreign, ms: fc.double({ min: 0, max: 1e8, noNaN: true }) }), {
          maxLength: 4,
        }),
      }),
      { maxLength: 4 },
    ),
    waitingFor: fc.array(foreign, { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const rounds = fc.record({ steps, purpose: foreign, participant: foreign, bytesUp: count }).map((drawn) => ({
  ...fittingRound,
  ...drawn,
  participants: fittingRound.participants.map((each) => ({
    ...each,
    name: drawn.participant,
    bytesUp: drawn.bytesUp,
  })),
}));
const features = fc.array(
  fc.record({
    party: foreign,
    feature: foreign,
    bins: fc.nat(255),
    iv: fc.double({ min: 0, max: 1000, noNaN: true }),
  }),
  { maxLength: 5 },
);
const jobs = fc
  .record({
    type: foreign,
    labelHolder: foreign,
    phase: foreign,
    features,
    labelFunctionals: count,
    scoresReleased: count,
    level: fc.nat(8),
    levels: fc.nat(8),
  })
  .map((drawn) => ({ ...finishedPair, ...drawn }));
const interval = fc.record({ value: share, low: share, high: share, level: fc.constant(0.95) });
const parts: fc.Arbitrary<VerticalRow> = fc
  .record({ name: foreign, feature: foreign, label: foreign, auc: interval, rate: share, rows: count })
  .map(({ name, feature, label, auc, rate, rows }) => ({
    ...bankPart,
    name,
    leftOut: [feature],
    features: [
      {
        party: name,
        feature,
        iv: rate,
        band: 'weak',
        count: 2,
        rows: [rows, 1],
        woe: [rate, -rate],
        labels: [label],
      },
    ],
    coefficients: [
      { name: feature, coefficient: -rate, standardError: rate, z: rows, pValue: rate, vif: 1e6 },
    ],
    evaluation: {
      ...bankPart.evaluation!,
      rows,
      aucGain: { ...auc, value: -rate, low: -rate, pValue: rate },
      joint: { ...sampleGain.joint, auc },
      bands: [{ ...sampleGain.bands[0]!, from: -1e5 * rate, rows, bads: rows }],
    },
  }));

const courses = fc.record({
  jobId: fc.constant(bankPart.jobId),
  finished: fc.boolean(),
  trees: fc.oneof(
    fc.array(fc.record({ ownSplits: fc.nat(255) }), { maxLength: 4 }),
    fc.array(
      fc.record(
        {
          nodes: fc.array(fc.nat(256), { minLength: 1, maxLength: 9 }),
          ownSplits: fc.nat(255),
          partnerSplits: fc.nat(255),
          trainingLoss: share,
          validationLoss: share,
          auc: share,
          ks: share,
        },
        { requiredKeys: ['nodes', 'ownSplits', 'partnerSplits', 'trainingLoss'] },
      ),
      { maxLength: 4 },
    ),
  ),
});

/** C0 and C1 controls, direction overrides, line separators: what forges a screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const dangerous = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

describe('pages of whatever vertical jobs bring', () => {
  it('never exceed 80 columns, let no control character through and show no gap', () => {
    fc.assert(
      fc.property(jobs, rounds, parts, courses, (job, round, part, course) => {
        const pages = [
          jobPage(job, nowMs, plainPalette),
          jobTable([job, runningJob], plainPalette),
          roundPage(round, plainPalette),
          roundTable([round, round], plainPalette),
          progressFrame(job, 0, plainPalette).join('\n'),
          modelPage(part, plainPalette),
          modelTable([part], plainPalette),
          treePage(course, plainPalette),
        ];
        for (const page of pages) {
          expect(longLines(page)).toEqual([]);
          expect(page).not.toMatch(dangerous);
          expect(page).not.toMatch(/undefined|NaN|Infinity/);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('differ from the coloured ones by colour sequences only', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences are what is removed here.
    const bare = (text: string) => text.replace(/\x1b\[\d+m/g, '');
    expect(modelPage(bankPart, colourPalette)).not.toBe(modelPage(bankPart, plainPalette));
    for (const page of [
      (palette: typeof plainPalette) => modelPage(bankPart, palette),
      (palette: typeof plainPalette) => roundPage(fittingRound, palette),
      (palette: typeof plainPalette) => jobPage(finishedPair, nowMs, palette),
    ]) {
      expect(bare(page(colourPalette))).toBe(page(plainPalette));
    }
  });

  it('call information values as the learning room does', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.02, 0.1, 0.3, 0.5)),
        (iv) => {
          expect(valueWord(iv)).toBe(valueBand(iv));
        },
      ),
    );
  });
});
