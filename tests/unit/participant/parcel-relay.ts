import { createHash } from 'node:crypto';
import {
  credentials,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { CodedError } from '../../../contract/index.js';
import { toServiceError } from '../../../coordinator/rpc/status.js';
import { Link } from '../../../participant/session/index.js';
import type { DownloadRequest__Output } from '../../../proto/gen/fedrisk/v1/DownloadRequest.js';
import type { GetUploadRequest__Output } from '../../../proto/gen/fedrisk/v1/GetUploadRequest.js';
import type { GetUploadResponse } from '../../../proto/gen/fedrisk/v1/GetUploadResponse.js';
import type { UploadRequest__Output } from '../../../proto/gen/fedrisk/v1/UploadRequest.js';
import type { UploadResponse } from '../../../proto/gen/fedrisk/v1/UploadResponse.js';
import { wire } from '../../../proto/index.js';

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What a download gives instead of the stored bytes; `cut` ends the call after so many, `afterMs` behind the last. */
export interface Handing {
  readonly bytes?: Buffer;
  readonly cut?: number;
  readonly afterMs?: number;
}

/**
 * Keeps parcels as a coordinator does, over real gRPC and without its checks, so that it can misbehave. Who calls is
 * known by the port: each member has its own.
 */
export class ParcelRelay {
  /** `step from to` -> bytes so far. */
  readonly stored = new Map<string, Buffer>();
  /** Offsets asked for, in order. */
  readonly asked: { readonly from: string; readonly sum: number; readonly offset: number }[] = [];
  /** Bytes of each upload call. */
  readonly uploads: { readonly place: string; readonly offset: number; readonly bytes: number }[] = [];
  /** Called at each download; the next thing it hands out. */
  hand: (asked: { from: string; sum: number; offset: number }) => Handing = () => ({});
  /** Whether bytes that do not fit their digest are refused and forgotten, as a coordinator does. */
  checksDigests = false;
  /** Ends an upload after so many bytes. */
  cutUpload: number | undefined;

  /** A link of one member to this relay; closed with the test. */
  async link(name: string): Promise<Link> {
    const server = new Server();
    server.addService(wire.ParticipantService.service, this.#handlers(name));
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const link = new Link({
      address: `127.0.0.1:${port}`,
      channel: credentials.createInsecure(),
      channelOptions: {},
    });
    onTestFinished(() => {
      link.close();
      server.forceShutdown();
    });
    return link;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a service of which three calls are there
  #handlers(name: string): any {
    return {
      GetUpload: (
        { request }: { request: GetUploadRequest__Output },
        done: sendUnaryData<GetUploadResponse>,
      ) => {
        const kept = this.stored.get(`${request.sum} ${name} ${request.to}`);
        done(null, { receivedBytes: kept?.length ?? 0, complete: this.#complete.has(`${request.digest}`) });
      },
      Upload: (
        call: ServerReadableStream<UploadRequest__Output, UploadResponse>,
        done: sendUnaryData<UploadResponse>,
      ) => this.#upload(name, call, done),
      Download: (call: {
        request: DownloadRequest__Output;
        write(message: object): void;
        end(): void;
        emit(event: 'error', error: object): void;
      }) => {
        const { sum, from, offset } = call.request;
        this.asked.push({ from, sum, offset });
        const { bytes, cut, afterMs = 200 } = this.hand({ from, sum, offset });
        const whole = bytes ?? this.stored.get(`${sum} ${from} ${name}`) ?? Buffer.alloc(0);
        const part = whole.subarray(offset, cut === undefined ? undefined : offset + cut);
        for (let at = 0; at < part.length; at += 100_000) {
          call.write({ chunk: part.subarray(at, at + 100_000) });
        }
        if (cut === undefined) return call.end();
        // Later, so that what was written is on its way.
        setTimeout(() => call.emit('error', { code: status.UNAVAILABLE, details: 'gone' }), afterMs);
      },
    };
  }

  readonly #complete = new Set<string>();

  #upload(
    name: string,
    call: ServerReadableStream<UploadRequest__Output, UploadResponse>,
    done: sendUnaryData<UploadResponse>,
  ): void {
    let place = '';
    let digest = '';
    let size = 0;
    let came = 0;
    let gone = false;
    call.on('data', ({ header, chunk }: UploadRequest__Output) => {
      if (gone) return;
      if (header) {
        place = `${header.sum} ${name} ${header.to}`;
        digest = header.digest;
        size = header.bytes;
        const before = this.stored.get(place) ?? Buffer.alloc(0);
        this.stored.set(place, before.subarray(0, header.offset));
        this.uploads.push({ place, offset: header.offset, bytes: size });
        return;
      }
      came += chunk?.length ?? 0;
      this.stored.set(place, Buffer.concat([this.stored.get(place)!, chunk as Buffer]));
      if (this.cutUpload !== undefined && came >= this.cutUpload) {
        gone = true;
        this.cutUpload = undefined;
        done({ code: status.UNAVAILABLE, details: 'gone' });
      }
    });
    call.on('end', () => {
      if (gone) return;
      const receivedBytes = this.stored.get(place)?.length ?? 0;
      const complete = receivedBytes === size;
      if (complete && this.checksDigests && digestOf(this.stored.get(place)!) !== digest) {
        this.stored.delete(place);
        const error = new CodedError(
          'UPLOAD_DIGEST',
          'the bytes do not fit the digest; the upload starts anew',
        );
        return done(toServiceError(error));
      }
      if (complete) this.#complete.add(digest);
      done(null, { receivedBytes, complete });
    });
  }
}
