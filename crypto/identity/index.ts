export { type ArchiveEntry, readArchive, writeArchive } from './archive.js';
export { decryptAtRest, encryptAtRest } from './at-rest.js';
export {
  type Authority,
  coordinatorServerName,
  createAuthority,
  type IssuedCertificate,
  issueClientCertificate,
  issueServerCertificate,
} from './authority.js';
export { type Card, card, signCard, verifyCard } from './card.js';
export {
  type ClientConfig,
  type ClientHome,
  clientConfig,
  homeFiles,
  homePassphrase,
  readClientConfig,
  readClientHome,
  writeClientFiles,
  writeHomeKeystore,
} from './client-home.js';
export { certificateFingerprint, spokenFingerprint, typedFingerprint } from './fingerprint.js';
export { lockHome } from './home-lock.js';
export { parseJson } from './json.js';
export { drawPassphrase, readKeystore, type Secrets, writeKeystore } from './keystore.js';
export { makePrivateFolder, writePrivateFile } from './private-file.js';
export { createRequest, enrolmentDigest, publicKeyOfRequest, requestDigest } from './request.js';
export { generateIdentity, type Identity, type Signer, signerOf, verifySignature } from './signature.js';
export { isParticipantRole, organisation, type Role, role, roles, type Subject, subject } from './subject.js';
export { decodeToken, type EnrolmentToken, encodeToken, hostPort, secretDigest } from './token.js';
export { generateTlsKey, keyPairOf, privateKeyPem } from './x509.js';
