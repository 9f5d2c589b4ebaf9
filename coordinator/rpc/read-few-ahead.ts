/** Messages read ahead of whoever takes them. */
const ahead = 2;

/** Node streams of messages read sixteen ahead, grpc-js (1.14.7) offers no other number, and a megabyte of two is enough. */
export function readFewAhead(call: object): void {
  const { _readableState: state } = call as { readonly _readableState?: { highWaterMark: number } };
  if (state) state.highWaterMark = ahead;
}
