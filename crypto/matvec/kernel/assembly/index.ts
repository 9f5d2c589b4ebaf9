/** The ring kernel, compiled by scripts/build-kernel.mjs to WebAssembly with fixed-width SIMD; ../wasm.ts loads it. */
export { addSigned, divideByPrime, multiplyPolys, negate, toMontgomery } from './cipher';
export { denseCoefficients, transformSmall } from './dense';
export { forward } from './forward';
export { inverse } from './inverse';
export { polyBytes, reserve } from './layout';
export { oneHot, oneHotEntries } from './one-hot';
export { joinPair, splitSum } from './pairs';
export { accumulate, accumulateOneHots } from './products';
export { liftSigned, loadResidues, scaleSigned, storeResidues } from './residues';
export { setup } from './roots';
export { binomial, expandUniform } from './sampling';
