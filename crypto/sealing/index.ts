export { generateSealKeys, type SealKeys } from './hpke.js';
export { openSealed, type SealAad, type SealedMessage, seal } from './sealed.js';
