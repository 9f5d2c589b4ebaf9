import { z } from 'zod';
import { featureName } from './spec-fields.js';

/** How a tree is grown, whoever owns rows and features; names in brackets are those of XGBoost. */
export const treeFields = {
  /** Splits on the longest way from root to leaf (max_depth). */
  depth: z.int().min(1).max(8).default(4),
  learningRate: z.number().min(0.001).max(1).default(0.1),
  /** Penalties of leaf values (reg_alpha, reg_lambda). */
  l1: z.number().min(0).max(1e6).default(0),
  l2: z.number().min(0).max(1e6).default(1),
  /** Least sum of p (1 - p) in a child (min_child_weight). */
  minimumChildWeight: z.number().min(0).max(1e6).default(1),
  /** Least gain of a split. */
  gamma: z.number().min(0).max(1e6).default(0),
  /** Most bins of a feature, the one for missing values aside (max_bin). */
  bins: z.int().min(16).max(64).default(32),
  /** Share of the training rows that each tree sees (subsample). */
  rows: z.number().min(0.05).max(1).default(1),
  /** Share of every party's features that each tree may use (colsample_bytree). */
  columns: z.number().min(0.05).max(1).default(1),
  /** Weight of a bad row against a good one (scale_pos_weight). */
  badWeight: z.number().min(0.01).max(100).default(1),
  /** Fewest rows of a node behind a number that leaves their owner. */
  groupRows: z.int().min(20).max(10_000).default(20),
  /** Ends when the log-loss of validation rows has not fallen for so many trees; 0: never. */
  patience: z.int().min(0).max(500).default(0),
  /** Training rows set aside to stop by, at most a quarter of them; in vertical jobs to calibrate by too, whatever `patience` is. */
  validationRows: z.int().min(0).max(1_000_000).default(2000),
} as const;

/** What is wrong with ending trees by rows that nobody sets aside. */
export const needsValidation = {
  holds: ({ patience, validationRows }: { patience: number; validationRows: number }) =>
    patience === 0 || validationRows > 0,
  message: 'needs validationRows',
} as const;

/** How the risk may go with a feature, whatever else is known of a customer. */
export const monotone = z.record(featureName, z.enum(['rising', 'falling'])).default({});

/** Monotone constraints on what is no number among the features. */
export function unordered(
  constraints: Readonly<Record<string, unknown>>,
  features: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(constraints).filter((name) => features[name] !== 'number');
}
