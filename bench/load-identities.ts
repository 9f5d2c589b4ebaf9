import { createHash } from 'node:crypto';
import {
  type HexDigest,
  type ParameterSetName,
  type ParticipantName,
  systemClock,
} from '../contract/index.js';
import { openCoordinatorHome, Registry } from '../coordinator/identity/index.js';
import { openSqliteStore } from '../coordinator/store/index.js';
import { BlockCipher, makeSecretKey } from '../crypto/he/index.js';
import {
  certificateFingerprint,
  createRequest,
  generateIdentity,
  generateTlsKey,
  issueClientCertificate,
  keyPairOf,
  privateKeyPem,
  requestDigest,
  signerOf,
} from '../crypto/identity/index.js';
import { parameterSet, type SumShape, slotCount } from '../crypto/secure-sum/index.js';
import type { PartyIdentity, ReadyUpload } from './load-party.js';

/**
 * Enrols banks straight in the store of a coordinator that does not run: tokens are not the matter here. Identities and
 * certificates are each party's own, the TLS key is one for all.
 */
export async function enrolBanks(
  home: string,
  databaseFile: string,
  names: readonly ParticipantName[],
): Promise<PartyIdentity[]> {
  const { authority } = await openCoordinatorHome(home);
  const store = openSqliteStore(databaseFile);
  const registry = new Registry(store.registryLog, systemClock);
  const tlsKey = await generateTlsKey();
  const { publicKey } = await keyPairOf(tlsKey);
  const key = privateKeyPem(tlsKey);
  const banks: PartyIdentity[] = [];
  for (const name of names) {
    const subject = { name, organisation: `Org of ${name}`, role: 'bank' as const };
    const { pem, expiresMs } = await issueClientCertificate(authority, subject, publicKey, systemClock.now());
    const signer = signerOf(generateIdentity().privateKey);
    const certificate = {
      certificatePem: pem,
      certificateFingerprint: certificateFingerprint(pem),
      expiresMs,
    };
    const request = requestDigest(await createRequest(name, subject.organisation, tlsKey));
    const { publicKey: identityKey } = signer;
    await registry.enrol({
      ...subject,
      ...certificate,
      invitationId: '',
      requestDigest: request,
      identityKey,
    });
    const tls = { authority: Buffer.from(authority.certificatePem), key, certificate: Buffer.from(pem) };
    banks.push({ ...subject, ...certificate, signer, tls });
  }
  await store.close();
  return banks;
}

/** A ciphertext of zeros in the form of a contribution, under a key that nobody keeps. */
export async function zeroContribution(shape: SumShape): Promise<ReadyUpload> {
  const { degree } = parameterSet(shape.parameterSet);
  const cipher = await cipherOf(shape.parameterSet);
  const blocks: Uint8Array[] = [];
  for (let left = slotCount(shape); left > 0; left -= degree) {
    blocks.push(Uint8Array.from(cipher.encrypt(new Float64Array(degree), Math.min(left, degree))));
  }
  cipher.close();
  const bytes = Buffer.concat(blocks);
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex') as HexDigest };
}

async function cipherOf(set: ParameterSetName): Promise<BlockCipher> {
  return BlockCipher.open(set, (await makeSecretKey(set)).reveal());
}
