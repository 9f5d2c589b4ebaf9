import { constants } from 'node:http2';
import { CodedError } from '../../contract/index.js';
import { Frame, type FramedCall } from './frames.js';
import { streamOf } from './stream-below.js';

/** Whoever takes nothing of what waits for it for this many heartbeats is dead, or wants our memory. */
export const unreadHeartbeats = 12;

interface WritingCall<Message> extends NodeJS.EventEmitter, FramedCall<Message> {
  readonly cancelled: boolean;
}

/**
 * Sends one message and waits until the other side has taken it, or is gone. Whoever sends nothing before that keeps one
 * message per call in memory, however slow the other side is.
 * @throws {CodedError} RATE_LIMITED when it takes nothing for so long.
 */
export function taken<Message>(
  call: WritingCall<Message>,
  message: Message | Frame,
  mostMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer);
      for (const event of ['cancelled', 'close', 'error']) call.off(event, done);
      how();
    };
    const done = () => settle(resolve);
    const timer = setTimeout(() => {
      const sentence = `the caller took nothing for ${mostMs / 1000} s`;
      settle(() => reject(new CodedError('RATE_LIMITED', sentence)));
    }, mostMs);
    for (const event of ['cancelled', 'close', 'error']) call.on(event, done);
    if (call.cancelled) done();
    else if (message instanceof Frame) message.write(call, done);
    else call.write(message, done);
  });
}

/** How long the status of a call that is over may wait behind what was sent before. */
const statusMs = 2_000;

/**
 * Frees what a call holds once it is over. A status waits behind messages that nobody takes, for as long as the
 * connection lives, and grpc-js (1.14.7) gives up such a call only when the other side does: hence the reach for the
 * stream inside.
 */
export function freeSoon(call: object): void {
  const timer = setTimeout(() => {
    const stream = streamOf(call);
    if (stream && !stream.closed && !stream.destroyed && stream.writableLength > 0)
      stream.close(constants.NGHTTP2_CANCEL);
  }, statusMs);
  timer.unref();
}
