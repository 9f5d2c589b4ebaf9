/**
 * Homomorphic encryption, the door of key holders: keys, symmetric seed-compressed encryption, decryption.
 * BFV by node-seal; blocks of N integers mod t, exact sums. Bytes in, bytes out; this room knows no protocol.
 * The coordinator must not link it: see public.ts.
 */
export { sumBlockBytes, uploadBlockBytes } from './block.js';
export { BlockCipher } from './cipher.js';
export { pack30, packed30Bytes, residuesBelow, unpack30 } from './packing-30.js';
export { FRESH_NOISE, FRESH_SQUARE, type ParameterSet } from './parameter-set.js';
export { chooseParameterSet, maxAbsFor, parameterSet } from './parameters.js';
export {
  freshZeroMean,
  freshZeroNoise,
  type ProductSetName,
  productSet,
  productSetNames,
  rootAbove,
} from './product-sets.js';
export { checkPublicKey, makePublicKey, publicKeyBytes, publicKeyWords } from './public-key.js';
export { SEED_BYTES } from './seal-layout.js';
export { makeSecretKey, secretCoefficients, secretKeyBytes } from './secret-key.js';
export { type AddSpread, ROUNDING_BIAS, spreadScalerOf } from './spread-scaling.js';
