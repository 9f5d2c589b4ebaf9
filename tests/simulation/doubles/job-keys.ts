import * as product from '../../../crypto/secure-sum/job-keys.js';

export * from '../../../crypto/secure-sum/job-keys.js';

// Beforehand: SEAL starts on the event loop's own time, which a run does not wait for.
const once = await product.makeJobKeys();

export const makeJobKeys: typeof product.makeJobKeys = async () => once;
