export { type CipherWords, cipherLength, RingKernel, type RingShape } from '../kernel/index.js';
export {
  type Columns,
  type DenseColumns,
  type Emit,
  type HistogramColumns,
  outputCount,
  rowsPerBlock,
  type TransformedVector,
} from './product.js';
export { ProductEngine } from './product-engine.js';
export { type AnswerTerms, batchTerms } from './task.js';
