/**
 * Private set intersection: two sides learn which of their ids are common, in one order, and the size of each
 * other's set. Suite "Curve25519 + SHA-256 + direct hash as x". Messages are files of fixed-width records, and the same
 * secrets give the same bytes, so a side killed anywhere goes on where its files end.
 * docs/protocols/private-set-intersection.md has messages, knowledge and limits.
 */
export { checkPoints } from './curve.js';
export { type IdSet, idDigests, setDigest } from './id-set.js';
export { defaultIdSteps, type IdStep, idSteps, normaliseId } from './normalisation.js';
export { PsiPool } from './pool.js';
export { blindOwn, type Intersecting, intersect, type RaisePeer, raisePeer } from './rounds.js';
export {
  assertSameSet,
  decodePsiSecrets,
  drawPsiSecrets,
  encodePsiSecrets,
  type PsiSecrets,
} from './secrets.js';
export { type JointAlignment, joinAlignments, selectRows } from './several.js';
export { maxIds, truncationBytes } from './width.js';
