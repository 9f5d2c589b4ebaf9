import { endianness } from 'node:os';
import type sealModule from 'node-seal';
import { CodedError, type ErrorCode } from '../../contract/core.js';
import type { ParameterSet } from './parameter-set.js';
import { parameterSet, type SetName } from './parameters.js';

type LoadLibrary = typeof sealModule.default;

/**
 * This is the one file that knows node-seal (6.0.3: version 7 needs Node 22). Loaded by threads that work with it alone: of
 * the main threads, which only name parameter sets, it took a tenth of the time to start.
 */
async function loadLibrary() {
  const module = await import('node-seal');
  // Its types claim a default export that it lacks.
  return (module.default as unknown as LoadLibrary)();
}

export type SealLibrary = Awaited<ReturnType<LoadLibrary>>;
export type SealContext = ReturnType<SealLibrary['Context']>;

/** SEAL set up for one parameter set. Contexts live as long as the process: two for sums, one per plain modulus of products. */
export interface Seal {
  readonly set: ParameterSet;
  readonly library: SealLibrary;
  readonly context: SealContext;
  /** Names the parameters of data ciphertexts in SEAL's serialised form, 32 bytes. */
  readonly dataParmsId: Uint8Array;
  /** The same for keys. */
  readonly keyParmsId: Uint8Array;
  /** Runs `call`; whatever SEAL throws (often a bare number) becomes a coded error that says `what`. */
  guard<T>(code: ErrorCode, what: string, call: () => T): T;
}

let library: Promise<SealLibrary> | undefined;
const opened = new Map<SetName, Promise<Seal>>();

export function openSeal(name: SetName): Promise<Seal> {
  let seal = opened.get(name);
  if (seal === undefined) {
    seal = open(name);
    opened.set(name, seal);
  }
  return seal;
}

async function open(name: SetName): Promise<Seal> {
  // Coefficients are read from and written to SEAL's little-endian form through typed arrays.
  if (endianness() !== 'LE') throw new CodedError('INTERNAL', 'big-endian machines are not supported');
  library ??= loadLibrary();
  const seal = await library;
  const set = parameterSet(name);
  const parameters = seal.EncryptionParameters(seal.SchemeType.bfv);
  const bits = seal.CoeffModulus.Create(set.degree, Int32Array.from(set.bitSizes));
  const plain = seal.Modulus(BigInt(set.plainModulus));
  parameters.setPolyModulusDegree(set.degree);
  parameters.setCoeffModulus(bits);
  parameters.setPlainModulus(plain);
  // Without the chain of smaller moduli, which nothing here switches to: its tables take two fifths of the time.
  const context = seal.Context(parameters, false, seal.SecurityLevel.tc128);
  const primes = parameters.coeffModulus;
  const agreed =
    context.parametersSet() &&
    primes.length === set.primes.length &&
    set.primes.every((prime, at) => prime === primes[at]);
  const data = context.firstParmsId;
  const key = context.keyParmsId;
  const ids = [data, key].map((id) => new Uint8Array(id.values.slice().buffer)) as [Uint8Array, Uint8Array];
  for (const object of [parameters, bits, plain, data, key]) object.delete();
  if (!agreed) throw new CodedError('INTERNAL', `SEAL does not accept parameter set ${name}`);
  return { set, library: seal, context, dataParmsId: ids[0], keyParmsId: ids[1], guard: guardOf(seal) };
}

function guardOf(seal: SealLibrary): Seal['guard'] {
  return (code, what, call) => {
    try {
      return call();
    } catch (thrown) {
      if (thrown instanceof CodedError) throw thrown;
      const cause = seal.Exception.safe(thrown as number | Error | string);
      throw new CodedError(code, `${what}: ${cause.message}`, { cause });
    }
  };
}
