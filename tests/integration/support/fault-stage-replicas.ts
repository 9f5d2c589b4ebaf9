import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody, JobId } from '../../../contract/index.js';
import { findPostgres, type PostgresServer, startPostgres } from '../../support/postgres-cluster.js';
import type { FaultCase, Who } from './fault-cases.js';
import { FaultProxy } from './fault-proxy.js';
import { FaultStage, NotHere } from './fault-stage.js';
import { jointModel, openedStatistics, sumPointReached } from './fault-stage-sums.js';
import { type Replica, ReplicaFederation, replicas } from './replica-federation.js';
import { Sight, type TranscriptSource } from './sight.js';

const lookMs = 10;

/** Two coordinators on one PostgreSQL and three participants that know both. */
export class ReplicaStage extends FaultStage {
  readonly coordinators = replicas;
  readonly #server: PostgresServer;

  private constructor(
    readonly federation: ReplicaFederation,
    server: PostgresServer,
  ) {
    super(federation);
    this.#server = server;
  }

  static async open(): Promise<ReplicaStage> {
    const found = findPostgres();
    if ('missing' in found) throw new NotHere(found.missing);
    const server = await startPostgres(found.bin);
    const federation = await ReplicaFederation.found(server);
    const stage = new ReplicaStage(federation, server);
    await federation.kill(...replicas);
    for (const replica of replicas) await stage.#throughLine(replica, new URL(server.url).port);
    await federation.bringUp(...replicas);
    return stage;
  }

  override async victims(who: Who, job?: Sight): Promise<readonly string[]> {
    if (who !== 'leader' || job === undefined) return super.victims(who, job);
    return [await this.federation.leader(job.jobId as JobId)];
  }

  /** The line between a replica and the database. */
  override linesOf(name: string): readonly FaultProxy[] {
    return [this.lines.get(name)!];
  }

  /** Participants dial the replica of theirs again: whoever lost it went to the other, and stayed. */
  override async restored(): Promise<void> {
    await this.federation.kill(...this.names);
    await this.federation.bringUp(...this.names);
  }

  async submit(): Promise<Sight> {
    const jobId = await this.federation.submit('hub-a');
    const homes = new Map(this.names.map((name) => [name as string, this.federation.home(name)]));
    return new Sight(jobId, this.#polled(jobId), homes);
  }

  reached(at: FaultCase['at'], _name: string, job: Sight): boolean {
    return sumPointReached(at, job);
  }

  override stored(job: Sight): Promise<EventBody[]> {
    return this.federation.bodies(job.jobId as JobId);
  }

  modelOf(job: Sight): string[] {
    return jointModel(job);
  }

  spent(job: Sight): string {
    return openedStatistics(job);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#server.stop();
  }

  async #throughLine(replica: Replica, port: string): Promise<void> {
    const line = await FaultProxy.open(0, Number(port));
    this.lines.set(replica, line);
    const path = join(this.federation.home(replica), 'coordinator.yaml');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`:${port}/`, `:${line.port}/`));
  }

  /** The transcript as the database has it, a look behind. */
  #polled(jobId: JobId): TranscriptSource {
    const { store } = this.federation;
    const bodies: EventBody[] = [];
    let state = 'unknown';
    let open = true;
    const look = async () => {
      while (open) {
        const events = await store.readEvents(jobId, bodies.length, 100_000);
        bodies.push(...events.map(({ body }) => body));
        state = (await store.findJob(jobId))?.state ?? state;
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    };
    // A look that fails shows nothing new, which the case then says.
    void look().catch(() => undefined);
    return {
      bodies: (_job, from) => bodies.slice(from),
      state: () => state,
      close: () => {
        open = false;
      },
    };
  }
}
