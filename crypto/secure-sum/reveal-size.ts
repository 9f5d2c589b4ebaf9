/** Of the mask secret and of b_i. */
export const SECRET_BYTES = 32;
/** b_i is uniform already; the salt only keeps the commitment from being an unsalted hash of a key. */
export const SALT_BYTES = 16;
/** b_i ‖ salt, as its owner opens it. */
export const SEED_OPENING_BYTES = SECRET_BYTES + SALT_BYTES;
/** The Shamir package appends a share's x coordinate. */
export const MASK_SHARE_BYTES = SECRET_BYTES + 1;
export const SELF_SHARE_BYTES = SEED_OPENING_BYTES + 1;
/** Of AES-256-GCM. */
export const TAG_BYTES = 16;

/** Most bytes of a reveal for a survivor set that leaves so many out. */
export function mostRevealBytes(leftOut: number): number {
  return SEED_OPENING_BYTES + leftOut * MASK_SHARE_BYTES + TAG_BYTES;
}

/** Bytes of a recovery of so many members. */
export function recoveryBytes(members: number): number {
  return members * SELF_SHARE_BYTES + TAG_BYTES;
}
