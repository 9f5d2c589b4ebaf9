import { z } from 'zod';
import type { Sharpness } from '../../learning/index.js';
import { readHeader } from './parcel.js';
import type { InboundParcel } from './step-work.js';

/** Below this a calibration says that the score ranks nothing, and standard errors of a coefficient have no meaning. */
const leastSlope = 1e-6;
const leastWeight = 1e-9;

/** What feature holders need for standard errors; null when no score was released. */
const resultHeader = z.strictObject({
  sharpness: z
    .strictObject({
      slope: z
        .number()
        .min(-1e6)
        .max(1e6)
        .refine((slope) => Math.abs(slope) >= leastSlope),
      meanWeight: z.number().min(leastWeight).max(0.25),
    })
    .nullable(),
});

/** What the label holder tells of the calibration; null when it is too flat to divide by. */
export function sharpnessOf({ slope, meanWeight }: Sharpness): Sharpness | null {
  return Math.abs(slope) >= leastSlope && meanWeight >= leastWeight ? { slope, meanWeight } : null;
}

/** At a feature holder. @throws {CodedError} PARCEL_MALFORMED naming the label holder. */
export async function readSharpness(parcel: InboundParcel): Promise<Sharpness | null> {
  return (await readHeader(parcel, resultHeader)).sharpness;
}
