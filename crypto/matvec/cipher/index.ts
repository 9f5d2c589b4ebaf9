/** Encryption, re-randomisation and decryption of encrypted products, in the kernel. */
export { FreshZeros } from './fresh-zeros.js';
export { ProductCipher } from './product-cipher.js';
export { type RoundScaled, scaledRounderOf } from './scaled-rounding.js';
export { SeedExpander } from './seed-expander.js';
