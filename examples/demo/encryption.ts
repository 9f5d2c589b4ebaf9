import type { Encryption } from '../../learning/report/index.js';
import type { RoundView } from './answers.js';

type Sum = Pick<RoundView, 'purpose' | 'parameters' | 'keyHolders'>;

/**
 * How updates were encrypted, from the coordinator's words (`BFV N=2048 log q=54 t=4294955009`; several primes are
 * written `36+36+17`), and which sums were encrypted otherwise.
 */
export function encryptionOf(sums: readonly Sum[]): Encryption {
  const main = sums.find(({ purpose }) => purpose === 'update') ?? sums[0];
  if (main === undefined) throw new Error('a job without sums');
  const { parameters, keyHolders } = main;
  const match = parameters.match(/^(\w+) N=(\d+) log q=(\d+(?:\+\d+)*) t=(\d+)$/);
  if (!match) throw new Error(`parameters in another form than expected: ${parameters}`);
  return {
    scheme: match[1]!,
    n: Number(match[2]),
    logQ: match[3]!.split('+').reduce((total, bits) => total + Number(bits), 0),
    t: Number(match[4]),
    keyHolders,
    others: sums
      .filter((sum) => sum.parameters !== parameters)
      .map((sum) => ({ purpose: sum.purpose, parameters: sum.parameters })),
  };
}
