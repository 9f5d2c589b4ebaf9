/**
 * Encrypted matrix-vector products, the one primitive under every vertical algorithm: a key holder's secret vector times a
 * function holder's plaintext matrix, and only one of them learns the result.
 * Roles, messages, proof: docs/protocols/encrypted-product.md.
 */
export { checkPublicKey, type ProductSetName, productSet, publicKeyBytes } from '../he/index.js';
export { EncryptedVector, type Integers, TransformedVector } from './encrypted-vector.js';
export type { DenseColumns, HistogramColumns } from './engine/index.js';
export {
  type GradientFacts,
  type GradientPlan,
  gradientMatrix,
  gradientPlan,
  gradientSums,
  gradientVector,
  type RowGradients,
} from './gradient-histogram.js';
export { makeProductKeys, type ProductKeys } from './keys.js';
export type { Matrix } from './matrix.js';
export { maskOffsets, unmask, unmaskWith } from './opening.js';
export { type ProductFacts, type ProductPlan, productParameters } from './parameters.js';
export { type Product, ProductRoom } from './room.js';
export { type Learner, type ProductBytes, type ProductShape, partOf, shapeBytes } from './shape.js';
export { chooseStride } from './stride.js';
