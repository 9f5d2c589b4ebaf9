import { constants, type Http2Session, type ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';
import { CodedError } from '../../contract/index.js';
import { certificateFingerprint } from '../../crypto/identity/index.js';
import type { AuthenticatedCall } from '../identity/index.js';
import { streamOf } from './stream-below.js';
import { openConnectionWide } from './windows.js';

/**
 * Connections that one certificate may have open: a participant needs one, and a few while old ones, cut silently, are
 * found out by keep-alive; a person has one for each command that runs.
 */
const mostEach = 32;
/** How long one above these stays, so that whoever makes a call on it is told why. */
const surplusMs = 5_000;

type Context = ReturnType<AuthenticatedCall['getAuthContext']>;

/** TLS connections of the main port by certificate. A connection costs memory though nobody makes a call on it. */
export class Connections {
  readonly #open = new Map<string, number>();
  readonly #surplus = new WeakSet<Http2Session>();
  readonly #contexts = new WeakMap<Http2Session, Context>();

  /** Counts those that come from now on. grpc-js (1.14.7) does not tell of connections: hence the reach for its servers. */
  watch(server: Server): void {
    const { http2Servers } = server as unknown as {
      readonly http2Servers: Map<NodeJS.EventEmitter, unknown>;
    };
    for (const each of http2Servers.keys()) {
      each.on('session', (session: ServerHttp2Session) => this.#opened(session));
    }
  }

  /** The caller's certificate, read once for a connection: that takes longer than all else that a call is asked. */
  contextOf(call: AuthenticatedCall): Context {
    const session = streamOf(call)?.session;
    const known = session && this.#contexts.get(session);
    if (known) return known;
    const { sslPeerCertificate: certificate } = call.getAuthContext();
    const context = certificate ? { sslPeerCertificate: { raw: certificate.raw } } : {};
    if (session && certificate) this.#contexts.set(session, context);
    return context;
  }

  /** @throws {CodedError} RATE_LIMITED when the call comes on a connection too many. */
  check(call: object, caller: string): void {
    const session = streamOf(call)?.session;
    if (!session || !this.#surplus.has(session)) return;
    throw new CodedError('RATE_LIMITED', `${caller} has ${mostEach} connections open`);
  }

  #opened(session: ServerHttp2Session): void {
    const raw: Buffer | undefined = (session.socket as TLSSocket).getPeerCertificate()?.raw;
    // It is gone already.
    if (raw === undefined) return;
    openConnectionWide(session);
    const fingerprint = certificateFingerprint(raw);
    const open = this.#open.get(fingerprint) ?? 0;
    this.#open.set(fingerprint, open + 1);
    const end = () => session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const timer = open < mostEach ? undefined : setTimeout(end, surplusMs);
    if (timer) this.#surplus.add(session);
    session.on('close', () => {
      clearTimeout(timer);
      const left = (this.#open.get(fingerprint) ?? 1) - 1;
      if (left > 0) this.#open.set(fingerprint, left);
      else this.#open.delete(fingerprint);
    });
    if (open >= 2 * mostEach) end();
  }
}
