import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import {
  digestOf,
  type HexDigest,
  type JobId,
  type Post,
  postFromWire,
  postToWire,
  type Secret,
} from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import { openSealed, type SealAad, seal } from '../../crypto/sealing/index.js';
import type { SumId } from '../../crypto/secure-sum/index.js';

/** A client interceptor that replaces posts on their way out. */
export function lyingInterceptor(change: (jobId: JobId, post: Post) => Promise<Post>): Interceptor {
  return (options, nextCall) => {
    if (!options.method_definition.path.endsWith('/PostAll')) return new InterceptingCall(nextCall(options));
    return new InterceptingCall(nextCall(options), {
      sendMessage: (message, next) => {
        const { jobId, posts } = message as { jobId: JobId; posts: readonly unknown[] };
        const changes = posts.map(async (post) => postToWire(await change(jobId, postFromWire(post))));
        Promise.all(changes).then((changed) => next({ jobId, posts: changed }));
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

/** A reveal as it was, and what is wrong with the one in its place. */
export interface WrongReveal {
  readonly key: Secret;
  readonly at: { readonly sumId: SumId; readonly survivorDigest: string };
  readonly change?: (shares: Uint8Array) => Uint8Array;
  readonly survivorDigest?: string;
}

/** Decrypts a reveal with the key all participants have, and encrypts it again, properly, with something wrong. */
export function reencrypted(post: Post, wrong: WrongReveal): Post {
  const { body, sender, rosterDigest } = post;
  if (body.kind !== 'reveal') throw new Error('not a reveal');
  const { sumId, survivorDigest } = wrong.at;
  const place = { key: wrong.key, rosterDigest: rosterDigest as HexDigest };
  const key = revealCipher({ ...place, sumId, sender });
  const decipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12));
  decipher.setAAD(Buffer.from(survivorDigest, 'hex')).setAuthTag(body.ciphertext.slice(-16));
  const plain = Buffer.concat([decipher.update(body.ciphertext.slice(0, -16)), decipher.final()]);
  const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12));
  cipher.setAAD(Buffer.from(wrong.survivorDigest ?? survivorDigest, 'hex'));
  const shares = wrong.change?.(plain) ?? plain;
  const ciphertext = Buffer.concat([cipher.update(shares), cipher.final(), cipher.getAuthTag()]);
  return { ...post, body: { ...body, ciphertext } };
}

interface RevealOrigin {
  readonly key: Secret;
  readonly rosterDigest: HexDigest;
  readonly sumId: SumId;
  readonly sender: string;
}

function revealCipher({ key, rosterDigest, sumId, sender }: RevealOrigin): Uint8Array {
  const { jobId, round, purpose, sum } = sumId;
  const place = { rosterDigest, sumId: { jobId, round, purpose, sum }, members: [sender] };
  const binding = Buffer.from(digestOf('fedrisk/v1/reveal', place), 'hex');
  return new Uint8Array(hkdfSync('sha256', key.reveal(), new Uint8Array(0), binding, 32));
}
