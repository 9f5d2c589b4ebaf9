import { type JobId, Secret } from '../../contract/index.js';
import { generateSealKeys } from '../../crypto/sealing/index.js';
import type { Journal } from '../journal/index.js';

export interface SealPair {
  /** X25519, hex; stands in our roster entry. */
  readonly publicKey: string;
  readonly privateKey: Secret;
}

/** The pair of a job: made once, the same after every crash. */
export async function sealPairOf(journal: Journal, jobId: JobId): Promise<SealPair> {
  const pair = readPair(journal.secret(jobId, 'seal-key-pair') ?? (await makePair(journal, jobId)));
  journal.keepSecret(jobId, 'seal-key', pair.privateKey);
  return pair;
}

async function makePair(journal: Journal, jobId: JobId): Promise<Secret> {
  const { publicKey, privateKey } = await generateSealKeys();
  const packed = new Secret(Buffer.concat([Buffer.from(publicKey, 'hex'), privateKey.reveal()]));
  return journal.keepSecret(jobId, 'seal-key-pair', packed);
}

/** The journaled form: 32 bytes public, 32 bytes private. */
function readPair(packed: Secret): SealPair {
  const bytes = packed.reveal();
  return {
    publicKey: Buffer.from(bytes.subarray(0, 32)).toString('hex'),
    privateKey: new Secret(bytes.slice(32)),
  };
}
