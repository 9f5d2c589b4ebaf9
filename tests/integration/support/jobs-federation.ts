import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { connectJobs, type JobsClient, type JobView } from '../../../cli/client.js';
import {
  drawNonce,
  type HorizontalSpec,
  type HorizontalSpecInput,
  horizontalSpec,
  type JobEvent,
  type JobId,
  readYamlFile,
  specJson,
  systemClock,
} from '../../../contract/index.js';
import {
  type Coordinator,
  createInvitation,
  initCoordinator,
  startCoordinator,
} from '../../../coordinator/main.js';
import { openSqliteStore, type Store } from '../../../coordinator/store/index.js';
import { dealRows, installDataset, installPolicy } from '../../../examples/credit/deal.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { homeLayout } from '../../../participant/config.js';
import { Journal, type JournalJob } from '../../../participant/journal/index.js';
import { enroll, homeCredentials, startParticipant, trustPeer } from '../../../participant/main.js';
import { type JobResult, type LearnerState, loadState } from '../../../participant/training/index.js';
import { until } from './sight.js';

const cast = [
  { name: 'bank-a', organisation: 'Bank A', role: 'bank' },
  { name: 'bank-b', organisation: 'Bank B', role: 'bank' },
  { name: 'platform-x', organisation: 'Platform X', role: 'platform' },
  { name: 'platform-y', organisation: 'Platform Y', role: 'platform' },
  { name: 'ana', organisation: 'Bank A', role: 'scientist' },
  { name: 'ben', organisation: 'Bank B', role: 'scientist' },
  { name: 'sue', organisation: 'Somewhere Else', role: 'scientist' },
  { name: 'ivo', organisation: 'Inspectors', role: 'auditor' },
] as const;
export type Person = (typeof cast)[number]['name'] | 'operator';

/** The participants of jobs that say nothing else. */
export const trio = ['bank-a', 'bank-b', 'platform-x'] as const;
export const quartet = [...trio, 'platform-y'] as const;
const players: readonly string[] = quartet;
const hubName = 'test-hub';

/**
 * A coordinator and four participants over mutual TLS on loopback, each with its own worker thread and rows, started
 * by the doors that the commands use; all in this process. platform-y is there for jobs that name it.
 */
export class JobsFederation {
  readonly #root = mkdtempSync(join(tmpdir(), 'fedrisk-jobs-'));
  readonly #running = new Map<string, Awaited<ReturnType<typeof startParticipant>>>();
  readonly #journals = new Map<string, Journal>();
  readonly #clients = new Map<string, JobsClient>();
  #address = '';
  #coordinator: Coordinator | undefined;
  #store: Store | undefined;

  static async start(): Promise<JobsFederation> {
    const federation = new JobsFederation();
    const [port, enrolmentPort] = (await freePorts(2)) as [number, number];
    await federation.#serve(port, enrolmentPort);
    await federation.#deal();
    await Promise.all(players.map((name) => federation.bringUp(name)));
    return federation;
  }

  home(name: string): string {
    return name === 'operator' ? join(this.home('hub'), 'operator') : join(this.#root, name);
  }

  datasetFile(name: string): string {
    return join(homeLayout(this.home(name)).datasets, 'credit-loans.yaml');
  }

  /** Starts a participant on its home and waits until it is connected. */
  async bringUp(name: string): Promise<void> {
    const order = { home: this.home(name), logLevel: 'silent', compareSolo: false } as const;
    const participant = await startParticipant(order);
    this.#running.set(name, participant);
    await participant.connected;
  }

  async takeDown(name: string): Promise<void> {
    await this.#running.get(name)?.close();
    this.#running.delete(name);
  }

  /** Edits a participant's policy file for as long as `during` takes; null: there is no file. */
  async withPolicy<T>(
    name: string,
    edit: ((policy: Document) => void) | null,
    during: () => Promise<T>,
  ): Promise<T> {
    const { policy: path } = homeLayout(this.home(name));
    const text = await readFile(path, 'utf8');
    if (edit === null) rmSync(path);
    else {
      const policy = parseDocument(text);
      edit(policy);
      await writeFile(path, policy.toString());
    }
    return during().finally(() => writeFile(path, text));
  }

  /** Gives every participant other rows than before: one less. */
  async renewRows(): Promise<void> {
    for (const name of players) {
      const path = join(homeLayout(this.home(name)).datasets, 'credit-loans.csv');
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
      await writeFile(path, `${lines.slice(0, -1).join('\n')}\n`);
    }
  }

  client(person: Person): JobsClient {
    return this.#clients.get(person)!;
  }

  async submit(changes: Partial<HorizontalSpecInput> = {}, by: Person = 'ana'): Promise<JobId> {
    return this.submitSpec(specOf(changes), by);
  }

  async submitSpec(spec: HorizontalSpec, by: Person = 'ana', idempotencyKey = ''): Promise<JobId> {
    return (await this.client(by).submit(specJson(spec), idempotencyKey)).jobId as JobId;
  }

  /** What `jobs show` gives the submitter. */
  async shown(jobId: JobId): Promise<JobView> {
    return (await this.client('ana').get(jobId)).job;
  }

  /** Waits for a view of the job that fits. */
  async seen(jobId: JobId, fits: (job: JobView) => boolean): Promise<JobView> {
    const stop = new AbortController();
    for await (const job of this.client('ana').watch(jobId, stop.signal)) if (fits(job)) return job;
    throw new Error(`${jobId} ended first: ${JSON.stringify(await this.shown(jobId))}`);
  }

  /** Waits until the job ended and those of its participants that run are done with it. */
  async ended(jobId: JobId): Promise<JobView> {
    const job = await this.seen(jobId, ({ endedMs }) => endedMs > 0);
    const names = job.participants.map(({ name }) => name).filter((name) => this.#running.has(name));
    await until(() => names.every((name) => this.kept(name, jobId)?.concluded === true));
    return job;
  }

  async run(changes: Partial<HorizontalSpecInput> = {}): Promise<JobView> {
    return this.ended(await this.submit(changes));
  }

  /** Runs a job that must finish. */
  async finished(changes: Partial<HorizontalSpecInput> = {}): Promise<JobId> {
    const job = await this.run(changes);
    if (job.state !== 'finished') throw new Error(`${job.state}: ${job.code} ${job.detail}`);
    return job.jobId as JobId;
  }

  /** The whole transcript as the coordinator stored it. */
  events(jobId: JobId): Promise<readonly JobEvent[]> {
    return this.#store!.readEvents(jobId, 0, 100_000);
  }

  /** What a participant's journal says about the job. */
  kept(name: string, jobId: JobId): JournalJob | undefined {
    return this.#journals.get(name)!.job(jobId);
  }

  journal(name: string): Journal {
    return this.#journals.get(name)!;
  }

  /** Names of the files a participant has for the job. */
  files(name: string, jobId: JobId): string[] {
    return readdirSync(this.#jobFolder(name, jobId)).sort();
  }

  result(name: string, jobId: JobId): JobResult {
    return JSON.parse(readFileSync(join(this.#jobFolder(name, jobId), 'result.json'), 'utf8'));
  }

  model(name: string, jobId: JobId): Promise<LearnerState> {
    return loadState(join(this.#jobFolder(name, jobId), 'model.json'));
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    for (const journal of this.#journals.values()) journal.close();
    await Promise.all([...this.#running.values()].map((participant) => participant.close()));
    await this.#store?.close();
    await this.#coordinator?.close();
    rmSync(this.#root, { recursive: true, force: true });
  }

  #jobFolder(name: string, jobId: JobId): string {
    return join(homeLayout(this.home(name)).jobs, jobId);
  }

  async #serve(port: number, enrolmentPort: number): Promise<void> {
    const home = this.home('hub');
    this.#address = `127.0.0.1:${port}`;
    const { caFingerprint } = await initCoordinator({
      home,
      name: hubName,
      organisation: 'Test Hub',
      hosts: ['127.0.0.1'],
      address: this.#address,
      enrolmentAddress: `127.0.0.1:${enrolmentPort}`,
    });
    const host = '127.0.0.1';
    this.#coordinator = await startCoordinator({ home, host, port, enrolmentPort, logLevel: 'silent' });
    this.#store = openSqliteStore(join(home, 'coordinator.sqlite'));
    const keys = new Map<string, string>();
    for (const party of cast) {
      const { token } = await createInvitation({ home, ...party, validMs: 600_000 });
      keys.set(party.name, (await enroll({ home: this.home(party.name), token })).identityKey);
    }
    for (const name of [...cast.map((party) => party.name), 'operator'] as const) {
      const credentials = await homeCredentials({ home: this.home(name) });
      const { participant } = credentials;
      this.#clients.set(
        name,
        connectJobs({ credentials, address: this.#address, timeoutMs: 30_000, clock: systemClock }),
      );
      if (participant === undefined) continue;
      const { journal } = homeLayout(this.home(name));
      this.#journals.set(name, new Journal(journal, participant.journalKey));
    }
    for (const name of players) {
      for (const { name: peer, organisation } of cast) {
        if (peer === name || !players.includes(peer)) continue;
        await trustPeer({ home: this.home(name), name: peer, key: keys.get(peer)!, organisation });
      }
      await installPolicy(this.home(name), { name: hubName, caFingerprint });
      const { policy: path } = homeLayout(this.home(name));
      const policy = parseDocument(await readFile(path, 'utf8'));
      policy.setIn(['rules', 0, 'peers'], players);
      await writeFile(path, policy.toString());
    }
  }

  /** The trio shares the loans by id % 3; platform-y has its own choice of them. */
  async #deal(): Promise<void> {
    const shares = [
      ...(await dealRows({ parts: trio, outFolder: join(this.#root, 'thirds') })),
      ...(await dealRows({ parts: quartet, outFolder: join(this.#root, 'quarters') })).slice(trio.length),
    ];
    for (const { name, path } of shares) await installDataset(this.home(name), path);
  }
}

/** Two rounds of logistic regression on numbers: what a test needs that asks for nothing special. */
export function specOf(changes: Partial<HorizontalSpecInput> = {}): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'jobs-test',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants: [...trio],
    dataset: 'credit-loans',
    features: { Age: 'number', Amount: 'number', Income: 'number', Seniority: 'number' },
    model: { kind: 'logistic' },
    training: { rounds: 2, learningRate: 0.05, seed: 11 },
    update: { rowsCap: 10_000 },
    evaluation: { bins: 1000 },
    ...changes,
    nonce: drawNonce(),
  });
}

/** One of examples/specs or examples/credit with other rounds. */
export async function exampleSpec(
  path: string,
  changes: Partial<HorizontalSpecInput> = {},
): Promise<HorizontalSpec> {
  const written = await readYamlFile(join('examples', path), horizontalSpec, 'SPEC_INVALID', {
    fill: { nonce: drawNonce() },
  });
  return horizontalSpec.parse({ ...written, ...changes });
}
