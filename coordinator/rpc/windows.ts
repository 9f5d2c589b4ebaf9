import type { Http2Session, ServerHttp2Session } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { streamOf } from './stream-below.js';

/**
 * Bytes that a caller may send on a stream before somebody reads it: this is what a call holds while it waits for its
 * turn. Most messages fit.
 */
const narrowBytes = 16 * 1024;
/** The same on connections with an upload under way: 5 MB/s where a round trip takes 50 ms. */
const wideBytes = 256 * 1024;

/** Streams under way on a connection that was widened for them. */
const widened = new WeakMap<Http2Session, number>();

/** For all connections of a server that does not listen yet. grpc-js (1.14.7) has no option for this: hence the reach. */
export function openNarrow(server: Server): void {
  const { commonServerOptions } = server as unknown as {
    readonly commonServerOptions: { settings: { initialWindowSize?: number } };
  };
  commonServerOptions.settings.initialWindowSize = narrowBytes;
}

/** Of all streams of a connection together: each holds what its own window lets in. */
export function openConnectionWide(session: ServerHttp2Session): void {
  session.setLocalWindowSize(2 * wideBytes);
}

/** Lets more come in on the connection of a call as long as its bytes are read. */
export async function wide<T>(call: object, run: () => Promise<T>): Promise<T> {
  const session = streamOf(call)?.session;
  if (session === undefined) return run();
  change(session, 1);
  try {
    return await run();
  } finally {
    change(session, -1);
  }
}

function change(session: Http2Session, by: 1 | -1): void {
  const before = widened.get(session) ?? 0;
  widened.set(session, before + by);
  if (session.closed || session.destroyed || Math.min(before, before + by) > 0) return;
  session.settings({ initialWindowSize: by === 1 ? wideBytes : narrowBytes });
}
