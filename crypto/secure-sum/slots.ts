/** MAC slots of a vector; four of about 2^-32 each (mac.ts). */
export const MAC_SLOTS = 4;
