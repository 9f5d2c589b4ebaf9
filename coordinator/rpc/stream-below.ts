import type { Http2Stream } from 'node:http2';

/** The HTTP/2 stream below a server call and its interceptors. */
export function streamOf(call: object): Http2Stream | undefined {
  let inner: object | undefined = call;
  while (inner && !('stream' in inner)) {
    inner = (inner as { readonly call?: object }).call ?? (inner as { readonly nextCall?: object }).nextCall;
  }
  return (inner as { readonly stream?: Http2Stream } | undefined)?.stream;
}
