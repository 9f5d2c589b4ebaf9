import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hex, type Secret } from '../../contract/index.js';
import {
  createRequest,
  homeFiles,
  homePassphrase,
  parseJson,
  type Role,
  readKeystore,
  type Subject,
  writeHomeKeystore,
  writePrivateFile,
} from '../../crypto/identity/index.js';
import { generateHomeSecrets, type HomeKeys, homeKeys } from '../keystore/index.js';

const pendingRequest = z.strictObject({ invitationId: hex(16), request: z.base64url() });
const pendingFile = 'enrolment-pending.json';

/** Keys of a home whose certificate is not there yet. */
export interface PendingKeys {
  readonly keys: HomeKeys;
  /** PKCS #10 request, DER. */
  readonly request: Uint8Array;
  /** Set when no passphrase was given: the file that holds one. */
  readonly passphraseFile?: string;
}

/**
 * Makes keys and request and stores both before anything is sent. Run again after a crash with the same
 * invitation it takes up what is stored: the same bytes go out, so a lost answer does not cost the token.
 * @throws {CodedError} KEYSTORE_LOCKED when the second run has another passphrase.
 */
export async function preparePendingKeys(
  home: string,
  invitation: Subject & { readonly invitationId: string },
  passphrase?: Secret,
): Promise<PendingKeys> {
  const { invitationId, name, organisation, role } = invitation;
  const stored = storedRequest(home, invitationId);
  if (stored) return reopen(home, role, stored, passphrase);
  const secrets = await generateHomeSecrets(role);
  const keys = homeKeys(secrets, role);
  const request = await createRequest(name, organisation, keys.tlsKey);
  const written = await writeHomeKeystore(home, secrets, passphrase);
  const record = { invitationId, request: Buffer.from(request).toString('base64url') };
  writePrivateFile(join(home, pendingFile), `${JSON.stringify(record)}\n`);
  return { keys, request, ...written };
}

/** The certificate is stored; nothing is pending any more. */
export function endPending(home: string): void {
  rmSync(join(home, pendingFile), { force: true });
}

async function reopen(
  home: string,
  role: Role,
  request: Uint8Array,
  passphrase?: Secret,
): Promise<PendingKeys> {
  const secrets = await readKeystore(join(home, homeFiles.keystore), homePassphrase(home, passphrase));
  const keys = homeKeys(secrets, role);
  return { keys, request, ...(!passphrase && { passphraseFile: join(home, homeFiles.passphrase) }) };
}

function storedRequest(home: string, invitationId: string): Uint8Array | undefined {
  const path = join(home, pendingFile);
  if (!existsSync(path)) return undefined;
  const pending = pendingRequest.safeParse(parseJson(readFileSync(path, 'utf8')));
  if (pending.data?.invitationId !== invitationId) return undefined;
  return new Uint8Array(Buffer.from(pending.data.request, 'base64url'));
}
