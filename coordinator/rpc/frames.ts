import { Metadata } from '@grpc/grpc-js';
import { streamOf } from './stream-below.js';

/** Before each message of a gRPC stream: a byte that says that it is not compressed, and its length. */
const prefixBytes = 5;
/** Tag of `chunk` in a DownloadResponse. */
const chunkTag = 10;

export interface FramedCall<Message> {
  sendMetadata?(metadata: Metadata): void;
  write(message: Message | Buffer, taken: () => void): boolean;
}

/**
 * A message as it travels. grpc-js (1.14.7) copies a message for each call that it goes to, a frame is sent to any number of
 * calls as it is: the copies were what most collections of garbage were for.
 */
export class Frame {
  readonly message: Buffer;

  private constructor(
    private readonly bytes: Buffer,
    /** Where the chunk of a DownloadResponse begins. */
    private readonly chunkAt = prefixBytes,
  ) {
    this.message = bytes.subarray(prefixBytes);
  }

  static of(message: Uint8Array): Frame {
    const frame = Frame.#sized(message.length);
    frame.bytes.set(message, prefixBytes);
    return frame;
  }

  /** A DownloadResponse. */
  static ofChunk(chunk: Uint8Array): Frame {
    const head = [chunkTag];
    for (let left = chunk.length; ; left >>>= 7) {
      head.push(left < 128 ? left : (left & 127) | 128);
      if (left < 128) break;
    }
    const frame = Frame.#sized(head.length + chunk.length, head.length);
    frame.bytes.set(head, prefixBytes);
    frame.bytes.set(chunk, frame.chunkAt);
    return frame;
  }

  static #sized(length: number, headBytes = 0): Frame {
    const bytes = Buffer.allocUnsafeSlow(prefixBytes + length);
    bytes.writeUInt8(0, 0);
    bytes.writeUInt32BE(length, 1);
    return new Frame(bytes, prefixBytes + headBytes);
  }

  /** Of a DownloadResponse, the same without the first bytes of its chunk. */
  behind(skippedBytes: number): Frame {
    return skippedBytes === 0 ? this : Frame.ofChunk(this.bytes.subarray(this.chunkAt + skippedBytes));
  }

  /** Into the stream below the call, hence the reach; where there is none the call gets the message, and copies it. */
  write<Message>(call: FramedCall<Message>, taken: () => void): void {
    const stream = streamOf(call);
    if (stream === undefined || call.sendMetadata === undefined) {
      call.write(this.message, taken);
      return;
    }
    call.sendMetadata(new Metadata());
    if (stream.destroyed || stream.writableEnded) taken();
    else stream.write(this.bytes, () => taken());
  }
}
