import { createHash } from 'node:crypto';
import type { HexDigest, JobId, SumPurpose } from '../contract/index.js';
import { addContributions } from '../crypto/secure-sum/adder.js';
import {
  chooseParameterSet,
  contribute,
  heKeyOf,
  type JobKeys,
  makeJobKeys,
  openSum,
  SumSecrets,
} from '../crypto/secure-sum/index.js';
import type { SumPart } from '../learning/index.js';

/**
 * Secure sums of all participants in one process: masked, encrypted, added, opened and verified as in a job;
 * only the transport and the signatures are left out.
 */
export class InProcessSums {
  readonly #names: readonly string[];
  readonly #keys: JobKeys;
  #sums = 0;

  private constructor(names: readonly string[], keys: JobKeys) {
    this.#names = names;
    this.#keys = keys;
  }

  /** `names` sorted, one per participant. */
  static async open(names: readonly string[]): Promise<InProcessSums> {
    return new InProcessSums(names, await makeJobKeys());
  }

  /** The sum of one part per participant, in the order of their names. */
  async sum(purpose: SumPurpose, round: number, parts: readonly SumPart[]): Promise<Float64Array> {
    const { values, maxAbs } = parts[0]!;
    const parameterSet = chooseParameterSet({ maxAbs, contributors: parts.length });
    const secrets = this.#names.map(() => SumSecrets.draw());
    const common = {
      parameterSet,
      rosterDigest: rosterDigest as HexDigest,
      sumId: { jobId: 'job-00000000000000000000000000000000' as JobId, round, purpose, sum: this.#sums++ },
      roster: this.#names.map((name, index) => ({ name, maskKey: secrets[index]!.publicKey().maskKey })),
      colluders: 1,
      heKey: heKeyOf(this.#keys, parameterSet).reveal(),
      macKey: this.#keys.mac.reveal(),
    };
    const uploads = this.#names.map((self, index) => ({
      name: self,
      bytes: contribute({
        ...common,
        ...secrets[index]!.reveal(),
        self,
        values: parts[index]!.values,
        maxAbs,
      }),
    }));
    const shape = { parameterSet, valueCount: values.length, contributors: parts.length };
    return openSum(
      {
        ...common,
        selfSeeds: new Map(this.#names.map((name, index) => [name, secrets[index]!.reveal().selfSeed])),
        maskSecrets: new Map(),
        valueCount: values.length,
      },
      addContributions(shape, uploads),
    );
  }
}

const rosterDigest = createHash('sha256').update('accuracy bench').digest('hex');
