import { CodedError, type HexDigest, type JobId, type Post, postDigest } from '../../contract/index.js';
import { verifySignature } from '../../crypto/identity/index.js';

/** What a participant knows of a peer before any job: pinned by its operator, never taken from the coordinator. */
export interface PinnedPeer {
  readonly organisation: string;
  /** Ed25519 public key, hex. */
  readonly identityKey: string;
}

/**
 * The digest of a post that its sender's pinned key signed, for this job and the roster we computed.
 * @throws {CodedError} PEER_NOT_PINNED, ROSTER_ENTRY_REPLAYED, SIGNATURE_INVALID, ROSTER_MISMATCH naming the sender.
 */
export function checkPost(
  post: Post,
  at: {
    readonly jobId: JobId;
    readonly specDigest: HexDigest | undefined;
    readonly rosterDigest: HexDigest | undefined;
    readonly pin: PinnedPeer | undefined;
  },
): HexDigest {
  const { sender, body } = post;
  const parties = [sender];
  if (at.pin === undefined) {
    throw new CodedError('PEER_NOT_PINNED', `${sender} has no pinned key here`, { parties });
  }
  if (body.kind === 'join' && body.specDigest !== at.specDigest) {
    throw new CodedError('ROSTER_ENTRY_REPLAYED', `the roster entry of ${sender} was made for another job`, {
      parties,
    });
  }
  const digest = postDigest(at.jobId, post);
  if (!verifySignature(at.pin.identityKey, digest, post.signature)) {
    throw new CodedError(
      'SIGNATURE_INVALID',
      `a ${body.kind} post is not signed by the pinned key of ${sender}`,
      {
        parties,
      },
    );
  }
  const early =
    body.kind === 'consent' || body.kind === 'join' || (body.kind === 'abort' && post.rosterDigest === '');
  if (!early && post.rosterDigest !== at.rosterDigest) {
    throw new CodedError('ROSTER_MISMATCH', `${sender} works with another roster`, { parties });
  }
  return digest;
}
