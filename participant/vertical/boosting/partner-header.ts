import { z } from 'zod';
import { limits } from '../../../contract/index.js';

/** Step bins: what the label holder must know of a holder's features. */
export const binsHeader = z.strictObject({
  /** Bins of values under each number, the one for missing values aside. */
  values: z.array(z.int().min(1).max(64)).min(1).max(limits.features),
  monotone: z.array(z.union([z.literal(-1), z.literal(0), z.literal(1)])).max(limits.features),
});

const node = z
  .int()
  .min(0)
  .max(2 ** 9);
/** Step gradients: nodes that were parted since, with a bit a row in the body, and those to be counted, encrypted behind them. */
export const gradientsHeader = z.strictObject({
  parted: z
    .array(
      z.strictObject({
        node,
        rows: z
          .int()
          .min(1)
          .max(2 ** 26),
      }),
    )
    .max(2 ** 8),
  counted: z
    .array(
      z.strictObject({
        node,
        rows: z
          .int()
          .min(1)
          .max(2 ** 26),
      }),
    )
    .max(2 ** 7),
});
export type GradientsHeader = z.infer<typeof gradientsHeader>;

/** Step splits: nodes that the receiver's features part. */
export const splitsHeader = z.strictObject({
  splits: z
    .array(
      z.strictObject({
        node,
        feature: z
          .int()
          .min(0)
          .max(limits.features - 1),
        bin: z.int().min(0).max(63),
        missingLeft: z.boolean(),
      }),
    )
    .max(2 ** 7),
});
export type PartnerSplit = z.infer<typeof splitsHeader>['splits'][number];

/** Steps histograms and sides: everything is in the body. */
export const plainHeader = z.strictObject({});
