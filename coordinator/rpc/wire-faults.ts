import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { CodedError, type ErrorCode, errorMetadata } from '../../contract/index.js';
import { nameForLog, type Registry } from '../identity/index.js';
import type { RefusalLog } from './refusal-log.js';

/** Faults that grpc-js answers by itself, before any handler: bytes that do not parse, or too many of them. */
const codeOfStatus: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.INTERNAL]: 'MESSAGE_MALFORMED',
  [status.UNIMPLEMENTED]: 'MESSAGE_MALFORMED',
  [status.RESOURCE_EXHAUSTED]: 'MESSAGE_TOO_LARGE',
};

/** Details of grpc-js on faults of our own answer, which no caller can help. */
const ourFault = /^(Error serializing|Error writing|Sent message|Internal server error)/;

/**
 * Gives those faults a code and a line in the log like every other refusal. An interceptor's responder sees only
 * what handlers send; these statuses start inside the call it wraps, hence the hold on that call's own method.
 */
export function wireFaults(registry: Registry, refusals: RefusalLog): ServerInterceptor {
  return ({ path }, call) => {
    const send = call.sendStatus.bind(call);
    call.sendStatus = (answer) => {
      const code = codeOfStatus[answer.code];
      if (code === undefined || answer.metadata?.get(errorMetadata.code).length) {
        send(answer);
        return;
      }
      const error = new CodedError(ourFault.test(answer.details) ? 'INTERNAL' : code, answer.details);
      const id = refusals.record(path.slice(path.lastIndexOf('/') + 1), nameForLog(registry, call), error);
      const metadata = answer.metadata ?? new Metadata();
      metadata.set(errorMetadata.code, error.code);
      metadata.set(errorMetadata.call, id);
      send({ ...answer, metadata });
    };
    return new ServerInterceptingCall(call);
  };
}
