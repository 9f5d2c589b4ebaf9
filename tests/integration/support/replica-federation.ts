import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectJobs, type JobsClient } from '../../../cli/client.js';
import {
  type EventBody,
  type EventKind,
  type EventOf,
  type JobId,
  jobIdOfSpec,
  specJson,
  systemClock,
} from '../../../contract/index.js';
import { createInvitation, initCoordinator } from '../../../coordinator/main.js';
import { openPostgresStore, type Store } from '../../../coordinator/store/index.js';
import { dealRows, installDataset, installPolicy } from '../../../examples/credit/deal.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { enroll, homeCredentials, trustPeer } from '../../../participant/main.js';
import { newDatabase, type PostgresServer } from '../../support/postgres-cluster.js';
import { specOf } from './jobs-federation.js';
import { Processes } from './processes.js';

export const replicas = ['hub-a', 'hub-b'] as const;
export type Replica = (typeof replicas)[number];

/** Each participant with the replica it dials first. */
const cast = [
  { name: 'bank-a', organisation: 'Bank A', role: 'bank', first: 'hub-a' },
  { name: 'bank-b', organisation: 'Bank B', role: 'bank', first: 'hub-b' },
  { name: 'platform-x', organisation: 'Platform X', role: 'platform', first: 'hub-a' },
] as const;
const hubName = 'test-hub';
/** The server asks for none; it stands in the URL to be looked for. */
export const password = 's3cr3t-word';
/** As in the federation of one coordinator: a round of training in a moment. */
const rowsEach = 300;

/** Two coordinators on one PostgreSQL database and three participants that know both, all processes of their own. */
export class ReplicaFederation extends Processes {
  readonly names = cast.map(({ name }) => name);
  readonly #ports: readonly number[];
  readonly #url: string;
  readonly store: Store;

  private constructor(ports: readonly number[], url: string, store: Store) {
    super('replicas');
    this.#ports = ports;
    this.#url = url;
    this.store = store;
  }

  static async found(server: PostgresServer): Promise<ReplicaFederation> {
    const url = (await newDatabase(server)).replace('owner@', `owner:${password}@`);
    const federation = new ReplicaFederation(await freePorts(4), url, await openPostgresStore(url));
    await federation.#setUp();
    return federation;
  }

  address(replica: Replica): string {
    return `127.0.0.1:${this.#ports[replicas.indexOf(replica)]}`;
  }

  enrolmentAddress(replica: Replica): string {
    return `127.0.0.1:${this.#ports[2 + replicas.indexOf(replica)]}`;
  }

  async client(replica: Replica, name = 'bank-a'): Promise<JobsClient> {
    const credentials = await homeCredentials({ home: this.home(name) });
    return connectJobs({
      credentials,
      address: this.address(replica),
      timeoutMs: 30_000,
      clock: systemClock,
    });
  }

  async submit(replica: Replica): Promise<JobId> {
    const spec = specOf({ training: { rounds: 3, batchRows: 32, learningRate: 0.05, seed: 11 } });
    const client = await this.client(replica);
    try {
      await client.submit(specJson(spec), '');
    } finally {
      client.close();
    }
    return jobIdOfSpec(spec);
  }

  async bodies(jobId: JobId): Promise<EventBody[]> {
    return (await this.store.readEvents(jobId, 0, 100_000)).map(({ body }) => body);
  }

  async of<K extends EventKind>(jobId: JobId, kind: K): Promise<EventOf<K>[]> {
    return (await this.bodies(jobId)).filter((body): body is EventOf<K> => body.kind === kind);
  }

  /** The replica whose turn a job is, once one has it. */
  async leader(jobId: JobId): Promise<Replica> {
    for (let looks = 0; looks < 200; looks++) {
      const found = await this.#leaderNow(jobId);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no replica took the lease of ${jobId} within ten seconds`);
  }

  async #leaderNow(jobId: JobId): Promise<Replica | undefined> {
    const [lease] = await this.rows<{ replica: string }>(
      `select replica from leases where job_id = '${jobId}'`,
    );
    return replicas.find((each) => this.#identity(each) === lease?.replica);
  }

  /** What a replica calls itself since its last start. */
  #identity(replica: Replica): string | undefined {
    const listening = this.output(replica).findLast((line) => line.includes('"event":"listening"'));
    return listening && (JSON.parse(listening) as { data: { replica: string } }).data.replica;
  }

  async rows<Row>(sql: string): Promise<Row[]> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: this.#url });
    await client.connect();
    try {
      return (await client.query(sql)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** The one fingerprint of the model that every participant kept. */
  fingerprint(jobId: JobId): string {
    const prints = cast.map(({ name }) => {
      const path = join(this.home(name), 'jobs', jobId, 'result.json');
      return (JSON.parse(readFileSync(path, 'utf8')) as { fingerprint: string }).fingerprint;
    });
    if (new Set(prints).size !== 1) throw new Error(`different models: ${prints.join(' ')}`);
    return prints[0]!;
  }

  /** The last file that each participant writes for a job. */
  resultPaths(jobId: JobId): string[] {
    return cast.map(({ name }) => join(this.home(name), 'jobs', jobId, 'result.json'));
  }

  override async close(): Promise<void> {
    await this.store.close();
    await super.close();
  }

  protected command(name: string): string[] {
    const replica = replicas.find((each) => each === name);
    if (replica === undefined) {
      const first = cast.find((party) => party.name === name)!.first;
      const addresses = [...replicas].sort((a) => (a === first ? -1 : 1)).map((each) => this.address(each));
      return ['participant', 'start', '--json', '--coordinator', addresses.join(',')];
    }
    const [port, enrolmentPort] = [this.address(replica), this.enrolmentAddress(replica)].map(
      (address) => address.split(':')[1]!,
    );
    const where = ['--bind', '127.0.0.1', '--port', port!, '--enrolment-port', enrolmentPort!];
    return ['coordinator', 'start', ...where, '--json'];
  }

  async #setUp(): Promise<void> {
    const home = this.home('hub-a');
    const { caFingerprint } = await initCoordinator({
      home,
      name: hubName,
      organisation: 'Test Hub',
      hosts: ['127.0.0.1'],
      address: this.address('hub-a'),
      enrolmentAddress: this.enrolmentAddress('hub-a'),
      store: this.#url,
    });
    const path = join(home, 'coordinator.yaml');
    await writeFile(path, `${await readFile(path, 'utf8')}heartbeatSeconds: 0.5\n`);
    // A replica is a copy of the home.
    cpSync(home, this.home('hub-b'), { recursive: true });
    await this.bringUp(...replicas);
    const keys = new Map<string, string>();
    for (const { first: _, ...party } of cast) {
      const { token } = await createInvitation({ home, ...party, validMs: 600_000 });
      const { identityKey } = await enroll({ home: this.home(party.name), token });
      keys.set(party.name, identityKey);
    }
    for (const { name } of cast) {
      for (const { name: peer, organisation } of cast) {
        if (peer === name) continue;
        await trustPeer({ home: this.home(name), name: peer, key: keys.get(peer)!, organisation });
      }
      await installPolicy(this.home(name), { name: hubName, caFingerprint });
    }
    await this.#dealRows();
    await this.bringUp(...cast.map(({ name }) => name));
  }

  async #dealRows(): Promise<void> {
    const outFolder = join(this.root, 'rows');
    mkdirSync(outFolder);
    for (const { name, path } of await dealRows({ parts: cast.map((party) => party.name), outFolder })) {
      const lines = (await readFile(path, 'utf8')).split('\n');
      await writeFile(path, `${lines.slice(0, rowsEach + 1).join('\n')}\n`);
      await installDataset(this.home(name), path);
    }
  }
}
