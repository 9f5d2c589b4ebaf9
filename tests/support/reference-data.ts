import { fileURLToPath } from 'node:url';

/** Folder with `data/` and `oracles/` of public data sets, beside the checkout; tests that need it are skipped without it. */
export const referenceFolder =
  process.env.FEDRISK_REFERENCE ?? fileURLToPath(new URL('../../../shared', import.meta.url));
