export { RingKernel } from './ring-kernel.js';
export {
  type CipherWords,
  checkedShape,
  cipherLength,
  pairBytes,
  polyLength,
  type RingShape,
} from './shape.js';
export { type Address, ringModule } from './wasm.js';
