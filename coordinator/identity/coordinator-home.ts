import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type Clock,
  CodedError,
  type HexDigest,
  type ParticipantName,
  type Secret,
} from '../../contract/index.js';
import {
  type Authority,
  certificateFingerprint,
  createAuthority,
  createRequest,
  generateTlsKey,
  homePassphrase,
  hostPort,
  issueClientCertificate,
  issueServerCertificate,
  keyPairOf,
  makePrivateFolder,
  organisation,
  parseJson,
  privateKeyPem,
  readKeystore,
  requestDigest,
  writeClientFiles,
  writeHomeKeystore,
  writePrivateFile,
} from '../../crypto/identity/index.js';
import { Registry } from './registry.js';
import type { RegistryLog } from './registry-log.js';

const files = {
  config: 'authority.json',
  authority: 'ca.pem',
  server: 'server.pem',
  keystore: 'keystore.json',
};
/** Certificate name of the operator that `init` makes. */
export const operatorName = 'operator' as ParticipantName;

const authorityConfig = z.strictObject({
  format: z.literal('fedrisk/authority/1'),
  name: z.string().min(1).max(80),
  organisation,
  address: hostPort,
  enrolmentAddress: hostPort,
});
export type AuthorityConfig = z.infer<typeof authorityConfig>;

/** What a coordinator process needs to serve. Its keys open nothing that participants encrypt. */
export interface CoordinatorHome {
  readonly config: AuthorityConfig;
  readonly authority: Authority;
  readonly caFingerprint: HexDigest;
  /** For grpc-js `ServerCredentials.createSsl`; the chain ends with the CA so that newcomers can compare its fingerprint. */
  readonly server: { readonly private_key: Buffer; readonly cert_chain: Buffer };
}

export interface CoordinatorInit {
  readonly home: string;
  /** Shown to people, e.g. `east-hub`. */
  readonly name: string;
  readonly organisation: string;
  /** Host names and IP addresses for the server certificate, beside the hosts of the two addresses. */
  readonly hosts: readonly string[];
  /** `host:port` that parties dial. */
  readonly address: string;
  readonly enrolmentAddress: string;
  readonly clock: Clock;
  /** Opens the registry's log; called when the folder exists. */
  readonly openLog: () => Promise<RegistryLog>;
  readonly passphrase?: Secret;
}

/**
 * Makes CA, server key and an operator's client identity in `home/operator` (laid out like any user's home).
 * `authority.json` is written last: a home without it was not initialised, and init can be run again.
 * @throws {CodedError} HOME_EXISTS, CONFIG_INVALID
 */
export async function initCoordinator(init: CoordinatorInit): Promise<{
  readonly caFingerprint: HexDigest;
  readonly operatorHome: string;
  /** Set when no passphrase was given: files that now hold one each. */
  readonly passphraseFiles: readonly string[];
}> {
  const { home, clock, passphrase } = init;
  const configPath = join(home, files.config);
  if (existsSync(configPath)) throw new CodedError('HOME_EXISTS', `${home} holds a coordinator already`);
  const config = parseConfig({ format: 'fedrisk/authority/1', ...addressesOf(init) }, 'coordinator init');
  makePrivateFolder(home);
  const authority = await createAuthority(config.name, config.organisation, clock.now());
  const serverKey = await generateTlsKey();
  const hosts = [...init.hosts, ...[config.address, config.enrolmentAddress].map(hostOf)];
  const { publicKey } = await keyPairOf(serverKey);
  const server = await issueServerCertificate(authority, { ...config, hosts }, publicKey, clock.now());
  const written = await writeHomeKeystore(home, { ca: authority.privateKey, server: serverKey }, passphrase);
  writePrivateFile(join(home, files.authority), authority.certificatePem);
  writePrivateFile(join(home, files.server), `${server.pem}${authority.certificatePem}`);
  const operator = await makeOperator(init, config, authority);
  writePrivateFile(configPath, `${JSON.stringify(config, null, 2)}\n`);
  return {
    caFingerprint: certificateFingerprint(authority.certificatePem),
    operatorHome: operator.home,
    passphraseFiles: [written.passphraseFile, operator.passphraseFile].filter((path) => path !== undefined),
  };
}

/** @throws {CodedError} HOME_INVALID, KEYSTORE_LOCKED */
export async function openCoordinatorHome(home: string, passphrase?: Secret): Promise<CoordinatorHome> {
  const config = parseConfig(parseJson(readHomeFile(home, files.config)), join(home, files.config));
  const certificatePem = readHomeFile(home, files.authority);
  const chain = Buffer.from(readHomeFile(home, files.server));
  const secrets = await readKeystore(join(home, files.keystore), homePassphrase(home, passphrase));
  if (!secrets.ca || !secrets.server)
    throw new CodedError('HOME_INVALID', `${home} lacks a coordinator's keys`);
  return {
    config,
    authority: { certificatePem, privateKey: secrets.ca },
    caFingerprint: certificateFingerprint(certificatePem),
    server: { private_key: privateKeyPem(secrets.server), cert_chain: chain },
  };
}

async function makeOperator(
  { home, clock, openLog, passphrase }: CoordinatorInit,
  config: AuthorityConfig,
  authority: Authority,
): Promise<{ home: string; passphraseFile?: string }> {
  const operatorHome = join(home, 'operator');
  const subject = { name: operatorName, organisation: config.organisation, role: 'operator' as const };
  const tlsKey = await generateTlsKey();
  const written = await writeHomeKeystore(operatorHome, { tls: tlsKey }, passphrase);
  const { publicKey } = await keyPairOf(tlsKey);
  const certificate = await issueClientCertificate(authority, subject, publicKey, clock.now());
  const request = await createRequest(subject.name, subject.organisation, tlsKey);
  const registry = new Registry(await openLog(), clock);
  await registry.refresh();
  if (registry.parties().some(({ name }) => name !== operatorName)) {
    throw new CodedError(
      'HOME_EXISTS',
      'the store holds another coordinator; replicas share a copy of its home',
    );
  }
  const stale = registry.parties().some(({ name, status }) => name === operatorName && status !== 'revoked');
  if (stale) await registry.revoke(operatorName, 'made by an init that did not end');
  await registry.enrol({
    invitationId: '',
    ...subject,
    certificateFingerprint: certificateFingerprint(certificate.pem),
    certificatePem: certificate.pem,
    requestDigest: requestDigest(request),
    identityKey: '',
    expiresMs: certificate.expiresMs,
  });
  writeClientFiles(operatorHome, {
    config: {
      format: 'fedrisk/home/1',
      ...subject,
      coordinator: {
        address: config.address,
        name: config.name,
        caFingerprint: certificateFingerprint(authority.certificatePem),
      },
    },
    certificatePem: certificate.pem,
    authorityPem: authority.certificatePem,
  });
  return { home: operatorHome, ...written };
}

function addressesOf({ name, organisation, address, enrolmentAddress }: CoordinatorInit) {
  return { name, organisation, address, enrolmentAddress };
}

function parseConfig(value: unknown, where: string): AuthorityConfig {
  const parsed = authorityConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CodedError('CONFIG_INVALID', `${where}: ${issue?.path.map(String).join('.')} ${issue?.message}`);
}

function readHomeFile(home: string, name: string): string {
  const path = join(home, name);
  if (!existsSync(path)) throw new CodedError('HOME_INVALID', `there is no ${path}`);
  return readFileSync(path, 'utf8');
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
