import { CodedError, type ErrorCode, isErrorCode } from './errors/index.js';

/** Metadata keys that carry a coded error beside a gRPC status. */
export const errorMetadata = {
  code: 'fedrisk-code',
  parties: 'fedrisk-parties',
  /** Id of the refused call, as the coordinator's log has it. */
  call: 'fedrisk-call',
} as const;

/** What a gRPC client gets when a call fails; spelled out so that this room needs no gRPC. */
export interface RemoteFailure {
  /** gRPC status number. */
  readonly code: number;
  readonly details: string;
  readonly metadata?: { get(key: string): readonly (string | Uint8Array)[] } | undefined;
}

/** Statuses that the transport or a library raises before a handler runs; all others carry a code of ours. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  3: 'MESSAGE_MALFORMED',
  4: 'COORDINATOR_UNREACHABLE',
  8: 'MESSAGE_TOO_LARGE',
  12: 'MESSAGE_UNEXPECTED',
  14: 'COORDINATOR_UNREACHABLE',
  16: 'CERTIFICATE_UNKNOWN',
};

const maxDetail = 500;
const maxParties = 255;

/** The coded error behind a failed call. The server is foreign: unknown codes and long texts are cut down. */
export function remoteError(failure: RemoteFailure): CodedError {
  const stated = text(failure, errorMetadata.code);
  const code = isErrorCode(stated) ? stated : (codeOfStatus[failure.code] ?? 'INTERNAL');
  const parties = text(failure, errorMetadata.parties)
    .split(',')
    .filter((name) => /^[a-z][a-z0-9-]{1,39}$/.test(name))
    .slice(0, maxParties);
  const details = failure.details.replace(/\p{Cc}+/gu, ' ').slice(0, maxDetail);
  const call = text(failure, errorMetadata.call);
  return new CodedError(code, details, {
    ...{ cause: failure, parties },
    ...(/^[0-9a-f-]{1,40}$/.test(call) && { call }),
  });
}

/** Tells a failed call from any other thrown value. */
export function isRemoteFailure(thrown: unknown): thrown is RemoteFailure {
  const failure = thrown as Partial<RemoteFailure> | null;
  return thrown instanceof Error && typeof failure?.code === 'number' && typeof failure.details === 'string';
}

function text(failure: RemoteFailure, key: string): string {
  const value = failure.metadata?.get(key)[0];
  return typeof value === 'string' ? value : '';
}
