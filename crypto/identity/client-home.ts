import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CodedError, hexDigest, participantName, Secret } from '../../contract/index.js';
import { parseJson } from './json.js';
import { drawPassphrase, readKeystore, type Secrets, writeKeystore } from './keystore.js';
import { makePrivateFolder, writePrivateFile } from './private-file.js';
import { organisation, role } from './subject.js';
import { hostPort } from './token.js';

/** Files of a home folder; all 0600 in a folder 0700. */
export const homeFiles = {
  config: 'config.json',
  certificate: 'certificate.pem',
  authority: 'ca.pem',
  keystore: 'keystore.json',
  /** Only when the owner gave no passphrase; whoever reads it can open the keystore. */
  passphrase: 'passphrase',
} as const;

/** Whose home it is and which coordinator it belongs to. */
export const clientConfig = z.strictObject({
  format: z.literal('fedrisk/home/1'),
  name: participantName,
  organisation,
  role,
  coordinator: z.strictObject({ address: hostPort, name: z.string().max(80), caFingerprint: hexDigest }),
});
export type ClientConfig = z.infer<typeof clientConfig>;

export interface ClientHome {
  readonly config: ClientConfig;
  readonly certificatePem: string;
  readonly authorityPem: string;
  readonly secrets: Secrets;
}

/**
 * Writes certificate, CA and config; the config comes last, so a home that has one is whole.
 * The keystore was written before the keys were used.
 */
export function writeClientFiles(home: string, files: Omit<ClientHome, 'secrets'>): void {
  writePrivateFile(join(home, homeFiles.certificate), files.certificatePem);
  writePrivateFile(join(home, homeFiles.authority), files.authorityPem);
  writePrivateFile(join(home, homeFiles.config), `${JSON.stringify(files.config, null, 2)}\n`);
}

/** @throws {CodedError} HOME_INVALID when a file is missing or wrong, KEYSTORE_LOCKED */
export async function readClientHome(home: string, passphrase?: Secret): Promise<ClientHome> {
  const config = readClientConfig(home);
  const certificatePem = readHomeFile(home, homeFiles.certificate);
  const authorityPem = readHomeFile(home, homeFiles.authority);
  const secrets = await readKeystore(join(home, homeFiles.keystore), homePassphrase(home, passphrase));
  return { config, certificatePem, authorityPem, secrets };
}

/** Needs no passphrase. @throws {CodedError} HOME_INVALID */
export function readClientConfig(home: string): ClientConfig {
  const parsed = clientConfig.safeParse(parseJson(readHomeFile(home, homeFiles.config)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw new CodedError('HOME_INVALID', `${join(home, homeFiles.config)}: ${field} ${issue?.message}`);
}

/**
 * Makes the folder and its keystore. Without a passphrase a random one is drawn and kept beside the keystore,
 * which then protects nothing beyond the file permissions; callers tell the owner so.
 */
export async function writeHomeKeystore(
  home: string,
  secrets: Secrets,
  passphrase?: Secret,
): Promise<{ readonly passphraseFile?: string }> {
  makePrivateFolder(home);
  const path = join(home, homeFiles.keystore);
  if (passphrase) {
    await writeKeystore(path, passphrase, secrets);
    return {};
  }
  const drawn = drawPassphrase();
  const passphraseFile = join(home, homeFiles.passphrase);
  writePrivateFile(passphraseFile, drawn.reveal());
  await writeKeystore(path, drawn, secrets);
  return { passphraseFile };
}

/** The passphrase given, or the one kept in the home. @throws {CodedError} KEYSTORE_LOCKED when there is none. */
export function homePassphrase(home: string, given?: Secret): Secret {
  if (given) return given;
  const path = join(home, homeFiles.passphrase);
  if (!existsSync(path))
    throw new CodedError('KEYSTORE_LOCKED', `the keystore of ${home} needs a passphrase`);
  return new Secret(new Uint8Array(Buffer.from(readFileSync(path, 'utf8').trim())));
}

function readHomeFile(home: string, name: string): string {
  const path = join(home, name);
  if (!existsSync(path)) throw new CodedError('HOME_INVALID', `there is no ${path}`);
  return readFileSync(path, 'utf8');
}
