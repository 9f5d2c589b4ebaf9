import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { toCodedError } from '../../contract/index.js';
import { type AuthenticatedCall, authenticate, type Caller, type Registry } from '../identity/index.js';
import type { RateLimit } from './rate-limit.js';
import type { RefusalLog } from './refusal-log.js';
import { toServiceError } from './status.js';

interface PeerCall extends AuthenticatedCall {
  readonly cancelled: boolean;
  getPeer(): string;
}

/**
 * What every call on the main port passes: who is it, is it too fast, and how is a failure answered and logged.
 * Handlers behind it take a caller and a message and throw coded errors.
 */
export class Gate {
  constructor(
    readonly registry: Registry,
    private readonly rateLimit: RateLimit,
    private readonly refusals: RefusalLog,
  ) {}

  unary<Request, Response>(
    rpc: string,
    handle: (caller: Caller, request: Request) => Promise<Response>,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      this.#admitted(call, async (caller) => handle(caller, call.request)).then(
        (response) => callback(null, response),
        (thrown) => callback(this.#refused(rpc, call, thrown)),
      );
    };
  }

  upload<Request, Response>(
    rpc: string,
    handle: (caller: Caller, call: ServerReadableStream<Request, Response>) => Promise<Response>,
  ): handleClientStreamingCall<Request, Response> {
    return (call, callback) => {
      this.#admitted(call, (caller) => handle(caller, call)).then(
        (response) => callback(null, response),
        (thrown) => callback(this.#refused(rpc, call, thrown)),
      );
    };
  }

  download<Request, Response>(
    rpc: string,
    handle: (caller: Caller, call: ServerWritableStream<Request, Response>) => Promise<void>,
  ): handleServerStreamingCall<Request, Response> {
    return (call) => {
      this.#admitted(call, (caller) => handle(caller, call)).then(
        () => call.end(),
        (thrown) => call.emit('error', this.#refused(rpc, call, thrown)),
      );
    };
  }

  /** The handler's promise ends the stream: with OK when it resolves, with its code when it rejects. */
  stream<Request, Response>(
    rpc: string,
    handle: (caller: Caller, call: ServerDuplexStream<Request, Response>) => Promise<void>,
  ): handleBidiStreamingCall<Request, Response> {
    return (call) => {
      this.#admitted(call, (caller) => handle(caller, call)).then(
        () => call.end(),
        (thrown) => call.emit('error', this.#refused(rpc, call, thrown)),
      );
    };
  }

  async #admitted<T>(call: AuthenticatedCall, handle: (caller: Caller) => Promise<T>): Promise<T> {
    const caller = authenticate(this.registry, call);
    this.rateLimit.take(caller.name);
    return handle(caller);
  }

  /** Logs a refusal once and gives its form on the wire. A caller that hung up is told and logged nothing. */
  #refused(rpc: string, call: PeerCall, thrown: unknown) {
    const error = toCodedError(thrown);
    if (!call.cancelled) this.refusals.record(rpc, this.#nameOf(call), error);
    return toServiceError(error);
  }

  #nameOf(call: PeerCall): string {
    try {
      return authenticate(this.registry, call).name;
    } catch {
      return call.getPeer().replace(/:\d+$/, '');
    }
  }
}
