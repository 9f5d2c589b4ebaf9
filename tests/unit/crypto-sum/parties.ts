import {
  digestOf,
  type HexDigest,
  type JobId,
  type ParameterSetName,
  quorumOf,
} from '../../../contract/index.js';
import { addContributions } from '../../../crypto/secure-sum/adder.js';
import {
  contribute,
  heKeyOf,
  type JobKeys,
  makeJobKeys,
  maxAbsFor,
  openSum,
  reconstructMaskSecret,
  reconstructSelfSeed,
  type SumId,
  SumSecrets,
  type SumShare,
} from '../../../crypto/secure-sum/index.js';

export const rosterDigest = digestOf('fedrisk/v1/roster', 'test') as HexDigest;
export const sumId: SumId = {
  jobId: 'job-0123456789abcdef0123456789abcdef' as JobId,
  round: 1,
  purpose: 'update',
  sum: 3,
};

let shared: Promise<JobKeys> | undefined;
/** Job keys made once per test file. */
export function jobKeys(): Promise<JobKeys> {
  shared ??= makeJobKeys();
  return shared;
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

/** n honest participants with everything up to the shares of one sum exchanged; the test is the coordinator. */
export class Parties {
  readonly names: readonly string[];
  readonly secrets: ReadonlyMap<string, SumSecrets>;
  /** shares.get(receiver).get(owner) */
  shares = new Map<string, Map<string, SumShare>>();
  keys!: JobKeys;
  readonly threshold: number;
  /** Those without mask keys for the sum. */
  keyless: readonly string[] = [];

  private constructor(
    n: number,
    readonly set: ParameterSetName,
    readonly id: SumId,
  ) {
    // Sorted as strings, and `constructor` is a legal name.
    this.names = ['constructor', 'bank-a', 'bank-b', 'market-x', 'shop-y', 'shop-z', 'tel-q', 'zoo-w']
      .slice(0, n)
      .sort();
    this.secrets = new Map(this.names.map((name) => [name, SumSecrets.draw()]));
    this.threshold = quorumOf(n, 1);
  }

  static async of(n: number, set: ParameterSetName, id: SumId = sumId): Promise<Parties> {
    const parties = new Parties(n, set, id);
    parties.keys = await jobKeys();
    parties.shares = new Map(parties.names.map((name) => [name, new Map()]));
    for (const [owner, secrets] of parties.secrets) {
      const shares = await secrets.share({ holders: n, threshold: parties.threshold });
      parties.names.forEach((receiver, k) => {
        parties.shares.get(receiver)?.set(owner, shares[k] as SumShare);
      });
    }
    return parties;
  }

  get roster() {
    return this.names.map((name) => {
      const { maskKey, selfCommitment } = (this.secrets.get(name) as SumSecrets).publicKey();
      return { name, maskKey: this.keyless.includes(name) ? undefined : maskKey, selfCommitment };
    });
  }

  /** The upload of one participant. */
  upload(name: string, values: Float64Array, id: SumId = this.id): Promise<Uint8Array> {
    const { maskSecret, selfSeed } = (this.secrets.get(name) as SumSecrets).reveal();
    return collect(
      // Cloned as on the way into a worker thread.
      contribute(
        structuredClone({
          parameterSet: this.set,
          rosterDigest,
          sumId: id,
          roster: this.roster,
          self: name,
          colluders: 1,
          maskSecret,
          selfSeed,
          heKey: heKeyOf(this.keys, this.set).reveal(),
          macKey: this.keys.mac.reveal(),
          values,
          maxAbs: maxAbsFor(this.set, this.names.length),
        }),
      ),
    );
  }

  uploads(vectors: readonly Float64Array[]): Promise<Uint8Array[]> {
    return Promise.all(this.names.map((name, k) => this.upload(name, vectors[k] as Float64Array)));
  }

  /** What an honest coordinator does with these uploads. */
  add(uploads: readonly Uint8Array[], valueCount: number): Promise<Uint8Array> {
    return collect(
      addContributions(
        { parameterSet: this.set, valueCount, contributors: this.names.length },
        uploads.map((bytes, k) => ({ name: this.names[k] ?? `extra-${k}`, bytes: [bytes] })),
      ),
    );
  }

  /** What every honest participant does with a sum over `survivors`, from the shares of `revealing` participants. */
  async open(
    sum: Uint8Array,
    valueCount: number,
    options: { survivors?: readonly string[]; heKey?: Uint8Array; macKey?: Uint8Array; id?: SumId } = {},
  ): Promise<Float64Array> {
    const survivors = options.survivors ?? this.names;
    const revealing = survivors.slice(0, this.threshold);
    const selfSeeds = new Map<string, Uint8Array>();
    const maskSecrets = new Map<string, Uint8Array>();
    for (const { maskKey, ...known } of this.roster) {
      if (maskKey === undefined) continue;
      const owner = { ...known, maskKey };
      const held = revealing.map((name) => this.shares.get(name)?.get(owner.name) as SumShare);
      if (survivors.includes(owner.name)) {
        const shares = held.map((share) => share.self);
        selfSeeds.set(owner.name, await reconstructSelfSeed(owner, shares, this.threshold));
      } else {
        const shares = held.map((share) => share.mask);
        maskSecrets.set(owner.name, await reconstructMaskSecret(owner, shares, this.threshold));
      }
    }
    return openSum(
      structuredClone({
        parameterSet: this.set,
        rosterDigest,
        sumId: options.id ?? this.id,
        roster: this.roster,
        colluders: 1,
        selfSeeds,
        maskSecrets,
        heKey: options.heKey ?? heKeyOf(this.keys, this.set).reveal(),
        macKey: options.macKey ?? this.keys.mac.reveal(),
        valueCount,
      }),
      [sum],
    );
  }
}

/** Vectors that use the whole range of the set, reproducible from a seed. */
export function vectorsOf(n: number, count: number, maxAbs: number, seed: number): Float64Array[] {
  let state = seed >>> 0;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: n }, () =>
    Float64Array.from({ length: count }, () => Math.round((draw() * 2 - 1) * maxAbs)),
  );
}

export function plainSum(vectors: readonly Float64Array[]): Float64Array {
  const [first, ...rest] = vectors as [Float64Array, ...Float64Array[]];
  return first.map((value, k) => rest.reduce((sum, vector) => sum + (vector[k] as number), value));
}
