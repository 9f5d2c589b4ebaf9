import type { ErrorArea } from './entry.js';

export const identityErrors = {
  TOKEN_INVALID: {
    kind: 'identity',
    meaning: 'The enrolment token is damaged, or this coordinator never issued it.',
    action:
      'Copy the token again, whole; if it still fails, ask the coordinator operator for a new one (fedrisk coordinator invite).',
  },
  TOKEN_USED: {
    kind: 'identity',
    meaning: 'The enrolment token was used before; a token enrols once.',
    action:
      'If it was not you, tell the coordinator operator to revoke the certificate; either way ask for a new token.',
  },
  TOKEN_EXPIRED: {
    kind: 'identity',
    meaning: 'The enrolment token is past its expiry.',
    action: 'Ask the coordinator operator for a new one (fedrisk coordinator invite).',
  },
  CA_MISMATCH: {
    kind: 'identity',
    meaning:
      'The server that answered does not hold the CA named in the token: somebody stands in between, or the coordinator was initialised anew.',
    action:
      'Stop. Compare the CA fingerprint with the coordinator operator by telephone before trying again.',
  },
  CERTIFICATE_REVOKED: {
    kind: 'identity',
    meaning: 'The caller certificate was revoked by the coordinator operator.',
    action: 'Ask the coordinator operator why; a new token is needed to come back.',
  },
  CERTIFICATE_EXPIRED: {
    kind: 'identity',
    meaning: 'The caller certificate is past its end.',
    action: 'Ask the coordinator operator to revoke the name and invite it again, then enrol anew.',
  },
  CERTIFICATE_UNKNOWN: {
    kind: 'identity',
    meaning: 'The caller certificate is not one this coordinator issued, or none was shown.',
    action: 'Enrol with a token first (fedrisk participant enroll).',
  },
  NAME_TAKEN: {
    kind: 'conflict',
    meaning: 'An enrolled party holds this certificate name; a name belongs to one party at a time.',
    action:
      'Choose another name, or revoke the party first (fedrisk coordinator revoke) if the name is to pass on.',
  },
  HOME_EXISTS: {
    kind: 'conflict',
    meaning: 'The home folder is initialised already; doing it again would destroy its keys.',
    action: 'Use another folder with --home, or move the old one away.',
  },
  ROLE_FORBIDDEN: {
    kind: 'refused',
    meaning: 'The role in the caller certificate does not allow this call.',
    action:
      'Use an identity with the right role: participants and scientists submit jobs, operators may cancel, auditors only read.',
  },
  KEYSTORE_LOCKED: {
    kind: 'identity',
    meaning: 'The keystore passphrase is wrong or missing, or the keystore file was changed.',
    action:
      'Give the passphrase by FEDRISK_PASSPHRASE or --passphrase-file; restore the keystore from backup if it is damaged.',
  },
} as const satisfies ErrorArea;
