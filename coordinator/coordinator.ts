import type { Clock } from '../contract/index.js';
import type { Adder } from './adding/index.js';
import type { Blobs } from './blobs/index.js';
import { type CoordinatorHome, enrolmentHandlers, Registry } from './identity/index.js';
import { JobBook, type JobLog } from './jobs/index.js';
import {
  type Deliver,
  Gate,
  jobsHandlers,
  participantHandlers,
  RateLimit,
  RefusalLog,
  type RunningServer,
  ScoreRelay,
  SessionHub,
  serveEnrolment,
  serveParties,
  Transfer,
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
  /** How events reach participants. */
  readonly deliver: Deliver;
}

export interface Coordinator {
  readonly port: number;
  readonly enrolmentPort: number;
  close(): Promise<void>;
}

/** Puts the parts together, takes up unfinished jobs and serves both ports. Closing closes the parts too. */
export async function createCoordinator(parts: CoordinatorParts): Promise<Coordinator> {
  const { identity, store, blobs, adder, clock, log, deliver, heartbeatMs, version } = parts;
  const registry = new Registry(store.registryLog, clock);
  const refusals = new RefusalLog(log);
  const gate = new Gate(registry, new RateLimit(clock), refusals);
  const book = new JobBook({ store, blobs, adder, clock, log });
  const scores = new ScoreRelay({ book, clock, log, answerMs: parts.scoreAnswerMs });
  const hub = new SessionHub({ book, store, registry, deliver, scores, heartbeatMs, version });
  const transfer = new Transfer(book, blobs);
  const tls = { authorityPem: identity.authority.certificatePem, server: identity.server };
  const servers: RunningServer[] = [];
  const close = async () => {
    hub.close();
    await Promise.all(servers.map((server) => server.close()));
    // Together: a sum of the largest size takes minutes, and the next start adds it again.
    await Promise.all([book.close(), adder.close()]);
    await store.close();
  };
  try {
    await book.restore();
    const main = await serveParties(
      at(parts.host, parts.port),
      tls,
      {
        participant: participantHandlers({ gate, book, hub, transfer, scores }),
        jobs: jobsHandlers({ gate, book, registry, adder, clock }),
      },
      wireFaults(registry, refusals),
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
    return { port: main.port, enrolmentPort: enrolment.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function at(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
