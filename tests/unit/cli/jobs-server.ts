import { type handleServerStreamingCall, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { type ErrorCode, errorMetadata } from '../../../contract/index.js';
import type { JobsServiceHandlers } from '../../../proto/gen/fedrisk/v1/JobsService.js';
import type { JobView } from '../../../proto/gen/fedrisk/v1/JobView.js';
import type { WatchJobRequest__Output } from '../../../proto/gen/fedrisk/v1/WatchJobRequest.js';
import type { WatchJobResponse } from '../../../proto/gen/fedrisk/v1/WatchJobResponse.js';
import { wire } from '../../../proto/index.js';

/** A coordinator's jobs service on a real port that answers as scripted. Unscripted calls are UNIMPLEMENTED. */
export async function serveJobs(
  handlers: Partial<JobsServiceHandlers>,
  port = 0,
): Promise<{ address: string; port: number; stop(): void }> {
  const server = new Server();
  server.addService(wire.JobsService.service, handlers as JobsServiceHandlers);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, chosen) =>
      error ? reject(error) : resolve(chosen),
    ),
  );
  return { address: `127.0.0.1:${bound}`, port: bound, stop: () => server.forceShutdown() };
}

/** A refusal as the coordinator's status mapping sends it. */
export function refusal(code: ErrorCode, details: string, parties: readonly string[] = []) {
  const metadata = new Metadata();
  metadata.set(errorMetadata.code, code);
  if (parties.length > 0) metadata.set(errorMetadata.parties, parties.join(','));
  return { code: status.FAILED_PRECONDITION, details, metadata };
}

export type WatchHandler = handleServerStreamingCall<WatchJobRequest__Output, WatchJobResponse>;

/** Streams these views and ends. */
export function watching(...views: readonly JobView[]): WatchHandler {
  return (call) => {
    for (const job of views) call.write({ job });
    call.end();
  };
}
