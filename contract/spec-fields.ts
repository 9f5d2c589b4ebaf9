import { z } from 'zod';
import { limits } from './limits.js';

/** Fields that job specs of every mode share. */
export const jobName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -');
export const purpose = z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'must be 2 to 63 of a-z, 0-9 and -');
export const datasetName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be a dataset name of a-z, 0-9 and -');
export const featureName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.]{0,63}$/, 'must be a name of letters, digits, _ and .');
/** Logical feature names and types; a participant's dataset file maps them to its columns. */
export const features = z
  .record(featureName, z.enum(['number', 'category']))
  .refine((value) => Object.keys(value).length >= 1, 'must name at least one feature')
  .refine(
    (value) => Object.keys(value).length <= limits.features,
    `must name at most ${limits.features} features`,
  );
export const seconds = (fallback: number) =>
  z
    .number()
    .min(1)
    .max(7 * 86400)
    .default(fallback);
export const seed = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
  .default(1);
/**
 * A size of steps or of clipping. Steps far below what a model can use leave it where it is, and rounds over a model
 * that stands still are sums of the same integers over whoever is there (PROTOCOLS §2); steps far above end in no
 * number. Both ends lie orders of magnitude beyond what trains a model.
 */
export const within = (least: number, most: number) => z.number().min(least).max(most);
