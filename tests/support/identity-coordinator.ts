import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { pino } from 'pino';
import type { Clock } from '../../contract/index.js';
import {
  type CoordinatorHome,
  createInvitation,
  enrolmentHandlers,
  initCoordinator,
  openCoordinatorHome,
  Registry,
} from '../../coordinator/identity/index.js';
import { Gate, participantHandlers, participantService, RefusalLog } from '../../coordinator/rpc/index.js';
import type { EnrolmentServiceHandlers } from '../../proto/gen/fedrisk/v1/EnrolmentService.js';
import { wire } from '../../proto/index.js';
import { MemoryRegistryLog } from './memory-registry-log.js';

/** Both ports of a coordinator with its identity room only: real CA, real mutual TLS on loopback. */
export class IdentityCoordinator {
  readonly refusals: string[] = [];
  /** Enrolment requests that reached the handler, as sent. */
  readonly enrolmentRequests: unknown[] = [];

  private constructor(
    readonly folder: string,
    readonly home: CoordinatorHome,
    readonly log: MemoryRegistryLog,
    readonly registry: Registry,
    readonly clock: Clock,
    private readonly servers: Server[],
    readonly address: string,
    readonly enrolmentAddress: string,
  ) {}

  static async start(clock: Clock, name = 'hub'): Promise<IdentityCoordinator> {
    const folder = mkdtempSync(join(tmpdir(), 'fedrisk-identity-'));
    const home = join(folder, 'coordinator');
    const log = new MemoryRegistryLog();
    await initCoordinator({
      home,
      name,
      organisation: 'Hub Ltd',
      hosts: ['localhost', '127.0.0.1'],
      address: 'localhost:7443',
      enrolmentAddress: 'localhost:7444',
      clock,
      openLog: async () => log,
    });
    const opened = await openCoordinatorHome(home);
    const registry = new Registry(log, clock);
    const main = new Server();
    // Only the calls of the directory are made here; jobs, sessions and transfers are absent.
    const gate = new Gate(registry, clock, new RefusalLog(pino({ level: 'silent' })));
    const absent = undefined as never;
    const parts = { gate, book: absent, hub: absent, transfer: absent, scores: absent };
    main.addService(participantService, { ...participantHandlers(parts) });
    const enrolment = new Server();
    const ca = Buffer.from(opened.authority.certificatePem);
    const ports = [
      await bind(main, ServerCredentials.createSsl(ca, [opened.server], true)),
      await bind(enrolment, ServerCredentials.createSsl(null, [opened.server], false)),
    ];
    const started = new IdentityCoordinator(
      folder,
      opened,
      log,
      registry,
      clock,
      [main, enrolment],
      `localhost:${ports[0]}`,
      `localhost:${ports[1]}`,
    );
    const handlers = enrolmentHandlers({
      registry,
      authority: opened.authority,
      clock,
      onRefusal: ({ error }) => String(started.refusals.push(error.code)),
    });
    const recorded: EnrolmentServiceHandlers = {
      Enroll: (call, callback) => {
        started.enrolmentRequests.push(call.request);
        handlers.Enroll(call, callback);
      },
    };
    enrolment.addService(wire.EnrolmentService.service, recorded);
    return started;
  }

  async invite(name: string, role = 'bank', validMs?: number): Promise<string> {
    const { address, enrolmentAddress } = this;
    const order = { name, organisation: `${name} AG`, role, address, enrolmentAddress };
    const whole = validMs === undefined ? order : { ...order, validMs };
    return (await createInvitation(this.registry, this.home, whole)).token;
  }

  /** A fresh, not yet existing home folder. */
  newHome(label: string): string {
    return join(mkdtempSync(join(this.folder, `${label}-`)), 'home');
  }

  stop(): void {
    for (const server of this.servers) server.forceShutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function bind(server: Server, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('localhost:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}
