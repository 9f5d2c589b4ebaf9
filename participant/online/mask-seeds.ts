import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { castOf, Secret } from '../../contract/index.js';
import { type MaskPeers, pairMasks } from '../vertical/pair-masks.js';
import type { OnlineJob } from './online-job.js';

/** Words of score parts. */
const modulus = 2 ** 32;

/**
 * Masks of one feature holder for single questions. Two holders share a seed: X25519 of their job keys (RFC 7748 §6.1),
 * through HKDF with the roster, under a label of its own. So nothing has to be kept for it but the job key; that key also
 * opens HPKE messages, whose key schedule has other labels (RFC 9180 §4), and it is never opened to anybody.
 */
export class OnlineMasks {
  readonly #peers: MaskPeers;

  /** @throws when a peer's job key is of small order. */
  constructor(job: OnlineJob) {
    const { me, rosterDigest } = job;
    const { holders } = castOf(job.spec);
    const seeds = holderSeeds(job);
    this.#peers = { me, holders, rosterDigest, seed: (holder) => seeds.get(holder)! };
  }

  /**
   * The mask of one answer, 0 for a single holder. It depends on the customer too: a label holder that asks two holders
   * for two customers under one request id gets parts whose masks do not cancel.
   * @param customer 32 bytes.
   */
  of(requestId: string, customer: Uint8Array): number {
    const purpose = `online/${requestId}/${Buffer.from(customer).toString('hex')}`;
    return pairMasks(this.#peers, purpose, 1, modulus)[0]!;
  }
}

/** What a feature holder shares with each other one. @throws when a peer's job key is of small order. */
export function holderSeeds(job: OnlineJob): ReadonlyMap<string, Secret> {
  const others = castOf(job.spec).holders.filter((holder) => holder !== job.me);
  return new Map(others.map((holder) => [holder, seedWith(job, holder)]));
}

function seedWith({ me, entries, privateKey, rosterDigest }: OnlineJob, holder: string): Secret {
  const jwk = (hex: string) => ({
    kty: 'OKP',
    crv: 'X25519',
    x: Buffer.from(hex, 'hex').toString('base64url'),
  });
  const d = Buffer.from(privateKey.reveal()).toString('base64url');
  const own = createPrivateKey({ key: { ...jwk(entries.get(me)!.sealKey), d }, format: 'jwk' });
  const theirs = createPublicKey({ key: jwk(entries.get(holder)!.sealKey), format: 'jwk' });
  const shared = diffieHellman({ privateKey: own, publicKey: theirs });
  return new Secret(
    new Uint8Array(hkdfSync('sha256', shared, rosterDigest, 'fedrisk/v1/online-mask-seed', 32)),
  );
}
