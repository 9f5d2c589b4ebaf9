import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Document } from 'yaml';
import { connectJobs, type JobsClient, type JobView } from '../../../cli/client.js';
import {
  type EventKind,
  type EventOf,
  type JobEvent,
  type JobId,
  type JobSpec,
  type ParticipantName,
  specJson,
  systemClock,
} from '../../../contract/index.js';
import { type Coordinator, startCoordinator } from '../../../coordinator/main.js';
import { openSqliteStore, type Store } from '../../../coordinator/store/index.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { homeLayout } from '../../../participant/config.js';
import { Journal, type JournalJob } from '../../../participant/journal/index.js';
import { homeCredentials } from '../../../participant/main.js';
import { createParticipant } from '../../../participant/participant.js';
import type { ParticipantNode } from '../../../participant/session/index.js';
import { WorkPool } from '../../../participant/training/index.js';
import type { VerticalResult } from '../../../participant/vertical/index.js';
import { until } from './sight.js';
import { bank, editPolicy, enrolCast, hub, initHub, installPair, platform } from './vertical-homes.js';

interface Player {
  readonly node: ParticipantNode;
  readonly work: WorkPool;
}

/** Makes the worker of a participant, for tests in which one misbehaves. */
export type WorkOf = (name: string, journalOf: (name: string) => Journal) => WorkPool;

/**
 * A coordinator and the bundled pair, with a second platform where it is asked for, over mutual TLS on loopback; all in
 * this process, each participant with its own worker thread.
 */
export class VerticalFederation {
  readonly root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fedrisk-vertical-'));
  readonly names: readonly string[];
  /** What participants logged at level info and above, as JSON lines. */
  readonly logged: string[] = [];
  readonly #workOf: WorkOf;
  readonly #plaintext: boolean;
  readonly #players = new Map<string, Player>();
  readonly #journals = new Map<string, Journal>();
  readonly #clients = new Map<string, JobsClient>();
  #coordinator: Coordinator | undefined;
  #store: Store | undefined;
  #address = '';

  private constructor(names: readonly string[], workOf: WorkOf, plaintext: boolean) {
    this.names = names;
    this.#workOf = workOf;
    this.#plaintext = plaintext;
  }

  static async start({
    names = [bank, platform],
    workOf = () => new WorkPool({}),
    prepare = async () => {},
    plaintext = false,
  }: {
    readonly names?: readonly string[];
    readonly workOf?: WorkOf;
    /** Puts more into the homes before anybody runs. */
    readonly prepare?: (homeOf: (name: string) => string, root: string) => Promise<void>;
    /** Participants take jobs without encryption. */
    readonly plaintext?: boolean;
  } = {}): Promise<VerticalFederation> {
    const federation = new VerticalFederation(names, workOf, plaintext);
    const [port, enrolmentPort] = (await freePorts(2)) as [number, number];
    const home = federation.home(hub);
    const { caFingerprint } = await initHub(home, { port, enrolmentPort });
    const host = '127.0.0.1';
    federation.#address = `${host}:${port}`;
    const order = { home, host, port, enrolmentPort, logLevel: 'silent' } as const;
    federation.#coordinator = await startCoordinator(order);
    federation.#store = openSqliteStore(join(home, 'coordinator.sqlite'));
    const homeOf = (name: string) => federation.home(name);
    await enrolCast(homeOf);
    await installPair(homeOf, caFingerprint, join(federation.root, 'dealt'));
    await prepare(homeOf, federation.root);
    for (const name of names) await federation.bringUp(name);
    return federation;
  }

  home(name: string): string {
    return join(this.root, name);
  }

  datasets(name: string): string {
    return homeLayout(this.home(name)).datasets;
  }

  journal(name: string): Journal {
    return this.#journals.get(name)!;
  }

  /** Starts a participant on its home and waits until it is connected. */
  async bringUp(name: string): Promise<void> {
    const home = this.home(name);
    const { config, participant, certificateFingerprint, ...dial } = await homeCredentials({ home });
    const layout = homeLayout(home);
    for (const folder of [layout.jobs, layout.datasets]) mkdirSync(folder, { recursive: true });
    const journal = this.#journals.get(name) ?? new Journal(layout.journal, participant!.journalKey);
    this.#journals.set(name, journal);
    const work = this.#workOf(name, (other) => this.journal(other));
    const node = createParticipant({
      home,
      name: name as ParticipantName,
      organisation: config.organisation,
      party: config.role as 'bank' | 'platform',
      coordinator: config.coordinator,
      dial: { ...dial, channelOptions: { ...dial.channelOptions, 'grpc.use_local_subchannel_pool': 1 } },
      certificateFingerprint,
      signer: participant!.signer,
      journal,
      work,
      clock: systemClock,
      log: this.#log(name),
      version: '0.2.0',
      compareSolo: false,
      plaintext: this.#plaintext,
    });
    this.#players.set(name, { node, work });
    node.start();
    await node.connected;
  }

  #log(participant: string): Logger {
    const write = (line: string) => void this.logged.push(line);
    return pino({ level: 'info', base: { participant } }, { write });
  }

  async client(name = 'ana'): Promise<JobsClient> {
    const known = this.#clients.get(name);
    if (known) return known;
    const home = name === 'operator' ? join(this.home(hub), 'operator') : this.home(name);
    const credentials = await homeCredentials({ home });
    const to = { credentials, address: this.#address, timeoutMs: 30_000, clock: systemClock };
    const client = connectJobs(to);
    this.#clients.set(name, client);
    return client;
  }

  async submit(spec: JobSpec, by = 'ana'): Promise<JobId> {
    return (await (await this.client(by)).submit(specJson(spec), '')).jobId as JobId;
  }

  /** What `jobs show` gives. */
  async shown(jobId: JobId, to = 'ana'): Promise<JobView> {
    return (await (await this.client(to)).get(jobId)).job;
  }

  /** Waits for a view of the job that fits. */
  async seen(jobId: JobId, fits: (job: JobView) => boolean): Promise<JobView> {
    const client = await this.client();
    for await (const job of client.watch(jobId, new AbortController().signal)) if (fits(job)) return job;
    throw new Error(`${jobId} ended first: ${JSON.stringify(await this.shown(jobId))}`);
  }

  /** Waits until the job ended and its participants are done with it. */
  async ended(jobId: JobId): Promise<JobView> {
    const job = await this.seen(jobId, ({ endedMs }) => endedMs > 0);
    const names = job.participants.map(({ name }) => name);
    await until(() => names.every((name) => this.kept(name, jobId)?.concluded === true));
    return job;
  }

  async run(spec: JobSpec): Promise<JobView> {
    return this.ended(await this.submit(spec));
  }

  /** Runs a job that must finish. */
  async finished(spec: JobSpec): Promise<JobId> {
    const job = await this.run(spec);
    if (job.state !== 'finished') {
      throw new Error(`${job.state}: ${job.code} ${job.detail}\n${this.logged.slice(-20).join('')}`);
    }
    return job.jobId as JobId;
  }

  /** The whole transcript as the coordinator stored it. */
  events(jobId: JobId): Promise<readonly JobEvent[]> {
    return this.#store!.readEvents(jobId, 0, 100_000);
  }

  async of<K extends EventKind>(jobId: JobId, kind: K): Promise<EventOf<K>[]> {
    const bodies = (await this.events(jobId)).map(({ body }) => body);
    return bodies.filter((body): body is EventOf<K> => body.kind === kind);
  }

  kept(name: string, jobId: JobId): JournalJob | undefined {
    return this.journal(name).job(jobId);
  }

  /** Names of the files a participant has for the job. */
  files(name: string, jobId: JobId): string[] {
    const folder = this.folder(name, jobId);
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  folder(name: string, jobId: JobId): string {
    return join(homeLayout(this.home(name)).jobs, jobId);
  }

  result(name: string, jobId: JobId): VerticalResult {
    return JSON.parse(readFileSync(join(this.folder(name, jobId), 'result.json'), 'utf8'));
  }

  /** Files of sealed parcels that the coordinator still has. */
  blobs(jobId: JobId): string[] {
    const folder = join(this.home(hub), 'blobs', jobId.slice('job-'.length));
    return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  }

  /** Edits a participant's policy file for as long as `during` takes. */
  async withPolicy<T>(name: string, edit: (policy: Document) => void, during: () => Promise<T>): Promise<T> {
    const text = editPolicy(this.home(name), edit);
    return during().finally(() => writeFileSync(homeLayout(this.home(name)).policy, text));
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    for (const { node } of this.#players.values()) await node.close();
    for (const { work } of this.#players.values()) await work.close();
    for (const journal of this.#journals.values()) journal.close();
    await this.#store?.close();
    await this.#coordinator?.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
