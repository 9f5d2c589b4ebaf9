/**
 * Secure sum, the door without secrets, for the coordinator: it checks shapes and adds uploads it cannot open.
 * Nothing behind it holds, makes or uses a key.
 */
export { addContributions, type ContributionSource } from './add-contributions.js';
export type { ByteSource } from './byte-blocks.js';
export { checkContribution } from './check-contribution.js';
export { mostRevealBytes, recoveryBytes } from './reveal-size.js';
export { assertShape, type SumShape, slotCount, sumBytes, uploadBytes } from './shape.js';
