import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { type Clock, CodedError, toCodedError } from '../../contract/index.js';
import {
  type AuthenticatedCall,
  authenticate,
  type Caller,
  nameForLog,
  type Registry,
} from '../identity/index.js';
import { Connections } from './connections.js';
import { OpenCalls } from './open-calls.js';
import { RateLimit } from './rate-limit.js';
import { type CallSubject, type RefusalLog, subjectOf } from './refusal-log.js';
import { toServiceError } from './status.js';
import { freeSoon } from './taken.js';

/** A participant comes back after 0.2 s, then more and more slowly; each greeting is answered with what it missed. */
const sessionPace = { burst: 20, perSecond: 1 };

interface PeerCall extends AuthenticatedCall {
  /** Of calls with one request. */
  readonly request?: unknown;
  readonly cancelled: boolean;
  getPeer(): string;
}

/**
 * What every call on the main port passes: who is it, is it too fast, and how is a failure answered and logged.
 * Handlers behind it take a caller and a message and throw coded errors.
 */
export class Gate {
  /** Of calls whose messages come one by one. */
  readonly #subjects = new WeakMap<object, CallSubject>();
  readonly #every: RateLimit;
  readonly #sessions: RateLimit;
  readonly #open = new OpenCalls();
  readonly connections = new Connections();

  constructor(
    readonly registry: Registry,
    clock: Clock,
    private readonly refusals: RefusalLog,
  ) {
    this.#every = new RateLimit(clock);
    this.#sessions = new RateLimit(clock, sessionPace);
  }

  unary<Request, Response>(
    rpc: string,
    handle: (caller: Caller, request: Request) => Promise<Response>,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      this.#admitted(rpc, call, async (caller) => handle(caller, call.request)).then(
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
      this.#admitted(rpc, call, (caller) => handle(caller, call)).then(
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
      this.#admitted(rpc, call, (caller) => handle(caller, call)).then(
        () => call.end(),
        (thrown) => this.#end(call, this.#refused(rpc, call, thrown)),
      );
    };
  }

  /** The handler's promise ends the stream: with OK when it resolves, with its code when it rejects. */
  stream<Request, Response>(
    rpc: string,
    handle: (caller: Caller, call: ServerDuplexStream<Request, Response>) => Promise<void>,
  ): handleBidiStreamingCall<Request, Response> {
    return (call) => {
      this.#admitted(rpc, call, (caller) => handle(caller, call)).then(
        () => call.end(),
        (thrown) => this.#end(call, this.#refused(rpc, call, thrown)),
      );
    };
  }

  /** Counts a call that holds several things as so many calls more. @throws {CodedError} RATE_LIMITED */
  charge({ name }: Caller, more: number): void {
    this.#every.take(name, more);
  }

  /** Says what a streaming call turned out to be about, should it be refused later. */
  readonly concerns = (call: object, subject: CallSubject): void => {
    this.#subjects.set(call, subject);
  };

  async #admitted<T>(
    rpc: string,
    call: AuthenticatedCall,
    handle: (caller: Caller) => Promise<T>,
  ): Promise<T> {
    const context = this.connections.contextOf(call);
    const caller = await authenticate(this.registry, { getAuthContext: () => context });
    this.connections.check(call, caller.name);
    this.#every.take(caller.name);
    if (rpc === 'Session') this.#sessions.take(caller.name);
    return this.#open.during(rpc, caller.name, () => handle(caller));
  }

  #end(call: NodeJS.EventEmitter, error: ReturnType<typeof toServiceError>): void {
    call.emit('error', error);
    freeSoon(call);
  }

  /** Logs a refusal once and gives its form on the wire. A caller that hung up is told and logged nothing. */
  #refused(rpc: string, call: PeerCall, thrown: unknown) {
    const error = named(toCodedError(thrown));
    if (call.cancelled) return toServiceError(error);
    const subject = this.#subjects.get(call) ?? subjectOf(call.request);
    return toServiceError(error, this.refusals.record(rpc, nameForLog(this.registry, call), error, subject));
  }
}

/** Whoever hears of a full disk must know that it is not its own. */
function named(error: CodedError): CodedError {
  if (error.code !== 'STORAGE_FULL') return error;
  return new CodedError('STORAGE_FULL', `on the machine of the coordinator: ${error.message}`, {
    cause: error,
  });
}
