import { z } from 'zod';
import { hex, jobId, participantName } from './ids.js';
import { limits } from './limits.js';
import { hinted } from './nearest-name.js';
import { datasetName, features, jobName, purpose, seconds, seed } from './spec-fields.js';
import { monotone, needsValidation, treeFields, unordered } from './tree-fields.js';

/** What coordinator and submitter may see of a vertical job. `iv`: information value per feature. */
export const verticalReleases = ['rows', 'auc', 'ks', 'gini', 'brier', 'logLoss', 'iv'] as const;
export type VerticalRelease = (typeof verticalReleases)[number];

const rowsCap = 100_000_000;

/** Parties, each with its own dataset; who is not the label holder brings features only. */
const parties = <S extends z.ZodType>(party: S) =>
  z
    .record(participantName, party)
    .refine((value) => Object.keys(value).length >= 2, 'must name at least two participants')
    .refine(
      (value) => Object.keys(value).length <= limits.verticalParties,
      `must name at most ${limits.verticalParties} participants`,
    );

/** Stands in no text of a spec, so that participants of 0.1, which know no such wait, read it as they always did. */
export const usualRejoinSeconds = 3600;

const common = {
  name: jobName,
  mode: z.literal('vertical'),
  purpose,
  /** The participant with the outcomes; it gets the scores. */
  labelHolder: participantName,
  alignment: z
    .strictObject({
      /** Fewest common customers with which the job goes on. */
      minimumRows: z.int().min(20).max(rowsCap).default(100),
    })
    .prefault({}),
  release: z.array(z.enum(verticalReleases)).max(verticalReleases.length).default(['rows', 'auc', 'ks']),
  deadlines: z
    .strictObject({
      consentSeconds: seconds(3600),
      /** Roster entries and signatures. */
      keyingSeconds: seconds(300),
      /** One step: work of everybody who owes a parcel, and its transfer. */
      stepSeconds: seconds(1800),
      /** A step that somebody is missing from waits this long for it to come back, then the job fails. */
      rejoinSeconds: seconds(usualRejoinSeconds),
    })
    .prefault({}),
  /** 256-bit hex, drawn by `jobs submit`; makes every job id fresh. */
  nonce: hex(32),
} as const;

const withFeatures = z.strictObject({ dataset: datasetName, features });

const binning = z
  .strictObject({
    /** How the label holder joins fine bins; quantile leaves them as their owner cut them. */
    method: z.enum(['quantile', 'chi-merge', 'monotonic']).default('quantile'),
    /** Most bins of a number, the one for missing values aside. */
    bins: z.int().min(2).max(20).default(10),
    /** Most levels of a category with a bin of their own; rarer ones share one. */
    levels: z.int().min(2).max(60).default(20),
    /** Smallest share of training rows in a bin. */
    minimumShare: z.number().min(0).max(0.5).default(0.05),
    /** Fewest bad and good rows of a bin with a WOE of its own; others share a pooled one. */
    classFloor: z.int().min(0).max(1000).default(5),
    /** Features with less information value stay out of the fit; their WOE is not released. */
    minimumIv: z.number().min(0).max(1).default(0),
    /** Shape for `monotonic`. */
    shape: z.enum(['auto', 'ascending', 'descending', 'peak', 'valley']).default('auto'),
    /** Go on with a feature that tells bad from good customers perfectly. */
    allowSeparating: z.boolean().default(false),
  })
  .prefault({});

const scaling = z
  .strictObject({
    /** Points at `odds` good to one bad; more points, better customer. */
    base: z.number().min(-1e6).max(1e6).default(600),
    odds: z.number().positive().max(1e6).default(20),
    /** Points that double the odds. */
    pdo: z.number().positive().max(1e6).default(20),
  })
  .prefault({});

const trainingJob = z.strictObject({
  ...common,
  type: z.literal('training'),
  parties: parties(withFeatures),
  binning,
  training: z
    .strictObject({
      iterations: z.int().min(1).max(50).default(10),
      /** L2 penalty on whitened weights, not on the intercept. */
      l2: z.number().min(0).max(10).default(1e-4),
    })
    .prefault({}),
  scores: z
    .strictObject({
      /** Rows whose score parts, rounded to 1/64 log-odds, reach the label holder to measure and calibrate. */
      release: z.enum(['none', 'holdout']).default('holdout'),
      /** Training rows released besides, to calibrate on; at most this many. */
      calibrationRows: z.int().min(0).max(100_000).default(2000),
    })
    .prefault({}),
  scaling,
});

/** Shares of training rows in gradient-based one-side sampling: the steepest, and a draw from the others. */
const oneSide = z
  .strictObject({
    top: z.number().min(0.05).max(0.9).default(0.2),
    other: z.number().min(0.05).max(0.9).default(0.1),
  })
  .refine(({ top, other }) => top + other < 1, 'top and other must be less than all rows together');

/** How trees are grown. */
const trees = z
  .strictObject({
    /** Most trees (n_estimators). */
    count: z.int().min(1).max(500).default(100),
    ...treeFields,
    oneSide: oneSide.optional(),
    /** Who grows the first tree, whose splits say most about labels. */
    first: z.enum(['label-holder', 'everybody']).default('label-holder'),
    seed,
  })
  .prefault({})
  .refine(needsValidation.holds, { message: needsValidation.message, path: ['patience'] });

const boostingJob = z.strictObject({
  ...common,
  type: z.literal('boosting'),
  parties: parties(withFeatures.extend({ monotone })),
  trees,
  /**
   * Gradients and sums travel without encryption, and everybody sees what it is sent: for tests of nodes that were all started
   * for it on loopback. Everybody else refuses.
   */
  plaintext: z.literal(true).optional(),
  scaling,
});

const binningJob = z.strictObject({
  ...common,
  type: z.literal('binning'),
  parties: parties(withFeatures),
  binning,
});

const scoringJob = z.strictObject({
  ...common,
  type: z.literal('scoring'),
  /** Features are those of the model. */
  parties: parties(z.strictObject({ dataset: datasetName })),
  /** The finished training job whose model scores. */
  model: z.strictObject({ job: jobId }),
});

/** A job on the same customers in several domains, as its submitter writes it. */
export const verticalSpec = z
  .discriminatedUnion('type', [trainingJob, boostingJob, binningJob, scoringJob])
  .superRefine((spec, context) => {
    if (!Object.hasOwn(spec.parties, spec.labelHolder)) {
      const named = Object.keys(spec.parties);
      const message = `must be one of parties (${named.join(', ')}), and is ${hinted(spec.labelHolder, named)}`;
      context.addIssue({ code: 'custom', path: ['labelHolder'], message });
    }
    if (spec.type !== 'boosting') return;
    for (const [party, { features, monotone }] of Object.entries(spec.parties)) {
      for (const name of unordered(monotone, features)) {
        const path = ['parties', party, 'monotone', name];
        context.addIssue({ code: 'custom', path, message: 'must be one of the numbers among features' });
      }
    }
  });

/** A validated vertical spec, defaults filled in. */
export type VerticalSpec = z.infer<typeof verticalSpec>;
export type VerticalType = VerticalSpec['type'];
export type VerticalSpecOf<T extends VerticalType> = Extract<VerticalSpec, { type: T }>;

/** Jobs that leave a joint model, which batches and single questions score by. */
export type ModelSpec = VerticalSpecOf<'training' | 'boosting'>;

export function leavesModel(spec: { readonly mode?: unknown; readonly type?: unknown }): spec is ModelSpec {
  return spec.mode === 'vertical' && (spec.type === 'training' || spec.type === 'boosting');
}
