import type { Clock } from '../contract/index.js';
import type { Adder } from './adding/index.js';
import type { Blobs } from './blobs/index.js';
import { type CoordinatorHome, enrolmentHandlers, Registry } from './identity/index.js';
import { JobBook, type JobLog, RevocationWatch } from './jobs/index.js';
import type { Observer } from './observe/index.js';
import {
  type Deliver,
  Gate,
  jobsHandlers,
  participantHandlers,
  RefusalLog,
  type RunningServer,
  ScoreRelay,
  SessionHub,
  serveEnrolment,
  serveParties,
  Transfer,
  unreadHeartbeats,
  wireFaults,
} from './rpc/index.js';
import type { Store } from './store/index.js';

/** Everything a coordinator is made of. */
export interface CoordinatorParts {
  readonly identity: Pick<CoordinatorHome, 'authority' | 'server'>;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly adder: Adder;
  readonly clock: Clock;
  readonly log: JobLog;
  /** Address to listen on, without port. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly enrolmentPort: number;
  readonly heartbeatMs: number;
  /** How long a feature holder may take for one score question, milliseconds. */
  readonly scoreAnswerMs: number;
  /** Version shown to participants. */
  readonly version: string;
  /** Of tests with a coordinator that lies. */
  readonly deliver?: Deliver;
  /** Metrics and traces; it already stands before store, blobs and adder. */
  readonly observer?: Pick<Observer, 'refused' | 'watch'> | undefined;
}

export interface Coordinator {
  readonly port: number;
  readonly enrolmentPort: number;
  /** Names of participants with a session here. */
  sessions(): readonly string[];
  close(): Promise<void>;
}

/** Puts the parts together, takes up unfinished jobs and serves both ports. Closing closes the parts too. */
export async function createCoordinator(parts: CoordinatorParts): Promise<Coordinator> {
  const { identity, store, blobs, adder, clock, log, deliver, heartbeatMs, version } = parts;
  const registry = new Registry(store.registryLog, clock);
  const refusals = new RefusalLog(log, (code, rpc) => parts.observer?.refused(code, rpc));
  const gate = new Gate(registry, clock, refusals);
  const book = new JobBook({ store, blobs, adder, clock, log });
  const revocations = new RevocationWatch(registry, book, log);
  const scores = new ScoreRelay({
    ...{ book, clock, log, replicas: store.replicas },
    answerMs: parts.scoreAnswerMs,
  });
  const hub = new SessionHub({ book, store, registry, deliver, scores, heartbeatMs, version, log });
  const unreadMs = unreadHeartbeats * heartbeatMs;
  const transfer = new Transfer(book, blobs, unreadMs, gate.concerns);
  const tls = { authorityPem: identity.authority.certificatePem, server: identity.server };
  const servers: RunningServer[] = [];
  const stopLetters = scores.serve(hub.sendQuestion);
  const close = async () => {
    hub.close();
    await stopLetters();
    await Promise.all(servers.map((server) => server.close()));
    await revocations.stop();
    // Together: a sum of the largest size takes minutes, and the next start adds it again.
    await Promise.all([book.close(), adder.close()]);
    await store.close();
  };
  try {
    await book.restore();
    revocations.start();
    const main = await serveParties(
      at(parts.host, parts.port),
      tls,
      {
        participant: participantHandlers({ gate, book, hub, transfer, scores }),
        jobs: jobsHandlers({ gate, book, registry, adder, clock, unreadMs }),
      },
      wireFaults(registry, refusals),
      gate.connections,
    );
    servers.push(main);
    const enrolment = await serveEnrolment(
      at(parts.host, parts.enrolmentPort),
      tls,
      enrolmentHandlers({
        registry,
        authority: identity.authority,
        clock,
        onRefusal: ({ error, peer }) => refusals.record('Enroll', peer, error),
      }),
    );
    servers.push(enrolment);
    parts.observer?.watch({
      states: () => book.live().map(({ state }) => state.kind),
      openSessions: () => hub.open().length,
    });
    return { port: main.port, enrolmentPort: enrolment.port, sessions: () => hub.open(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function at(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
