/**
 * Homomorphic encryption, the door without secrets: parameter sets, block sizes and adding ciphertexts.
 * Nothing behind it can make a key, encrypt or decrypt; the coordinator may import this door only.
 */
export { BlockAdder } from './adder.js';
export { PolynomialCodec, sumBlockBytes, uploadBlockBytes } from './block.js';
export type { ParameterSet } from './parameter-set.js';
export { chooseParameterSet, maxAbsFor, parameterSet } from './parameters.js';
export { SEED_BYTES } from './seal-layout.js';
