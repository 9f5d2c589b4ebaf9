import { createHash, X509Certificate } from 'node:crypto';
import { CodedError } from '../contract/index.js';
import type { Authority } from '../crypto/identity/index.js';
import { openS3Blobs, type SharedBlobs } from './blobs/index.js';
import type { CoordinatorConfig } from './config.js';
import type { StoreSetting } from './home-store.js';
import { openPostgresBlobs } from './store/index.js';

/** The environment: keys of an S3-compatible store stand there under the names that its other programs use. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the ciphertexts of a coordinator are kept: in its home, with its transcripts, or in a store of objects. */
export type BlobsKept = 'folder' | 'postgres' | 's3';

export function blobsKept({ blobs }: CoordinatorConfig, store: StoreSetting): BlobsKept {
  if (blobs === 'folder' || blobs === 'postgres') return blobs;
  if (blobs !== undefined) return 's3';
  return store === 'sqlite' ? 'folder' : 'postgres';
}

/** Names the authority by its key: every replica has it, and a certificate that is issued anew keeps it. */
export function ownerOf({ certificatePem }: Pick<Authority, 'certificatePem'>): string {
  const { publicKey } = new X509Certificate(certificatePem);
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/**
 * Where ciphertexts go besides the home's folder; undefined where that folder is all there is.
 * @param owner of a folder in a store of objects, as `ownerOf`; a database knows its own.
 * @throws {CodedError} CONFIG_INVALID, COORDINATOR_UNREACHABLE, HOME_INVALID.
 */
export async function openSharedBlobs(
  config: CoordinatorConfig,
  store: StoreSetting,
  environment: Environment,
  owner: string,
): Promise<SharedBlobs | undefined> {
  const kept = blobsKept(config, store);
  if (kept === 'folder') return undefined;
  if (kept === 'postgres') {
    if (store === 'sqlite')
      throw new CodedError('CONFIG_INVALID', 'blobs: postgres needs a PostgreSQL store');
    return openPostgresBlobs(store);
  }
  const accessKey = environment.AWS_ACCESS_KEY_ID;
  const secretKey = environment.AWS_SECRET_ACCESS_KEY;
  if (!accessKey || !secretKey) {
    throw new CodedError('CONFIG_INVALID', 'blobs: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  const access = {
    url: config.blobs!,
    endpoint: config.blobsEndpoint ?? 'https://s3.amazonaws.com',
    region: config.blobsRegion ?? 'us-east-1',
    ...{ accessKey, secretKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined },
  };
  return openS3Blobs(access, owner);
}
