import { createHash, randomBytes } from 'node:crypto';
import { vi } from 'vitest';
import type { HexDigest, JobSpec } from '../../contract/index.js';

/**
 * What a run replaces of the product, and only this: signatures and sealing are symbolic (a party signs with a key that
 * is its public one; nobody in a run forges), so are public mask keys, HE keys are made once, folders of jobs are in memory,
 * and a session is the network of the run. Shares, commitments and reveals are the product's own.
 *
 * Importing this file first is all a test needs.
 */
vi.mock('../../crypto/identity/signature.js', () => ({
  generateIdentity: vi.fn(),
  signerOf: vi.fn(),
  verifySignature: (key: string, digest: string, signature: string) =>
    symbolicSignature(key, digest) === signature,
}));

vi.mock('../../crypto/sealing/sealed.js', () => ({
  seal: async ({
    receiverKey,
    aad,
    plaintext,
  }: Sealing & { receiverKey: string; plaintext: Uint8Array }) => ({
    enc: new Uint8Array(32),
    ciphertext: new Uint8Array([...Buffer.from(boxOf(receiverKey, aad), 'hex'), ...plaintext]),
    signature: '0'.repeat(128),
  }),
  openSealed: async ({ privateKey, aad, ciphertext }: Sealing & Received) => {
    const key = Buffer.from(privateKey.reveal()).toString('hex');
    const box = Buffer.from(ciphertext.subarray(0, 32)).toString('hex');
    if (box !== boxOf(key, aad)) throw new Error('a sealed message stands in another place');
    return ciphertext.slice(32);
  },
}));

vi.mock('../../crypto/sealing/hpke.js', async () => {
  const { Secret } = await import('../../contract/index.js');
  return {
    generateSealKeys: async () => {
      const bytes = new Uint8Array(randomBytes(32));
      return { publicKey: Buffer.from(bytes).toString('hex'), privateKey: new Secret(bytes) };
    },
  };
});

vi.mock('../../crypto/secure-sum/job-keys.js', async (original) => {
  const product = await original<typeof import('../../crypto/secure-sum/job-keys.js')>();
  // Beforehand: SEAL starts on the event loop's own time, which a run does not wait for.
  const once = await product.makeJobKeys();
  return { ...product, makeJobKeys: async () => once };
});

vi.mock('../../crypto/secure-sum/x25519.js', () => ({
  x25519Public: (secret: Uint8Array) => Uint8Array.from(createHash('sha256').update(secret).digest()),
}));

/** The digest of a post is asked for by everybody who sees it; posts travel by reference here, and nobody changes one. */
vi.mock('../../contract/post.js', async (original) => {
  const product = await original<typeof import('../../contract/post.js')>();
  const known = new WeakMap<object, { readonly of: string; readonly digest: HexDigest }>();
  const postDigest: typeof product.postDigest = (jobId, unsigned) => {
    const of = `${jobId} ${unsigned.rosterDigest} ${unsigned.sender}`;
    const before = known.get(unsigned.body);
    if (before?.of === of) return before.digest;
    const digest = product.postDigest(jobId, unsigned);
    known.set(unsigned.body, { of, digest });
    return digest;
  };
  return { ...product, postDigest };
});

/** Messages stay in one process, so they travel by reference; their form is the matter of the contract's own tests. */
vi.mock('../../contract/wire-form.js', () => {
  const same = (message: unknown) => message;
  return { eventToWire: same, eventFromWire: same, postToWire: same, postFromWire: same };
});

vi.mock('../../proto/index.js', () => {
  const messages = new WeakMap<object, unknown>();
  const responseSerialize = (message: unknown) => {
    const bytes = Buffer.alloc(1);
    messages.set(bytes, message);
    return bytes;
  };
  const Session = { responseSerialize, responseDeserialize: (bytes: object) => messages.get(bytes) };
  return { wire: { ParticipantService: { service: { Session } } } };
});

/** The same text gives the same spec, so each is parsed once. */
vi.mock('../../participant/rounds/shown-spec.js', async (original) => {
  const product = await original<typeof import('../../participant/rounds/shown-spec.js')>();
  const known = new WeakMap<object, { readonly jobId: string; readonly spec: JobSpec }>();
  const shownSpec: typeof product.shownSpec = (submitted, jobId) => {
    const before = known.get(submitted);
    if (before?.jobId === jobId) return before.spec;
    const spec = product.shownSpec(submitted, jobId);
    known.set(submitted, { jobId, spec });
    return spec;
  };
  return { ...product, shownSpec };
});

vi.mock('../../coordinator/rounds/step.js', async (original) => {
  const product = await original<typeof import('../../coordinator/rounds/step.js')>();
  const known = new WeakMap<object, ReturnType<typeof product.step>>();
  const step: typeof product.step = (state, event) => {
    if (state !== undefined) return product.step(state, event);
    const begun = known.get(event) ?? product.step(state, event);
    known.set(event, begun);
    return begun;
  };
  return { ...product, step };
});

vi.mock('node:crypto', async (original) => {
  const product = await original<typeof import('node:crypto')>();
  const known = new Map<string, ArrayBuffer>();
  const hkdfSync: typeof product.hkdfSync = (digest, key, salt, info, length) => {
    const text = (of: unknown) =>
      of instanceof Uint8Array ? Buffer.from(of).toString('latin1') : String(of);
    const order = [digest, text(key), text(salt), text(info), length].join('\n');
    const derived = known.get(order) ?? product.hkdfSync(digest, key, salt, info, length);
    if (known.size > 10_000) known.clear();
    known.set(order, derived);
    return derived.slice(0);
  };
  return { ...product, hkdfSync };
});

vi.mock('node:timers/promises', async (original) => {
  const product = await original<typeof import('node:timers/promises')>();
  const delay = (ms: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abandon = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      // That of the run while there is one.
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abandon);
        resolve(value);
      }, ms);
      signal?.addEventListener('abort', abandon);
    });
  return { ...product, setTimeout: delay };
});

vi.mock('node:fs', async (original) => {
  const product = await original<typeof import('node:fs')>();
  const { existsVirtual, isVirtual } = await import('./virtual-files.js');
  const mkdirSync = (path: string, options: object) => isVirtual(path) || product.mkdirSync(path, options);
  const existsSync = (path: string) => existsVirtual(path) || product.existsSync(path);
  return { ...product, mkdirSync, existsSync };
});

vi.mock('node:fs/promises', async (original) => {
  const product = await original<typeof import('node:fs/promises')>();
  const { isVirtual, listVirtual, removeVirtual } = await import('./virtual-files.js');
  const readdir = async (path: string) => (isVirtual(path) ? listVirtual(path) : product.readdir(path));
  const rm = async (path: string, options: object) =>
    isVirtual(path) ? removeVirtual(path) : product.rm(path, options);
  return { ...product, readdir, rm };
});

vi.mock('../../participant/session/session.js', () => ({
  Session: class {
    constructor(link: { session(...of: unknown[]): unknown }, version: string, handlers: unknown) {
      // biome-ignore lint/correctness/noConstructorReturn: the network of the run makes the session
      return link.session(version, handlers) as object;
    }
  },
}));

interface Sealing {
  readonly aad: Readonly<Record<string, unknown>>;
}
interface Received {
  readonly privateKey: { reveal(): Uint8Array };
  readonly ciphertext: Uint8Array;
}

function boxOf(key: string, aad: Sealing['aad']): string {
  return createHash('sha256')
    .update(JSON.stringify([key, aad]))
    .digest('hex');
}

/** 64 bytes in hex that nobody gives but by this function: 32 of the key and 32 of what is signed. */
export function symbolicSignature(key: string, digest: string): string {
  return key + digest;
}

const publicKeys = new Map<string, string>();

export function symbolicSigner(name: string) {
  const publicKey = publicKeys.get(name) ?? createHash('sha256').update(`key of ${name}`).digest('hex');
  publicKeys.set(name, publicKey);
  return { publicKey, sign: (digest: HexDigest) => symbolicSignature(publicKey, digest) };
}
