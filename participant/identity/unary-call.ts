import { type CallOptions, Metadata, type requestCallback } from '@grpc/grpc-js';
import { isRemoteFailure, remoteError, systemClock, toCodedError } from '../../contract/index.js';
import { callTimeoutMs } from './credentials.js';

/**
 * One unary call with a deadline: `unaryCall<Answer>((...rest) => client.Method(request, ...rest))`.
 * The deadline is wall-clock time whatever clock the caller keeps, since gRPC measures it. What fails comes back as the coded error the coordinator meant.
 */
export function unaryCall<Response>(
  start: (metadata: Metadata, options: CallOptions, callback: requestCallback<Response>) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start(new Metadata(), { deadline: systemClock.now() + callTimeoutMs }, (error, response) => {
      if (error) reject(isRemoteFailure(error) ? remoteError(error) : toCodedError(error));
      else resolve(response as Response);
    });
  });
}
