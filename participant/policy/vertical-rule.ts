import { z } from 'zod';
import { type VerticalType, verticalReleases } from '../../contract/index.js';
import { anyOr, metricsOf, oneOf, saysWho, saysWhoIssue, scope, term } from './rule-fields.js';

/** A record, so that the compiler asks for every type that a job spec can have. */
const types = { binning: true, boosting: true, training: true, scoring: true } as const satisfies Record<
  VerticalType,
  true
>;

const rowsCap = 100_000_000;

/**
 * What one rule lets happen on customers shared with others. What it does not say stays shut: by default no label
 * serves a peer and no score part leaves.
 */
export const verticalRule = z
  .strictObject({
    ...scope,
    types: anyOr(oneOf(types)),
    /** Enumeration by chosen ids is inherent to aligning; only these bounds limit it (PROTOCOLS §4). */
    alignment: z
      .strictObject({
        /** Most ids of one peer. */
        maximumPeerRows: z.int().min(1).max(rowsCap).default(10_000_000),
        /** Fewest own ids: in a small set every hit says much. */
        minimumOwnRows: z.int().min(1).max(rowsCap).default(100),
        /** Fewest customers common to all with which a job goes on. */
        minimumCommonRows: z.int().min(1).max(rowsCap).default(100),
        /** Alignments of one dataset with one peer in 30 days. */
        sessionsPerMonth: z.int().min(1).max(10_000).default(31),
      })
      .prefault({}),
    /** At the label holder. */
    labels: z
      .strictObject({
        /** Feature holders may learn the WOE of their bins, from which they can work out counts. */
        woe: z.boolean().default(false),
        /** Labels may steer the weights of feature holders. */
        fit: z.boolean().default(false),
        /** Least binning.classFloor and binning.minimumShare of a job: a bin of few rows tells their labels. */
        classFloor: z.int().min(0).max(1000).default(5),
        minimumShare: z.number().min(0).max(0.5).default(0.01),
        /** Who lifts the label budget, and why; stands in the ledger beside what was released beyond it. */
        waiver: z.string().trim().min(10).max(500).optional(),
      })
      .prefault({}),
    /** At feature holders: rows whose score parts may reach the label holder. */
    scores: z
      .strictObject({
        /**
         * holdout: held-out and calibration rows of a training job. all: every row of a scoring job too, and of a boosting job,
         * whose label holder learns on which side of every split of this participant each common row is.
         */
        batch: z.enum(['none', 'holdout', 'all']).default('none'),
        /** Most of the common rows whose parts one training job may release. */
        maximumReleasedShare: z.number().min(0).max(1).default(0.5),
        /** Answers single score requests of the label holder. */
        online: z.boolean().default(false),
        onlinePerDay: z.int().min(1).max(rowsCap).default(10_000),
      })
      .prefault({}),
    release: metricsOf(verticalReleases),
    /** Of a training job. */
    maximumIterations: z.int().min(1).max(50).default(10),
    /** Of a boosting job. */
    maximumTrees: z.int().min(1).max(500).default(100),
    ...term,
  })
  .refine(saysWho, saysWhoIssue);

export type VerticalRule = z.output<typeof verticalRule>;
