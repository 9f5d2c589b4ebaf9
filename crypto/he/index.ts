/**
 * Homomorphic encryption, the door of key holders: keys, symmetric seed-compressed encryption, decryption.
 * BFV by node-seal; blocks of N integers mod t, exact sums. Bytes in, bytes out; this room knows no protocol.
 * The coordinator must not link it: see public.ts.
 */
export { sumBlockBytes, uploadBlockBytes } from './block.js';
export { BlockCipher } from './cipher.js';
export { chooseParameterSet, maxAbsFor, type ParameterSet, parameterSet } from './parameters.js';
export { makeSecretKey, secretKeyBytes } from './secret-key.js';
