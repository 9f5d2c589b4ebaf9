/**
 * Secure sum, the participants' door: every participant learns the sum of the survivors' integer
 * vectors and nothing about a smaller group; the coordinator learns nothing. Roles are pure: bytes and numbers in,
 * bytes and numbers out; docs/protocols/secure-sum.md has messages, knowledge and proofs.
 * The coordinator must not link this door: see adder.ts.
 */
export { chooseParameterSet, maxAbsFor, parameterSet } from '../he/public.js';
export type { ByteSource } from './byte-blocks.js';
export { type ContributionInput, contribute } from './contribution.js';
export {
  decodeJobKeys,
  encodeJobKeys,
  heKeyOf,
  type JobKeyCommitments,
  type JobKeys,
  jobKeyCommitments,
  keyedFingerprint,
  makeJobKeys,
  unpackJobKeys,
} from './job-keys.js';
export type { MaskPeer } from './masks.js';
export { type OpeningInput, openSum } from './opening.js';
export { dequantise, proveRange, type Quantisation, quantise, quantisedMax } from './quantise.js';
export {
  type RevealedShare,
  reconstructDespite,
  reconstructMaskSecret,
  reconstructSelfSeed,
  seedOf,
} from './reconstruct.js';
export {
  openRecovery,
  openReveal,
  type Revealed,
  type RevealPlace,
  type Survivors,
  sealRecovery,
  sealReveal,
} from './reveal.js';
export { assertShape, type SumShape, slotCount, sumBytes, uploadBytes } from './shape.js';
export { decodeShares, encodeShares } from './share-messages.js';
export { type SumId, survivorDigest } from './sum-id.js';
export {
  commitmentOf,
  type RandomBytes,
  SumSecrets,
  type SumShare,
} from './sum-keys.js';
