import * as product from '../../../coordinator/rounds/step.js';

export * from '../../../coordinator/rounds/step.js';

const known = new WeakMap<object, ReturnType<typeof product.step>>();

/** The first event parses the spec: once for each job. */
export const step: typeof product.step = (state, event) => {
  if (state !== undefined) return product.step(state, event);
  const begun = known.get(event) ?? product.step(state, event);
  known.set(event, begun);
  return begun;
};
