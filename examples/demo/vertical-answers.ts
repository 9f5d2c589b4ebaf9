import { z } from 'zod';

/** What the demo reads of `participant models show --json` after a vertical job, of `labels` and of `score batch`. */

const interval = z.object({ value: z.number(), low: z.number(), high: z.number(), level: z.number() });

const measured = z.object({
  metrics: z.object({
    auc: z.number(),
    ks: z.number(),
    gini: z.number(),
    brier: z.number(),
    logLoss: z.number(),
    rows: z.number(),
    positives: z.number(),
  }),
  auc: interval,
  ks: interval,
});

const swapCell = z.object({ rows: z.number(), bads: z.number(), badRate: z.number() }).nullable();

const evaluation = z.object({
  rows: z.number(),
  bad: z.number(),
  calibration: z.object({ slope: z.number(), intercept: z.number(), rows: z.number() }),
  joint: measured,
  solo: measured,
  aucGain: interval.extend({ pValue: z.number() }),
  ksGain: interval,
  swaps: z.array(
    z.object({
      approval: z.number(),
      bothApprove: swapCell,
      swapIn: swapCell,
      swapOut: swapCell,
      bothDecline: swapCell,
      badRate: z.object({ bank: z.number().nullable(), joint: z.number().nullable() }),
    }),
  ),
  bands: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      rows: z.number(),
      share: z.number(),
      bads: z.number(),
      badRate: z.number(),
      cumulativeApproval: z.number(),
      cumulativeBadCapture: z.number(),
    }),
  ),
  lift: z.array(
    z.object({
      band: z.number(),
      rows: z.number(),
      bads: z.number(),
      badRate: z.number(),
      lift: z.number(),
      gain: z.number(),
      cumulativeLift: z.number(),
      meanProbability: z.number(),
    }),
  ),
});

const part = z.object({
  rows: z.object({
    own: z.number(),
    common: z.number(),
    train: z.number(),
    heldOut: z.number(),
    calibrate: z.number(),
  }),
  features: z.array(
    z.object({
      party: z.string(),
      feature: z.string(),
      iv: z.number(),
      band: z.string(),
      count: z.number(),
    }),
  ),
  coefficients: z
    .array(
      z.object({
        name: z.string(),
        coefficient: z.number(),
        standardError: z.number(),
        z: z.number(),
        pValue: z.number(),
        vif: z.number(),
      }),
    )
    .optional(),
  evaluation: evaluation.optional(),
  scaling: z.object({ base: z.number(), odds: z.number(), pdo: z.number() }).optional(),
});

export const partAnswer = z.object({ model: part });
export type VerticalPart = z.infer<typeof part>;

export const labelsAnswer = z.object({
  labels: z.array(z.object({ dataset: z.string(), budget: z.number().optional(), spent: z.number() })),
});

export const batchAnswer = z.object({ jobId: z.string(), out: z.string(), scored: z.number() });
