import { Server, ServerCredentials, type ServerInterceptor, type ServerOptions } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { CodedError, limits } from '../../contract/index.js';
import type { EnrolmentServiceHandlers } from '../../proto/gen/fedrisk/v1/EnrolmentService.js';
import type { JobsServiceHandlers } from '../../proto/gen/fedrisk/v1/JobsService.js';
import { packageDefinition, wire } from '../../proto/index.js';
import type { Connections } from './connections.js';
import { jobsService, type ParticipantCalls, participantService } from './services.js';
import { openNarrow } from './windows.js';

export interface TlsFiles {
  readonly authorityPem: string;
  readonly server: { readonly private_key: Buffer; readonly cert_chain: Buffer };
}

/** Of frames that wait in the HTTP/2 layer of one connection, both ways; above it new streams are refused. */
const sessionMegabytes = 64;
/** Keep-alive finds connections that a firewall dropped silently; streams per connection are bounded. */
const options: ServerOptions = {
  'grpc.max_receive_message_length': limits.messageBytes,
  'grpc.max_send_message_length': limits.messageBytes,
  'grpc.max_concurrent_streams': 256,
  'grpc-node.max_session_memory': sessionMegabytes,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Counters of every call and connection that nobody asks for.
  'grpc.enable_channelz': 0,
};
/** How long calls under way may take to end when the server closes; watches of jobs never end by themselves. */
const closingMs = 1000;

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The port of parties: both sides show certificates of the coordinator's CA. */
export async function serveParties(
  address: string,
  tls: TlsFiles,
  handlers: { readonly participant: ParticipantCalls; readonly jobs: JobsServiceHandlers },
  faults: ServerInterceptor,
  connections: Connections,
): Promise<RunningServer> {
  const server = new Server({ ...options, interceptors: [faults] });
  openNarrow(server);
  server.addService(participantService, { ...handlers.participant });
  server.addService(jobsService, handlers.jobs);
  addHealth(server, ['fedrisk.v1.ParticipantService', 'fedrisk.v1.JobsService']);
  new ReflectionService(packageDefinition).addToServer(server);
  const authority = Buffer.from(tls.authorityPem);
  const running = await listen(server, address, ServerCredentials.createSsl(authority, [tls.server], true));
  connections.watch(server);
  return running;
}

/** The port of newcomers: only the server shows a certificate, which the token's fingerprint pins. */
export async function serveEnrolment(
  address: string,
  tls: TlsFiles,
  handlers: EnrolmentServiceHandlers,
): Promise<RunningServer> {
  const server = new Server({ ...options, 'grpc.max_concurrent_streams': 16 });
  server.addService(wire.EnrolmentService.service, handlers);
  addHealth(server, ['fedrisk.v1.EnrolmentService']);
  return listen(server, address, ServerCredentials.createSsl(null, [tls.server], false));
}

function addHealth(server: Server, services: readonly string[]): void {
  const serving = ['', ...services].map((name) => [name, 'SERVING'] as const);
  new HealthImplementation(Object.fromEntries(serving)).addToServer(server);
}

async function listen(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<RunningServer> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      const sentence = `cannot listen on ${address}: another process has the port, or the address is of another machine`;
      if (error) reject(new CodedError('CONFIG_INVALID', `${sentence} (--port, --bind)`, { cause: error }));
      else resolve(bound);
    });
  });
  return { port, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), closingMs);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
