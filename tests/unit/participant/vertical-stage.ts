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
import type { MessagePort } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import {
  CodedError,
  digestOf,
  type EventBody,
  type HexDigest,
  type JobEvent,
  type JobId,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
  type PostOf,
  postPlace,
  rosterDigest,
  Secret,
  type Step,
  settledValue,
  specDigest,
  stepsOf,
  type VerticalSpec,
} from '../../../contract/index.js';
import { Journal } from '../../../participant/journal/index.js';
import type { VerticalDecision } from '../../../participant/policy/index.js';
import { sealed } from '../../../participant/privacy/index.js';
import type { DutyParts } from '../../../participant/rounds/duty-parts.js';
import { Duties, JobRunner, JobTranscript } from '../../../participant/rounds/index.js';
import type { Link } from '../../../participant/session/index.js';
import { createTasks } from '../../../participant/training/index.js';
import { readGate } from '../../../participant/training/read-gate.js';
import type { StepOutcome, StepWork } from '../../../participant/vertical/index.js';
import { Cast, organisationOf, submittedEvent, verticalSpecFor } from '../../support/cast.js';
import { ParcelRelay } from './parcel-relay.js';
import { digest, someBytes } from './vertical-play.js';

const far = 1_800_000_000_000;
const nowMs = 1_700_000_000_000;
/** Jobs here are hundreds of synced writes; on a disk these tests would mostly wait. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const journalKey = () => new Secret(new Uint8Array(32).fill(7));

export const grant = {
  maximumPeerRows: 1000,
  minimumOwnRows: 1,
  minimumCommonRows: 1,
  woe: true,
  scores: 'all',
  maximumReleasedShare: 1,
} as const;
export const allow: VerticalDecision = { kind: 'approve', rule: 'open', grant };

/** A moment at which a party can be killed: before or after a call that leaves its process or its thread. */
export type Moment = `${'before' | 'after'} ${string}`;

/** What a step wrote or found, by `step from to`. */
export type Seen = Map<string, string>;

/** A party with its journal and folders on disk; everything else is made anew when it restarts. */
export class Party {
  readonly name: ParticipantName;
  readonly #stage: VerticalStage;
  readonly folder: string;
  readonly #link: Link;
  journal: Journal;
  duties: Duties;
  runner: JobRunner | undefined;
  /** Bytes written into each parcel, in the order of the attempts. */
  readonly wrote = new Map<string, string[]>();
  readonly read: Seen = new Map();
  /** Names of parcels in the inbox of each step. */
  readonly inboxes = new Map<number, string[]>();
  readonly performed: number[] = [];
  readonly asked: { rows: number; aligned: boolean }[] = [];
  decide: () => VerticalDecision = () => allow;
  /** What the work of a step leads to, beside parcels and report. */
  outcome: (work: StepWork) => Partial<StepOutcome> | Promise<Partial<StepOutcome>> = () => ({});
  /** Ends the party at a moment; it says nothing more until it restarts. */
  kill: (moment: Moment) => boolean = () => false;
  /** Settles when a job that ended is worked on no more. */
  atRest: Promise<void> | undefined;
  #life = 0;
  /** Its test has ended, and its folder is gone. */
  #over = false;

  constructor(stage: VerticalStage, name: string, link: Link) {
    this.name = name as ParticipantName;
    this.#stage = stage;
    this.#link = link;
    this.folder = mkdtempSync(join(memory, `fedrisk-${name}-`));
    mkdirSync(join(this.folder, 'jobs'));
    onTestFinished(() => {
      this.#over = true;
      void this.runner?.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
    this.journal = this.#openJournal();
    this.duties = this.#newDuties();
  }

  get jobFolder(): string {
    return join(this.folder, 'jobs', this.#stage.jobId);
  }

  get files(): string[] {
    return readdirSync(this.jobFolder).sort();
  }

  /** As after SIGKILL: a new process on the same disk. */
  restart(): void {
    this.#life += 1;
    this.kill = () => false;
    this.journal = this.#openJournal();
    this.duties = this.#newDuties();
  }

  /** Runs the job as a node does. */
  run(): void {
    const { jobId, cast } = this.#stage;
    if (this.journal.job(jobId) === undefined) this.journal.keepJob(jobId, 'running');
    const guard = this.#guard();
    const said = guard(`post`, async (post: Post) => this.#stage.post(post));
    this.runner = new JobRunner({
      jobId,
      me: this.name,
      signer: cast.signer(this.name),
      journal: this.journal,
      pinned: cast.pinned,
      deliver: async (_, posts) => {
        for (const post of posts) await said(post);
      },
      perform: (duty, transcript, signal) => this.duties.perform(duty, transcript, signal),
      ended: (transcript, error, rest) => {
        this.atRest = rest;
        this.#stage.ended(this, transcript, error);
      },
    });
    for (const event of this.#stage.events) this.runner.take(event);
    this.runner.wake();
  }

  #openJournal(): Journal {
    const journal = new Journal(join(this.folder, 'journal.sqlite'), journalKey());
    onTestFinished(() => journal.close());
    return journal;
  }

  /** Calls of a life that was ended never come back. */
  #guard() {
    const life = this.#life;
    const pass = async (moment: Moment) => {
      const die = life === this.#life && this.kill(moment);
      if (die) setImmediate(() => this.#over || this.#stage.revive(this));
      if (die || this.#over || life !== this.#life) await new Promise(() => {});
    };
    return <A extends unknown[], R>(label: string, call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await pass(`before ${label}`);
        const result = await call(...args);
        await pass(`after ${label}`);
        return result;
      };
  }

  #newDuties(): Duties {
    const { cast, jobId } = this.#stage;
    const guard = this.#guard();
    const link = this.#link;
    const tasks = createTasks(
      sealed,
      () => undefined,
      (work) => this.#perform(work),
    );
    const inThread: DutyParts['work'] = {
      // As between threads: tasks and results are copied.
      run: async (order, _signal, onProgress) => {
        if (order.kind === 'preflightVertical')
          return { rows: 500, labelled: { rows: 500, bad: 100 } } as never;
        const progress = { postMessage: onProgress ?? (() => {}) } as unknown as MessagePort;
        const task = { ...structuredClone(order), gate: readGate(), progress };
        return settledValue(structuredClone(await tasks(task as never))) as never;
      },
    };
    return new Duties({
      me: { name: this.name, organisation: organisationOf(this.name), party: 'bank' },
      certificateFingerprint: '0'.repeat(64) as HexDigest,
      signer: cast.signer(this.name),
      journal: this.journal,
      link: {
        upload: guard('upload', link.upload.bind(link)),
        downloadParcel: guard('download', link.downloadParcel.bind(link)),
        download: link.download.bind(link),
      },
      work: { run: guard('work', inThread.run as never) as never },
      clock: { now: () => nowMs },
      datasetFolder: join(this.folder, 'datasets'),
      jobsFolder: join(this.folder, 'jobs'),
      compareSolo: false,
      approvalPollMs: 5,
      judge: async () => {
        throw new CodedError('INTERNAL', `${jobId} is no horizontal job`);
      },
      judgeVertical: async (_, asked) => {
        this.asked.push(asked);
        return this.decide();
      },
      progress: () => {},
    });
  }

  /** In place of the work: random bytes for everybody who is owed a parcel, a model file in the last step. */
  async #perform(work: StepWork): Promise<StepOutcome> {
    const { step, inbox, outbox, folder, me } = work;
    this.performed.push(step.number);
    this.inboxes.set(
      step.number,
      inbox.map(({ name, from }) => `${name} ${from}`),
    );
    for (const { step: sent, from, path } of inbox) {
      const found = readFileSync(path, 'hex');
      const place = `${sent} ${from} ${me}`;
      if ((this.read.get(place) ?? found) !== found) throw new Error(`${place} changed`);
      this.read.set(place, found);
    }
    for (const { to, seal } of outbox) {
      const bytes = someBytes(1000);
      const place = `${step.number} ${me} ${to}`;
      this.wrote.set(place, [...(this.wrote.get(place) ?? []), Buffer.from(bytes).toString('hex')]);
      await seal([bytes]);
    }
    writeFileSync(join(folder, `work-${step.number}`), 'half a product');
    if (step.name === 'close') writeFileSync(join(folder, 'model.json'), '{}');
    const report = {
      fingerprint: digest('c'),
      metrics: [],
      features: [],
      labelFunctionals: 0,
      scoresReleased: 0,
    };
    return {
      ...(step.reports.includes(me) && { report }),
      timings: [{ step: 'work', ms: 1 }],
      ...(await this.outcome(work)),
    };
  }
}

/** Parties of one vertical job and the coordinator between them, which here only orders. */
export class VerticalStage {
  readonly cast: Cast;
  readonly spec: VerticalSpec;
  readonly steps: readonly Step[];
  readonly relay = new ParcelRelay();
  readonly parties: Party[] = [];
  readonly events: JobEvent[] = [];
  readonly endings: string[] = [];
  /** Lives that ended. */
  revived = 0;
  #places = new Map<string, string>();
  #settled: (() => void) | undefined;
  readonly over: Promise<void>;

  private constructor(names: readonly string[], fields: object) {
    this.cast = new Cast(names);
    this.spec = verticalSpecFor(names, fields);
    this.steps = stepsOf(this.spec);
    this.over = new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  static async of(names: readonly string[], fields: object = {}): Promise<VerticalStage> {
    const stage = new VerticalStage(names, fields);
    for (const name of names) stage.parties.push(new Party(stage, name, await stage.relay.link(name)));
    return stage;
  }

  get jobId(): JobId {
    return jobIdOfSpec(this.spec);
  }

  party(name: string): Party {
    return this.parties.find((party) => party.name === name)!;
  }

  /** Everybody takes part until the job ended for all. */
  async play(): Promise<void> {
    this.#append(submittedEvent(this.spec));
    for (const party of this.parties) party.run();
    await this.over;
  }

  revive(party: Party): void {
    this.revived += 1;
    party.restart();
    party.run();
  }

  ended(_party: Party, transcript: JobTranscript, error?: CodedError): void {
    this.endings.push(error?.code ?? transcript.ended?.kind ?? '');
    if (this.endings.length >= this.parties.length) this.#settled?.();
  }

  post(post: Post): void {
    const place = `${post.sender} ${postPlace(post.body)}`;
    const text = JSON.stringify(post.body);
    const before = this.#places.get(place);
    if (before !== undefined && before !== text) throw new CodedError('MESSAGE_CONFLICT', place);
    if (before !== undefined) return;
    this.#places.set(place, text);
    this.#append({ kind: 'posted', post });
    this.#follow(post.body.kind);
  }

  /** Posts of a kind, in the transcript. */
  posts<K extends Post['body']['kind']>(kind: K): (PostOf<K> & { sender: string })[] {
    return this.events.flatMap(({ body }) =>
      body.kind === 'posted' && body.post.body.kind === kind
        ? [{ ...(body.post.body as PostOf<K>), sender: body.post.sender }]
        : [],
    );
  }

  #follow(kind: string): void {
    const all = (of: 'consent' | 'join' | 'rosterSignature') => this.posts(of).length === this.parties.length;
    if (kind === 'consent' && all('consent')) this.#append({ kind: 'consented', deadlineMs: far });
    if (kind === 'join' && all('join')) {
      const entries = this.posts('join').map(({ kind: _, sender, ...entry }) => {
        return { ...entry, name: sender as ParticipantName };
      });
      this.#append({ kind: 'rosterFixed', rosterDigest: rosterDigest(specDigest(this.spec), entries) });
    }
    if (kind === 'rosterSignature' && all('rosterSignature')) this.#open(0);
    if (kind === 'abort') {
      this.#append({ kind: 'failed', code: 'MESSAGE_UNEXPECTED', detail: '', parties: [] });
    }
    if (kind !== 'parcel' && kind !== 'report') return;
    const now = this.events.filter(({ body }) => body.kind === 'stepOpened').length - 1;
    const { parcels, reports } = this.steps[now]!;
    const said = [...this.posts('parcel'), ...this.posts('report')].filter(({ step }) => step === now);
    if (said.length < parcels.length + reports.length) return;
    if (now + 1 < this.steps.length) this.#open(now + 1);
    else this.#finish();
  }

  #open(step: number): void {
    const { name, round } = this.steps[step]!;
    this.#append({ kind: 'stepOpened', step, name, round, deadlineMs: far });
  }

  #finish(): void {
    const reports = this.posts('report')
      .map(({ sender, fingerprint }) => [sender, fingerprint])
      .sort();
    const rounds = this.spec.type === 'training' ? this.spec.training.iterations : 0;
    const fingerprint = digestOf('fedrisk/v1/vertical-model', { reports });
    this.#append({ kind: 'finished', fingerprint, rounds, bestRound: rounds });
  }

  #append(body: EventBody): void {
    const event = { index: this.events.length, atMs: nowMs, body };
    this.events.push(event);
    for (const { runner } of this.parties) runner?.take(event);
  }

  /** A participant announced other bytes from the start: its parcel post is changed and signed anew. */
  announceAgain(
    sender: string,
    { step, ...fields }: { step: number; digest: HexDigest; bytes: number },
  ): void {
    const at = this.events.findIndex(({ body }) => {
      if (body.kind !== 'posted' || body.post.sender !== (sender as ParticipantName)) return false;
      return body.post.body.kind === 'parcel' && body.post.body.step === step;
    });
    const event = this.events[at]!;
    const { post } = event.body as Extract<EventBody, { kind: 'posted' }>;
    const changed = { ...(post.body as PostOf<'parcel'>), ...fields };
    const signed = this.cast.post(this.spec, sender, changed, post.rosterDigest);
    this.events[at] = { ...event, body: { kind: 'posted', post: signed } };
  }

  /** A participant's view of a transcript so far. */
  transcript(me: string): JobTranscript {
    const { jobId, cast } = this;
    const transcript = new JobTranscript({ jobId, me: me as ParticipantName, pinned: cast.pinned });
    for (const event of this.events) transcript.apply(event);
    return transcript;
  }
}
