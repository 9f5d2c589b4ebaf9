import type { HorizontalSpec, ParameterSetName, SumPurpose } from '../../contract/index.js';
import { chooseParameterSet } from '../../crypto/he/public.js';

/**
 * The parameter set of a sum as every honest participant chooses it. Beside quantised updates and counts of at most
 * `rowsCap` an update sum holds limbs of a loss, which are below 2^16 and need no wider set. The fixed point of moments
 * is the participants' own matter; those sums include everybody or nobody.
 */
export function prescribedSet(spec: HorizontalSpec, purpose: SumPurpose): ParameterSetName | undefined {
  if (purpose === 'moments') return undefined;
  const { bits, rowsCap } = spec.update;
  const quantised = purpose === 'update' ? 2 ** (bits - 1) - 1 : 0;
  return chooseParameterSet({ maxAbs: Math.max(quantised, rowsCap), contributors: spec.participants.length });
}
