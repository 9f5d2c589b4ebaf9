import type { JobSpec } from '../../../contract/index.js';
import * as product from '../../../participant/rounds/shown-spec.js';

export * from '../../../participant/rounds/shown-spec.js';

const known = new WeakMap<object, { readonly jobId: string; readonly spec: JobSpec }>();

/** The same text gives the same spec, so each is parsed once. */
export const shownSpec: typeof product.shownSpec = (submitted, jobId) => {
  const before = known.get(submitted);
  if (before?.jobId === jobId) return before.spec;
  const spec = product.shownSpec(submitted, jobId);
  known.set(submitted, { jobId, spec });
  return spec;
};
