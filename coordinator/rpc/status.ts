import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type CodedError, type ErrorEntry, errorCatalogue, errorMetadata } from '../../contract/index.js';

/** The one mapping from the kinds of the error catalogue to gRPC statuses. */
const statusOfKind: Readonly<Record<ErrorEntry['kind'], status>> = {
  input: status.INVALID_ARGUMENT,
  refused: status.PERMISSION_DENIED,
  identity: status.UNAUTHENTICATED,
  missing: status.NOT_FOUND,
  conflict: status.FAILED_PRECONDITION,
  protocol: status.INVALID_ARGUMENT,
  unavailable: status.UNAVAILABLE,
  limit: status.RESOURCE_EXHAUSTED,
  internal: status.INTERNAL,
};

/**
 * What a handler gives its callback. INTERNAL goes without its message, which only the log may have; `call` finds it
 * there.
 */
export function toServiceError(
  error: CodedError,
  call = '',
): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const { kind, meaning } = errorCatalogue[error.code];
  const metadata = new Metadata();
  metadata.set(errorMetadata.code, error.code);
  if (call !== '') metadata.set(errorMetadata.call, call);
  if (error.parties.length > 0) metadata.set(errorMetadata.parties, error.parties.join(','));
  return { code: statusOfKind[kind], details: error.code === 'INTERNAL' ? meaning : error.message, metadata };
}
