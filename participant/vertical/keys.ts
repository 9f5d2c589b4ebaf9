import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CodedError, castOf, type ParticipantName, Secret, type VerticalSpec } from '../../contract/index.js';
import {
  checkPublicKey,
  makeProductKeys,
  type ProductSetName,
  publicKeyBytes,
} from '../../crypto/matvec/index.js';
import { blaming, parcelFrom } from './aligning.js';
import type { MaskPeers } from './pair-masks.js';
import { bytesOf, malformed, readParcel, writeParcel } from './parcel.js';
import type { InboundParcel, StepOutcome, StepWork } from './step-work.js';

/** A key pair serves every parameter set of its ring; one of them stands for the ring. */
const rings = { product: 'product-40', counts: 'counts-40' } as const satisfies Record<
  string,
  ProductSetName
>;
type Ring = keyof typeof rings;
const ringNames = Object.keys(rings) as Ring[];

const maskSeedBytes = 32;
/** Iterations that a spec can have. */
const mostRounds = 50;
/** What a key is for: opening counts of labels, gradients of an iteration, or histograms of trees. */
const keyUse = z.enum(['labels', 'gradients', 'trees']);
export type KeyUse = z.infer<typeof keyUse>;
const keysHeader = z.strictObject({
  /** Public keys in the body, in this order. */
  keys: z
    .array(
      z.strictObject({
        use: keyUse,
        /** Iteration whose gradients it opens; 0 for labels. */
        round: z.int().min(0).max(mostRounds),
        ring: z.enum(['product', 'counts']),
        bytes: z
          .int()
          .min(1)
          .max(1 << 21),
      }),
    )
    .max(2 * (mostRounds + 1)),
  /** Towards a party behind in the order of `masked`, the seed of masks between the two, hex. */
  maskSeed: z.union([z.literal(''), z.string().regex(/^[0-9a-f]{64}$/)]),
});

/**
 * Step keys: everybody's public keys to everybody, and seeds of pairwise masks between them. The label holder
 * has keys for counts and gradients, the first feature holder for the label holder's gradient. Openings of
 * chosen ciphertexts give a key away piece by piece, so that each iteration has a key pair of its own. Which ring a
 * product takes follows from row counts nobody knows yet, so there is a pair for each.
 */
export async function sendKeys(work: StepWork): Promise<StepOutcome> {
  const { spec, me, outbox } = work;
  const begin = performance.now();
  const keep = new Map<string, Secret>();
  const keys: (KeyPlace & { readonly publicKey: Uint8Array })[] = [];
  for (const place of placesOf(spec, me)) {
    const { secretKey, publicKey } = await makeProductKeys(rings[place.ring]);
    keep.set(secretName(place), secretKey);
    keys.push({ ...place, publicKey });
  }
  for (const parcel of outbox) {
    const { to } = parcel;
    const seed = givesSeed(spec, me, to) ? randomBytes(maskSeedBytes) : undefined;
    if (seed) keep.set(`pair/${to}`, new Secret(seed));
    const header = {
      keys: keys.map(({ publicKey, ...place }) => ({ ...place, bytes: publicKey.length })),
      maskSeed: seed?.toString('hex') ?? '',
    };
    await writeParcel(
      parcel,
      header,
      keys.map(({ publicKey }) => publicKey),
    );
  }
  return { keep, timings: [{ step: 'keys', ms: performance.now() - begin }] };
}

interface KeyPlace {
  readonly use: KeyUse;
  readonly round: number;
  readonly ring: Ring;
}

/** Every key that a party makes, in the order in which it sends them. */
function placesOf(spec: VerticalSpec, party: ParticipantName): KeyPlace[] {
  if (spec.type === 'scoring') return [];
  const { labelHolder, holders } = castOf(spec);
  if (spec.type === 'boosting') {
    return party === labelHolder ? ringNames.map((ring) => ({ use: 'trees', round: 0, ring })) : [];
  }
  const rounds = spec.type === 'training' ? spec.training.iterations : 0;
  const opensGradients = party === labelHolder || party === holders[0];
  const uses = [
    ...(party === labelHolder ? [{ use: 'labels' as const, round: 0 }] : []),
    ...Array.from({ length: opensGradients ? rounds : 0 }, (_, at) => ({
      use: 'gradients' as const,
      round: at + 1,
    })),
  ];
  return uses.flatMap((use) => ringNames.map((ring) => ({ ...use, ring })));
}

/** Between two parties with masks the one before in their order draws the seed. */
function givesSeed(spec: VerticalSpec, from: ParticipantName, to: ParticipantName): boolean {
  if (spec.type === 'boosting') return false;
  const parties = masked(spec, spec.type === 'training' ? 'residual' : 'parts');
  return parties.includes(from) && parties.indexOf(from) < parties.indexOf(to);
}

/**
 * Before anything made from own rows leaves: everybody sent the keys and seeds of its place in the job, and nothing else.
 * @throws {CodedError} PARCEL_MALFORMED, CIPHERTEXT_MALFORMED naming the peer.
 */
export async function checkKeys({ spec, me, inbox }: StepWork): Promise<void> {
  for (const parcel of inbox.filter(({ name }) => name === 'keys')) {
    const { from } = parcel;
    const { header, bodyBytes, body } = await readParcel(parcel, keysHeader);
    const due = placesOf(spec, from).map((place) => ({ ...place, bytes: publicKeyBytes(rings[place.ring]) }));
    const bytesDue = due.reduce((sum, { bytes }) => sum + bytes, 0);
    if (
      JSON.stringify(header.keys) !== JSON.stringify(due) ||
      bodyBytes !== bytesDue ||
      (header.maskSeed !== '') !== givesSeed(spec, from, me)
    ) {
      throw malformed(parcel, 'has other keys or seeds than its sender owes');
    }
    let at = 0;
    for (const { ring, bytes } of due) {
      const key = await bytesOf(body(at, at + bytes));
      await blaming(from, async () => checkPublicKey(rings[ring], key));
      at += bytes;
    }
  }
}

function secretName({ use, round, ring }: KeyPlace): string {
  return `he/${use}/${round}/${ring}`;
}

/** The key that a step takes: those of gradients change with the iteration. */
function placeIn({ step }: StepWork, use: KeyUse, set: ProductSetName): KeyPlace {
  return { use, round: use === 'gradients' ? step.round : 0, ring: ringOf(set) };
}

function ringOf(set: ProductSetName): Ring {
  return set.startsWith('product') ? 'product' : 'counts';
}

/** The own key for a use in this step, in the ring of a parameter set. */
export function heldSecretKey(work: StepWork, use: KeyUse, set: ProductSetName): Secret {
  const key = work.secrets.get(secretName(placeIn(work, use, set)));
  if (key === undefined) throw new CodedError('INTERNAL', `no key for ${use} is kept`);
  return key;
}

/** A peer's public key. @throws {CodedError} PARCEL_MALFORMED, CIPHERTEXT_MALFORMED naming the peer. */
export async function publicKeyOf(
  work: StepWork,
  owner: ParticipantName,
  use: KeyUse,
  set: ProductSetName,
): Promise<Uint8Array> {
  const parcel = parcelFrom(work.inbox, 'keys', owner);
  const { header, body } = await readParcel(parcel, keysHeader);
  const place = placeIn(work, use, set);
  let at = 0;
  for (const key of header.keys) {
    if (key.use === place.use && key.round === place.round && key.ring === place.ring) {
      const bytes = await bytesOf(body(at, at + key.bytes));
      await blaming(owner, async () => checkPublicKey(set, bytes));
      return bytes;
    }
    at += key.bytes;
  }
  throw malformed(parcel, `has no public key for ${use}`);
}

/**
 * Whose masks cancel. In the residual the label holder's too: without them the feature holder with the key of its
 * gradient and all others but one would read the remaining one's term without it. It alone gets score parts, so those
 * need masks between feature holders only. With one of those there is nothing to hide from.
 */
type Masked = 'residual' | 'parts';

function masked(spec: VerticalSpec, what: Masked): readonly ParticipantName[] {
  const { labelHolder, holders } = castOf(spec);
  return what === 'residual' && holders.length > 1 ? [labelHolder, ...holders] : holders;
}

/** This party and its mask seeds: own ones towards parties behind, received ones from those before. */
export async function maskPeers(work: StepWork, what: Masked): Promise<MaskPeers> {
  const { spec, me, inbox, secrets, rosterDigest } = work;
  const holders = masked(spec, what);
  const own = holders.indexOf(me);
  const seeds = new Map<string, Secret>();
  for (const [at, holder] of holders.entries()) {
    if (at === own) continue;
    const seed = at > own ? secrets.get(`pair/${holder}`) : await seedFrom(parcelFrom(inbox, 'keys', holder));
    if (seed === undefined) throw new CodedError('INTERNAL', `no mask seed is kept for ${holder}`);
    seeds.set(holder, seed);
  }
  return { me, holders, rosterDigest, seed: (holder) => seeds.get(holder)! };
}

async function seedFrom(parcel: InboundParcel): Promise<Secret> {
  const { header } = await readParcel(parcel, keysHeader);
  if (header.maskSeed === '') throw malformed(parcel, 'has no mask seed');
  return new Secret(Buffer.from(header.maskSeed, 'hex'));
}
