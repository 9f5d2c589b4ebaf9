import type { Client } from 'minio';
import { CodedError } from '../../contract/index.js';
import { asked, codeOf, isAnswer, presentOrNot } from './s3-requests.js';

/** A folder of a bucket; empty or with a slash at its end. */
interface Folder {
  readonly bucket: string;
  readonly folder: string;
}

/** No key has this name: each begins with a job. */
const markName = 'owner';
/** Larger ones are nobody's we know. */
const markBytes = 200;
/** What a store says that has a mark by now, or is about to. */
const refusals = ['PreconditionFailed', 'ConditionalRequestConflict'];
const tries = 3;

/**
 * Marks a folder as that of one coordinator and its replicas, or sees that it is marked so. Whoever sweeps deletes what
 * belongs to no job in its own store: everything that another coordinator has.
 *
 * Of two that find no mark the first one counts. A store that knows no conditional writes keeps the later mark; the
 * coordinator that lost its own by it hears of that here, before it sweeps again.
 * @param owner up to 200 bytes.
 * @throws {CodedError} HOME_INVALID where another's mark stands; what the store throws.
 */
export async function ownFolder(client: Client, place: Folder, owner: string): Promise<void> {
  const name = `${place.folder}${markName}`;
  for (let attempt = 1; attempt <= tries; attempt++) {
    const found = await presentOrNot(asked(() => read(client, place.bucket, name)));
    if (found === owner) return;
    if (found !== undefined) throw foreign(place, name);
    await mark(client, place.bucket, name, owner);
  }
  throw new CodedError('COORDINATOR_UNREACHABLE', `blobs: the store does not keep ${name}`);
}

async function read(client: Client, bucket: string, name: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of await client.getObject(bucket, name)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > markBytes) break;
  }
  return Buffer.concat(pieces).toString();
}

async function mark(client: Client, bucket: string, name: string, owner: string): Promise<void> {
  const put = (headers: Record<string, string>) =>
    asked(() =>
      client.putObject(bucket, name, owner, undefined, { 'content-type': 'text/plain', ...headers }),
    );
  try {
    await put({ 'if-none-match': '*' });
  } catch (error) {
    if (refusals.includes(codeOf(error))) return;
    if (!isAnswer(error)) throw error;
    // Some stores take no conditions; one that takes nothing says so again.
    await put({});
  }
}

function foreign({ bucket, folder }: Folder, name: string): CodedError {
  return new CodedError(
    'HOME_INVALID',
    `blobs: s3://${bucket}/${folder} holds the ciphertexts of another coordinator, and each deletes what it does not know: write a bucket or folder of its own into coordinator.yaml, or delete the object ${name} if that coordinator is no more`,
  );
}
