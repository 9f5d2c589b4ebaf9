import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { type JobId, type Post, postFromWire, postToWire, type Secret } from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import { openSealed, type SealAad, seal } from '../../crypto/sealing/index.js';

/** A client interceptor that replaces posts on their way out. */
export function lyingInterceptor(change: (jobId: JobId, post: Post) => Promise<Post>): Interceptor {
  return (options, nextCall) => {
    if (!options.method_definition.path.endsWith('/Post')) return new InterceptingCall(nextCall(options));
    return new InterceptingCall(nextCall(options), {
      sendMessage: (message, next) => {
        const { jobId, post } = message as { jobId: JobId; post: unknown };
        change(jobId, postFromWire(post)).then((changed) => next({ jobId, post: postToWire(changed) }));
      },
    });
  };
}

/** Opens a sealed post with its receiver's key, changes what is inside and seals it again as its sender would. */
export async function resealed(
  post: Post,
  keys: {
    readonly jobId: JobId;
    readonly receiver: Secret;
    readonly receiverKey: string;
    readonly signer: Signer;
  },
  change: (plaintext: Uint8Array) => Uint8Array,
): Promise<Post> {
  const { sender, body } = post;
  if (body.kind !== 'sealed') throw new Error('not a sealed post');
  const aad: SealAad = {
    rosterDigest: post.rosterDigest,
    session: `${keys.jobId}/${body.sum}`,
    sender,
    receiver: body.to,
    purpose: body.purpose,
    seq: body.seq,
    last: body.last,
  };
  const { enc, ciphertext, signature } = body;
  const senderKey = keys.signer.publicKey;
  const plaintext = await openSealed({
    privateKey: keys.receiver,
    senderKey,
    aad,
    enc,
    ciphertext,
    signature,
  });
  const sealed = await seal({
    receiverKey: keys.receiverKey,
    signer: keys.signer,
    aad,
    plaintext: change(plaintext),
  });
  return { ...post, body: { ...body, ...sealed } };
}
