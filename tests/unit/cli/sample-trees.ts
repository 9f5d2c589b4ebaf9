import type { JobView, RoundView } from '../../../cli/client.js';
import type { TreePoint, VerticalRow } from '../../../cli/vertical-models.js';
import { bankPart, fittingJob, fittingRound } from './sample-vertical.js';
import { submittedMs } from './sample-views.js';

/** A boosting job on the second level of its third tree. */
export const growingJob: JobView = {
  ...fittingJob,
  ...{ name: 'pair-trees', type: 'boosting', model: 'boosting', phase: 'histograms' },
  ...{ round: 3, rounds: 40, level: 2, levels: 3 },
  waitingFor: ['platform-x to send the masked histograms of its features to bank-a'],
};

/** How long who worked on a step, and how long it took in all. */
const worked = [
  ['gradients', 'bank-a', 'encrypt', 900, 1000, 400_000],
  ['histograms', 'platform-x', 'multiply', 2000, 2300, 300_000],
  ['splits', 'bank-a', 'decrypt', 500, 520, 300],
  ['sides', 'platform-x', 'split', 4, 30, 900],
] as const;

let atMs = submittedMs;
/** Two levels, the second one under way. */
const steps: RoundView['steps'] = [1, 2].flatMap((level) =>
  worked.slice(0, level === 1 ? 4 : 2).map(([name, from, step, ms, tookMs, bytes], at) => {
    const startedMs = atMs;
    const open = level === 2 && at === 1;
    atMs += tookMs;
    return {
      ...{ step: 10 + 4 * (level - 1) + at, name, level, startedMs, endedMs: open ? 0 : atMs },
      parcels: open
        ? []
        : [
            {
              ...{ from, to: from === 'bank-a' ? 'platform-x' : 'bank-a', bytes, digest: 'a'.repeat(64) },
              timings: [
                { step, ms },
                { step: 'upload', ms: 3 },
              ],
            },
          ],
      waitingFor: [],
    };
  }),
);

export const growingRound: RoundView = {
  ...fittingRound,
  ...{ round: 3, steps, keyHolders: ['bank-a'], waitingFor: growingJob.waitingFor },
};

export const course: readonly TreePoint[] = [
  {
    nodes: [1, 2, 4, 4],
    ownSplits: 5,
    partnerSplits: 0,
    trainingLoss: 0.5512,
    validationLoss: 0.5611,
    auc: 0.7012,
    ks: 0.31,
  },
  {
    nodes: [1, 2, 4, 8],
    ownSplits: 3,
    partnerSplits: 4,
    trainingLoss: 0.5101,
    validationLoss: 0.5306,
    auc: 0.7823,
    ks: 0.4291,
  },
  {
    nodes: [1, 2, 2],
    ownSplits: 1,
    partnerSplits: 1,
    trainingLoss: 0.5007,
    validationLoss: 0.5321,
    auc: 0.78,
    ks: 0.43,
  },
];

const { coefficients: _, ...rest } = bankPart;
/** The label holder's part of finished trees. */
export const treesPart: VerticalRow = {
  ...rest,
  ...{
    name: 'pair-trees',
    type: 'boosting',
    features: [],
    leftOut: [],
    labelFunctionals: 0,
    trees: 2,
    course,
  },
  importance: [
    { party: 'platform-x', feature: 'f2', splits: 3, gain: 60, cover: 300 },
    { party: 'bank-a', feature: 'Amount', splits: 8, gain: 40, cover: 100 },
  ],
};
