import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Interceptor } from '@grpc/grpc-js';
import { pino } from 'pino';
import { parseDocument } from 'yaml';
import {
  drawNonce,
  type HexDigest,
  type HorizontalSpec,
  horizontalSpec,
  type JobEvent,
  type JobId,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
  type PostBody,
  postDigest,
  specJson,
  systemClock,
} from '../../contract/index.js';
import { type Added, type Adder, type AddingTask, pooledAdder } from '../../coordinator/adding/index.js';
import { folderBlobs } from '../../coordinator/blobs/index.js';
import { type Coordinator, createCoordinator } from '../../coordinator/coordinator.js';
import { openCoordinatorHome } from '../../coordinator/identity/index.js';
import { createInvitation, initCoordinator } from '../../coordinator/main.js';
import { openSqliteStore, type Store } from '../../coordinator/store/index.js';
import { dealRows, installDataset, installPolicy } from '../../examples/credit/deal.js';
import { homeLayout } from '../../participant/config.js';
import { channelOptions, homeCredentials, unaryCall } from '../../participant/identity/index.js';
import { writePins } from '../../participant/identity/pins.js';
import { Journal, type JournalJob } from '../../participant/journal/index.js';
import { enroll } from '../../participant/main.js';
import { createParticipant } from '../../participant/participant.js';
import type { ParticipantNode } from '../../participant/session/index.js';
import { WorkPool } from '../../participant/training/index.js';
import type { GetJobResponse__Output } from '../../proto/gen/fedrisk/v1/GetJobResponse.js';
import { wire } from '../../proto/index.js';
import { lyingInterceptor } from './hostile-lies.js';

const cast = [
  { name: 'bank-a', organisation: 'Bank A', role: 'bank' },
  { name: 'bank-b', organisation: 'Bank B', role: 'bank' },
  { name: 'platform-x', organisation: 'Platform X', role: 'platform' },
  { name: 'ana', organisation: 'Bank A', role: 'scientist' },
  { name: 'bank-o', organisation: 'Bank O', role: 'bank' },
  { name: 'bank-c', organisation: 'Bank C', role: 'bank' },
  { name: 'bank-d', organisation: 'Bank D', role: 'bank' },
] as const;

/** The participants of most jobs here; bank-o is enrolled and named in none. */
export const names = ['bank-a', 'bank-b', 'platform-x'] as const;
/** Enough for a sum to open without one of them. */
export const fiveNames = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'] as const;
type Names = typeof names | typeof fiveNames;
const rowsEach = 160;

/** What a coordinator does to one job instead of its duty. */
export interface Attack {
  /** Changes an event on its way to one participant; undefined withholds it. */
  readonly deliver?: (event: JobEvent, receiver: string, jobId: JobId) => JobEvent | undefined;
  readonly add?: (task: AddingTask, honest: (task: AddingTask) => Promise<Added>) => Promise<Added>;
}

export type Credentials = Awaited<ReturnType<typeof homeCredentials>>;
/** Changes what a participant posts; it signs the result, so the participant is the liar. */
export type Lie = (post: Post, jobId: JobId) => Promise<Post> | Post;

/**
 * One coordinator that can be hostile job by job, and three or five real participants, over mutual TLS on loopback. Real in
 * everything but that all run in this process and share one worker thread.
 */
export class HostileFederation {
  readonly homes = new Map<string, string>();
  readonly credentials = new Map<string, Credentials>();
  readonly journals = new Map<string, Journal>();
  /** What the coordinator logged. */
  readonly logged: { readonly level: string; readonly [field: string]: unknown }[] = [];
  readonly lies = new Map<JobId, Map<string, Lie>>();
  /** Stops the coordinator's clock while set, so that nothing refills however slow the machine is. */
  frozenMs: number | undefined;
  readonly #attacks = new Map<JobId, Attack>();
  /** What a liar's own node said, by the signature of what was posted instead. */
  readonly #meant = new Map<string, Post>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'fedrisk-hostile-'));
  readonly #work = new WorkPool({});
  readonly #nodes: ParticipantNode[] = [];
  #coordinator: Coordinator | undefined;
  #store: Store | undefined;

  private constructor(readonly names: Names) {}

  static async start(participants: Names = names): Promise<HostileFederation> {
    const federation = new HostileFederation(participants);
    await federation.#init();
    await federation.#serve();
    await federation.#enrol();
    for (const name of participants) federation.#run(name);
    await Promise.all(federation.#nodes.map((node) => node.connected));
    return federation;
  }

  get address(): string {
    return `localhost:${this.#coordinator!.port}`;
  }

  get enrolmentAddress(): string {
    return `localhost:${this.#coordinator!.enrolmentPort}`;
  }

  get #home(): string {
    return join(this.#folder, 'coordinator');
  }

  async #init(): Promise<void> {
    await initCoordinator({
      home: this.#home,
      name: 'hub',
      organisation: 'Hub Ltd',
      hosts: [],
      address: 'localhost:1',
      enrolmentAddress: 'localhost:2',
    });
  }

  async #serve(): Promise<void> {
    const honest = pooledAdder(1);
    const adder: Adder = {
      ...honest,
      add: (task) => {
        const attack = this.#attacks.get(jobOfPath(task.output));
        return attack?.add ? attack.add(task, honest.add) : honest.add(task);
      },
    };
    const log = (level: string) => (fields: object) => {
      this.logged.push({ level, ...fields });
    };
    this.#coordinator = await createCoordinator({
      identity: await openCoordinatorHome(this.#home),
      store: openSqliteStore(join(this.#home, 'coordinator.sqlite')),
      blobs: folderBlobs(join(this.#home, 'blobs')),
      adder,
      clock: { now: () => this.frozenMs ?? systemClock.now() },
      log: { info: () => {}, warn: log('warn'), error: log('error') },
      host: '127.0.0.1',
      port: 0,
      enrolmentPort: 0,
      heartbeatMs: 1000,
      scoreAnswerMs: 10_000,
      version: '0.2.0',
      deliver: (receiver, jobId, event) => {
        const attack = this.#attacks.get(jobId);
        return this.#asMeant(receiver, attack?.deliver ? attack.deliver(event, receiver, jobId) : event);
      },
    });
    this.#store = openSqliteStore(join(this.#home, 'coordinator.sqlite'));
  }

  async #enrol(): Promise<void> {
    // Every fifth loan is held out, so five parts by id would each be all held out or not at all.
    const parts = this.names.length === 5 ? [...this.names, 'nobody-1', 'nobody-2'] : this.names;
    const dealt = await dealRows({ parts, outFolder: join(this.#folder, 'rows') });
    const pins = new Map();
    let caFingerprint = '';
    const idle = fiveNames.filter((name) => !this.names.some((each) => each === name));
    for (const { name, organisation, role } of cast) {
      if (idle.some((each) => each === name)) continue;
      const { address, enrolmentAddress } = this;
      const order = { home: this.#home, name, organisation, role, address, enrolmentAddress };
      const { token } = await createInvitation(order);
      const home = join(this.#folder, name);
      const enrolled = await enroll({ home, token });
      caFingerprint = enrolled.caFingerprint;
      this.homes.set(name, home);
      this.credentials.set(name, await homeCredentials(home));
      const { identityKey } = enrolled;
      if (identityKey !== '') pins.set(name, { name, organisation, identityKey, pinnedMs: 0 });
    }
    for (const { name, path } of dealt.slice(0, this.names.length)) {
      const home = this.homes.get(name)!;
      const lines = (await readFile(path, 'utf8')).split('\n').slice(0, rowsEach + 1);
      await writeFile(path, `${lines.join('\n')}\n`);
      await installDataset(home, path);
      await installPolicy(home, { name: 'hub', caFingerprint });
      await this.#widenPolicy(join(home, 'policy.yaml'));
      writePins(home, new Map([...pins].filter(([peer]) => peer !== name)));
      mkdirSync(homeLayout(home).jobs, { recursive: true });
    }
  }

  async #widenPolicy(path: string): Promise<void> {
    const policy = parseDocument(await readFile(path, 'utf8'));
    policy.setIn(['rules', 0, 'peers'], this.names);
    await writeFile(path, policy.toString());
  }

  #run(name: Names[number]): void {
    const { config, participant, channel, certificateFingerprint } = this.credentials.get(name)!;
    const home = this.homes.get(name)!;
    const journal = new Journal(homeLayout(home).journal, participant!.journalKey);
    this.journals.set(name, journal);
    const node = createParticipant({
      home,
      name: name as ParticipantName,
      organisation: config.organisation,
      party: config.role as 'bank' | 'platform',
      coordinator: config.coordinator,
      dial: {
        address: this.address,
        channel,
        channelOptions: {
          ...channelOptions,
          'grpc.use_local_subchannel_pool': 1,
          interceptors: [this.#lying(name)],
        } as never,
      },
      certificateFingerprint,
      signer: participant!.signer,
      journal,
      work: this.#work,
      clock: systemClock,
      log: pino({ level: 'silent' }),
      version: '0.2.0',
      compareSolo: false,
    });
    this.#nodes.push(node);
    node.start();
  }

  /** Stands between a participant and the wire: what it posts is replaced where the test has it lie. */
  #lying(name: string): Interceptor {
    return lyingInterceptor(async (jobId, post) => {
      const lie = this.lies.get(jobId)?.get(name);
      if (lie === undefined) return post;
      const told = this.sign(name, jobId, await lie(post, jobId));
      this.#meant.set(told.signature, post);
      return told;
    });
  }

  /** A real liar remembers its lies; this one's node remembers what it would have said, and is shown that. */
  #asMeant(receiver: string, event: JobEvent | undefined): JobEvent | undefined {
    if (event?.body.kind !== 'posted' || event.body.post.sender !== receiver) return event;
    const post = this.#meant.get(event.body.post.signature);
    return post ? { ...event, body: { kind: 'posted', post } } : event;
  }

  /** Signs as a participant; what bad tests say in good names. */
  sign(name: string, jobId: JobId, { sender, rosterDigest, body }: Omit<Post, 'signature'>): Post {
    const unsigned = { sender, rosterDigest, body };
    const { signer } = this.credentials.get(name)!.participant!;
    return { ...unsigned, signature: signer.sign(postDigest(jobId, unsigned)) };
  }

  post(name: string, jobId: JobId, body: PostBody, rosterDigest: HexDigest | '' = ''): Post {
    return this.sign(name, jobId, { sender: name as ParticipantName, rosterDigest, body });
  }

  /** Submits a job after telling the coordinator, and if wanted a participant, how to misbehave in it. */
  async submit(options: { attack?: Attack; lies?: Record<string, Lie>; spec?: object } = {}): Promise<JobId> {
    const spec = creditSpec({ participants: this.names, ...options.spec });
    const jobId = jobIdOfSpec(spec);
    if (options.attack) this.#attacks.set(jobId, options.attack);
    if (options.lies) this.lies.set(jobId, new Map(Object.entries(options.lies)));
    const { client, close } = this.jobsClient('ana');
    const request = { specJson: specJson(spec), idempotencyKey: '' };
    await unaryCall((...rest) => client.submitJob(request, ...rest)).finally(close);
    return jobId;
  }

  jobsClient(name: string) {
    const { channel } = this.credentials.get(name)!;
    const client = new wire.JobsService(this.address, channel, channelOptions);
    return { client, close: () => client.close() };
  }

  /** What `jobs show` gives the submitter. */
  async shown(jobId: JobId): Promise<NonNullable<GetJobResponse__Output['job']>> {
    const { client, close } = this.jobsClient('ana');
    const answer = await unaryCall<GetJobResponse__Output>((...rest) => client.getJob({ jobId }, ...rest));
    close();
    return answer.job!;
  }

  events(jobId: JobId): Promise<readonly JobEvent[]> {
    return this.#store!.readEvents(jobId, 0, 100_000);
  }

  /** How the job ended at each participant, by its own journal. */
  async endings(jobId: JobId): Promise<Record<string, JournalJob>> {
    const { names } = this;
    const over = () => names.map((name) => this.journals.get(name)!.job(jobId));
    await until(() => over().every((job) => job?.concluded === true));
    return Object.fromEntries(over().map((job, at) => [names[at], job!]));
  }

  /** `state code` of each participant, in roster order. */
  async verdicts(jobId: JobId): Promise<string[]> {
    const endings = await this.endings(jobId);
    return this.names.map((name) => `${endings[name]!.state} ${endings[name]!.code}`.trim());
  }

  jobFolder(name: string, jobId: JobId): string {
    return join(homeLayout(this.homes.get(name)!).jobs, jobId);
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
    await this.#work.close();
    for (const journal of this.journals.values()) journal.close();
    await this.#store?.close();
    await this.#coordinator?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function creditSpec(change: object = {}): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'hostile',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants: names,
    dataset: 'credit-loans',
    features: { Age: 'number', Amount: 'number', Home: 'category' },
    model: { kind: 'logistic' },
    training: { rounds: 1, batchRows: 32, learningRate: 0.05 },
    evaluation: { bins: 1000 },
    nonce: drawNonce(),
    ...change,
  });
}

/** Waits for what the participants do; the test's own time limit ends it. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** The job whose files lie under a path of the coordinator's blobs. */
function jobOfPath(path: string): JobId {
  return `job-${path.split('/').at(-3)}` as JobId;
}
