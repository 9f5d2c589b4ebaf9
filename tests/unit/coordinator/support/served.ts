import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  drawNonce,
  type HorizontalSpec,
  type JobId,
  type JobSpec,
  type ParticipantName,
  type Post,
  type PostBody,
  postDigest,
  postToWire,
  remoteError,
  specJson,
} from '../../../../contract/index.js';
import { createInvitation, initCoordinator, startCoordinator } from '../../../../coordinator/main.js';
import { isUnfinished, type JobState, step } from '../../../../coordinator/rounds/index.js';
import { openSqliteStore, type Store } from '../../../../coordinator/store/index.js';
import { uploadBytes } from '../../../../crypto/secure-sum/adder.js';
import {
  channelOptions,
  enroll,
  homeCredentials,
  unaryCall,
} from '../../../../participant/identity/index.js';
import type { PostResponse__Output } from '../../../../proto/gen/fedrisk/v1/PostResponse.js';
import type { SubmitJobResponse__Output } from '../../../../proto/gen/fedrisk/v1/SubmitJobResponse.js';
import type { UploadResponse__Output } from '../../../../proto/gen/fedrisk/v1/UploadResponse.js';
import { wire } from '../../../../proto/index.js';
import { honestPost, roster, rosterDigestFor, spec } from './honest.js';
import { parcelBytes } from './vertical.js';

const clock = { now: () => Date.now() };
const valueCount = 100;

export type Member = Awaited<ReturnType<typeof member>>;

/** Clients of one enrolled party over real mutual TLS. */
async function member(home: string, address: string) {
  const held = await homeCredentials(home);
  const options = { ...channelOptions, 'grpc.use_local_subchannel_pool': 1 };
  const jobs = new wire.JobsService(address, held.channel, options);
  const node = new wire.ParticipantService(address, held.channel, options);
  const { name, organisation, role } = held.config;
  return {
    name: name as ParticipantName,
    organisation,
    role: role as 'bank' | 'platform',
    certificateFingerprint: held.certificateFingerprint,
    identityKey: held.participant?.signer.publicKey ?? '',
    sign: (jobId: JobId, unsigned: Omit<Post, 'signature'>): Post => ({
      ...unsigned,
      signature: held.participant?.signer.sign(postDigest(jobId, unsigned)) ?? '',
    }),
    jobs,
    node,
    close: () => {
      jobs.close();
      node.close();
    },
  };
}

/** A served coordinator with enrolled parties; its transcript is read through a second connection to its store. */
export class Served {
  readonly members = new Map<string, Member>();
  #store: Store | undefined;
  #stop: () => Promise<void> = async () => undefined;
  port = 0;
  enrolmentPort = 0;

  private constructor(readonly folder: string) {}

  static async start(): Promise<Served> {
    const served = new Served(await mkdtemp(join(tmpdir(), 'fedrisk-coordinator-')));
    await initCoordinator({
      home: served.home,
      name: 'hub',
      organisation: 'Hub Ltd',
      hosts: [],
      address: 'localhost:1',
      enrolmentAddress: 'localhost:2',
    });
    // Short beats and waits, so that what they notice is noticed within a second.
    await writeFile(join(served.home, 'coordinator.yaml'), 'heartbeatSeconds: 0.4\nscoreSeconds: 0.5\n');
    await served.run();
    for (const name of [...roster, 'ana', 'eve']) await served.enrol(name, roleOf(name));
    served.members.set('operator', await member(join(served.home, 'operator'), served.address));
    return served;
  }

  get home(): string {
    return join(this.folder, 'coordinator');
  }

  get address(): string {
    return `localhost:${this.port}`;
  }

  get store(): Store {
    this.#store ??= openSqliteStore(join(this.home, 'coordinator.sqlite'));
    return this.#store;
  }

  async run(): Promise<void> {
    const { port, enrolmentPort } = this;
    const started = await startCoordinator({
      home: this.home,
      host: '127.0.0.1',
      port,
      enrolmentPort,
      logLevel: 'silent',
    });
    this.port = started.port;
    this.enrolmentPort = started.enrolmentPort;
    this.#stop = started.close;
  }

  /** @param meanwhile done while no coordinator runs. */
  async restart(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    await this.#stop();
    await meanwhile();
    await this.run();
  }

  async enrol(name: string, role: string, organisation = `Org of ${name}`): Promise<void> {
    const { token } = await createInvitation({
      home: this.home,
      name,
      organisation,
      role,
      address: this.address,
      enrolmentAddress: `localhost:${this.enrolmentPort}`,
    });
    const home = join(this.folder, name);
    await enroll({ home, token, clock });
    this.members.set(name, await member(home, this.address));
  }

  member(name: string): Member {
    const found = this.members.get(name);
    if (!found) throw new Error(`${name} is not enrolled`);
    return found;
  }

  async close(): Promise<void> {
    for (const { close } of this.members.values()) close();
    await this.#stop();
    await this.#store?.close();
    await rm(this.folder, { recursive: true });
  }

  async state(jobId: JobId): Promise<JobState> {
    let state: JobState | undefined;
    for (const event of await this.store.readEvents(jobId, 0, 100_000)) state = step(state, event);
    return state!;
  }

  async submit(
    change: object = {},
    idempotencyKey = '',
    by = 'ana',
  ): Promise<{ jobId: JobId; spec: HorizontalSpec }> {
    return this.submitSpec(spec({ nonce: drawNonce(), ...change }), idempotencyKey, by);
  }

  async submitSpec<S extends JobSpec>(
    jobSpec: S,
    idempotencyKey = '',
    by = 'ana',
  ): Promise<{ jobId: JobId; spec: S }> {
    const request = { specJson: specJson(jobSpec), idempotencyKey };
    const { jobs } = this.member(by);
    const answer = await unaryCall<SubmitJobResponse__Output>((...rest) => jobs.submitJob(request, ...rest));
    return { jobId: answer.jobId as JobId, spec: jobSpec };
  }

  post(name: string, jobId: JobId, post: Post): Promise<PostResponse__Output> {
    const { node } = this.member(name);
    return unaryCall((...rest) => node.post({ jobId, post: postToWire(post) }, ...rest));
  }

  /** Signs and posts what `name` says in the job's current state. */
  async say(name: string, jobId: JobId, body: PostBody): Promise<Post> {
    const sender = this.member(name);
    const rosterDigest = rosterDigestFor(await this.state(jobId), body);
    const post = sender.sign(jobId, { sender: sender.name, rosterDigest, body });
    await this.post(name, jobId, post);
    return post;
  }

  upload(
    name: string,
    header: { jobId: JobId; sum: number; digest: string; bytes: number; offset: number; to?: string },
    chunks: readonly Uint8Array[],
  ): Promise<UploadResponse__Output> {
    const { node } = this.member(name);
    return unaryCall((metadata, options, callback) => {
      const call = node.upload(metadata, options, callback);
      call.on('error', () => undefined);
      call.write({ body: 'header', header });
      for (const chunk of chunks) call.write({ body: 'chunk', chunk: Buffer.from(chunk) });
      call.end();
    });
  }

  /** Lets all participants act honestly until nobody has anything to say in state `until`, or the job ended.
   * @param silent says nothing for now. */
  async play(
    jobId: JobId,
    until: (state: JobState) => boolean = () => false,
    silent: readonly string[] = [],
  ): Promise<JobState> {
    for (;;) {
      const state = await this.state(jobId);
      if (!isUnfinished(state) || until(state)) return state;
      let spoke = false;
      for (const name of state.charter.roster) {
        if (!silent.includes(name)) spoke = (await this.#act(name, jobId, state)) || spoke;
      }
      // Everybody waits: the coordinator adds ciphertexts in its worker.
      if (!spoke) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  sendParcel(jobId: JobId, step: number, from: string, to: string): Promise<UploadResponse__Output> {
    const bytes = parcelBytes(step, from, to);
    const digest = createHash('sha256').update(bytes).digest('hex');
    return this.upload(from, { jobId, sum: step, to, digest, bytes: bytes.length, offset: 0 }, [bytes]);
  }

  /** What a participant is given: of a sum, or with `from` of a parcel of the step `sum`. */
  async download(
    name: string,
    request: { jobId: JobId; sum: number; offset: number; from?: string },
  ): Promise<Buffer> {
    const pieces: Buffer[] = [];
    try {
      for await (const { chunk } of this.member(name).node.download(request)) pieces.push(chunk);
    } catch (error) {
      throw remoteError(error as never);
    }
    return Buffer.concat(pieces);
  }

  async #act(name: ParticipantName, jobId: JobId, state: JobState): Promise<boolean> {
    const bytes = zeroUpload(state.charter.roster.length);
    const digest = createHash('sha256').update(bytes).digest('hex') as never;
    const body = honestPost(state, this.member(name), { digest, bytes: bytes.length, valueCount });
    if (!body) return false;
    if (body.kind === 'contribution') {
      const header = { jobId, sum: body.sum, digest, bytes: bytes.length, offset: 0 };
      await this.upload(name, header, [bytes]);
    }
    if (body.kind === 'parcel') await this.sendParcel(jobId, body.step, name, body.to);
    await this.say(name, jobId, body);
    return true;
  }
}

/** A well-formed upload block: a random seed and c0 = 0. It encrypts nothing useful, but the adder must take it. */
export function zeroUpload(contributors: number): Uint8Array {
  const bytes = new Uint8Array(uploadBytes({ parameterSet: 'narrow', valueCount, contributors }));
  bytes.set(randomBytes(64));
  return bytes;
}

function roleOf(name: string): string {
  if (name === 'ana') return 'scientist';
  if (name === 'eve') return 'auditor';
  return name.startsWith('bank') ? 'bank' : 'platform';
}
