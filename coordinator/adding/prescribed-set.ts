import { type HorizontalSpec, limits, type ParameterSetName, type SumPurpose } from '../../contract/index.js';
import { chooseParameterSet } from '../../crypto/he/public.js';

/**
 * The parameter set of a sum as every honest participant chooses it. Beside quantised updates, or sums of gradients, and counts of at most
 * `rowsCap` an update sum holds limbs of a loss, which are below 2^16 and need no wider set. The fixed point of moments
 * is the participants' own matter; those sums include everybody or nobody.
 */
export function prescribedSet(spec: HorizontalSpec, purpose: SumPurpose): ParameterSetName | undefined {
  if (purpose === 'moments') return undefined;
  const { bits, rowsCap } = spec.update;
  const update = spec.model.kind === 'trees' ? limits.rowGradient * rowsCap : 2 ** (bits - 1) - 1;
  const maxAbs = Math.max(purpose === 'update' ? update : 0, rowsCap);
  return chooseParameterSet({ maxAbs, contributors: spec.participants.length });
}
