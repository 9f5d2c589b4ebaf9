import type { handleUnaryCall } from '@grpc/grpc-js';
import { type Clock, CodedError, toCodedError } from '../../contract/index.js';
import type { Authority } from '../../crypto/identity/index.js';
import type { EnrolmentServiceHandlers } from '../../proto/gen/fedrisk/v1/EnrolmentService.js';
import { toServiceError } from '../rpc/status.js';
import { enrolParty } from './enrolment.js';
import { FailureLimit } from './failure-limit.js';
import type { Registry } from './registry.js';

/** Told once per refused call; never sees secrets. Gives the call's id. */
export type RefusalListener = (refusal: { readonly error: CodedError; readonly peer: string }) => string;

/** The service on the enrolment port, where callers have no certificate yet. */
export function enrolmentHandlers(parts: {
  readonly registry: Registry;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly onRefusal?: RefusalListener;
}): EnrolmentServiceHandlers {
  const { registry, authority, clock, onRefusal } = parts;
  const failures = new FailureLimit(clock);
  return {
    Enroll: (call, callback) => {
      const address = addressOf(call.getPeer());
      answer(callback, async () => {
        failures.check(address);
        try {
          const enrolment = await enrolParty(registry, authority, clock, call.request);
          const { certificatePem, name, organisation, role } = enrolment;
          return { certificatePem, caPem: authority.certificatePem, name, organisation, role };
        } catch (thrown) {
          failures.count(address);
          const error = toCodedError(thrown);
          const { code, message, parties, cause } = error;
          const call = onRefusal?.({ error, peer: address }) ?? '';
          throw new CodedError(code, message, { cause, parties, call });
        }
      });
    },
  };
}

function answer<T>(callback: Parameters<handleUnaryCall<unknown, T>>[1], handle: () => Promise<T>): void {
  handle().then(
    (response) => callback(null, response),
    (thrown) => {
      const error = toCodedError(thrown);
      callback(toServiceError(error, error.call));
    },
  );
}

/** `getPeer()` gives `ip:port`; the port changes with every connection. */
function addressOf(peer: string): string {
  return peer.slice(0, Math.max(peer.lastIndexOf(':'), 0)) || peer;
}
