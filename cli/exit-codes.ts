import { type CodedError, type ErrorEntry, errorCatalogue } from '../contract/index.js';

/** Exit codes of every command. Stable: scripts rely on them. */
export const exitCodes = {
  ok: 0,
  internal: 1,
  input: 2,
  refused: 3,
  identity: 4,
  missing: 5,
  conflict: 6,
  protocol: 7,
  unavailable: 8,
  limit: 9,
  jobFailed: 10,
  jobCancelled: 11,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCodes;
export type ExitCode = (typeof exitCodes)[ExitName];

/** What each exit code means, as `fedrisk --help` and `fedrisk explain` print it. */
export const exitMeanings: Readonly<Record<ExitName, string>> = {
  ok: 'done; for jobs wait and watch: the job finished',
  internal: 'a fault of this software',
  input: 'wrong arguments or a wrong file',
  refused: 'a policy, a person or a role says no',
  identity: 'keys, certificates, tokens or passphrase',
  missing: 'no such job, round, dataset or party',
  conflict: 'clashes with what exists',
  protocol: 'a peer or the coordinator broke the protocol',
  unavailable: 'the coordinator does not answer; try again later',
  limit: 'too large, too many or too late',
  jobFailed: 'the job that was waited for failed',
  jobCancelled: 'the job that was waited for was cancelled',
  interrupted: 'stopped by Ctrl-C; the job goes on',
};

export function exitCodeOfKind(kind: ErrorEntry['kind']): ExitCode {
  return exitCodes[kind];
}

export function exitCodeOf(error: CodedError): ExitCode {
  return exitCodeOfKind(errorCatalogue[error.code].kind);
}
