import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type JobId, type ParticipantName, Secret, specDigest } from '../../../contract/index.js';
import { generateSealKeys, type SealKeys } from '../../../crypto/sealing/index.js';
import { homeLayout } from '../../../participant/config.js';
import { readPins } from '../../../participant/identity/index.js';
import { Journal } from '../../../participant/journal/index.js';
import { type AskingParts, ScoreAnswering, ScoreAsking } from '../../../participant/online/index.js';
import { type OnlineJob, onlineJob } from '../../../participant/online/online-job.js';
import { readScoreTable, type TableOrder } from '../../../participant/online/score-table.js';
import type { TableWork } from '../../../participant/online/table-worker.js';
import type { ModelPart, VerticalModel } from '../../../participant/vertical/index.js';
import { eventsOf, organisationOf } from '../../support/cast.js';
import { VerticalPlay } from '../participant/vertical-play.js';

export const caFingerprint = 'cd'.repeat(32);
export const coordinator = { name: 'ring', caFingerprint };
const journalKey = () => new Secret(new Uint8Array(32).fill(9));
export const quiet = pino({ level: 'silent' });

/** Own part of a model with round numbers: `woe` by bin, one weight, nothing whitened. */
interface OwnFeature {
  readonly kind: 'number' | 'category';
  /** Of numbers. */
  readonly cuts?: readonly number[];
  readonly groups?: readonly string[][];
  /** The last one is for missing values. */
  readonly woe: readonly number[];
  readonly mean: number;
  readonly weight: number;
}

/** Numbers are exact in binary where that makes expectations plain. */
export const bankFeatures: Readonly<Record<string, OwnFeature>> = {
  Amount: { kind: 'number', cuts: [1000, 5000], woe: [-0.5, 0.25, 1, 0.125], mean: 0.125, weight: 0.75 },
  Records: { kind: 'category', groups: [['no'], ['yes']], woe: [-0.25, 1.5, 0], mean: 0.25, weight: 1 },
};
export const platformFeatures: Readonly<Record<string, OwnFeature>> = {
  Age: { kind: 'number', cuts: [30, 50], woe: [0.75, 0, -1, 0.5], mean: 0.0625, weight: 1.25 },
};
export const scaling = { base: 600, odds: 20, pdo: 20 };
export const calibration = { slope: 1.25, intercept: -0.5, rows: 100, bads: 20 };
export const intercept = -0.75;

/** A model of another kind than `modelOf`, grown by a job of another type. */
export interface OtherModel {
  /** Fields of the job spec. */
  readonly job: object;
  modelOf(jobId: string, me: string, names: readonly string[]): ModelPart;
}

export function modelOf(jobId: string, me: string, names: readonly string[]): VerticalModel {
  const holds = me === names[0];
  const own = Object.entries(holds ? bankFeatures : platformFeatures);
  return {
    format: 'fedrisk/vertical-model/1',
    ...{ jobId, name: 'test-job', me, labelHolder: names[0]!, parties: names },
    features: Object.fromEntries(
      own.map(([name, { kind, cuts = [], groups = [], woe }]) => [
        name,
        {
          kind,
          bins:
            kind === 'number'
              ? { kind, cuts: [...cuts], special: [], unseen: [], missing: true }
              : { kind, groups: groups.map((group) => [...group]), other: null, missing: true },
          woe,
          rows: woe.map((_, bin) => (bin === woe.length - 1 ? 10 : 30)),
          iv: 0.2,
        },
      ]),
    ),
    fit: {
      ...{ version: 1, rows: 100, l2: 0, clip: 8 },
      columns: own.map(([name, { mean, weight }]) => ({ name, mean, coefficient: weight })),
      whitening: own.flatMap((_, i) => own.slice(i).map((__, j) => (j === 0 ? 1 : 0))),
      weights: own.map(([, { weight }]) => weight),
      intercept: holds ? intercept : 0,
      interceptShare: 0,
    },
    ...(holds && { calibration, scaling }),
  };
}

/** A finished training job in the homes of all its parties, and both sides of questions about it. */
export class OnlineStage {
  readonly root = mkdtempSync(join(tmpdir(), 'fedrisk-online-'));
  readonly names: readonly string[];
  readonly play: VerticalPlay;
  readonly #keys: ReadonlyMap<string, SealKeys>;
  readonly #jobs = new Map<string, OnlineJob>();
  readonly #closing: (() => Promise<void>)[] = [];
  nowMs = Date.parse('2026-06-01T12:00:00Z');

  private constructor(
    names: readonly string[],
    keys: ReadonlyMap<string, SealKeys>,
    readonly other: OtherModel | undefined,
  ) {
    this.names = names;
    this.#keys = keys;
    const kinds = (own: typeof bankFeatures) =>
      Object.fromEntries(Object.entries(own).map(([name, { kind }]) => [name, kind]));
    const parties = names.map((name, at) => [
      name,
      { dataset: 'customers', features: kinds(at === 0 ? bankFeatures : platformFeatures) },
    ]);
    // As few events as a training can have: each one is synced.
    const short = { training: { iterations: 1 }, scores: { release: 'none' } };
    this.play = new VerticalPlay(names, { parties: Object.fromEntries(parties), ...(other?.job ?? short) });
    const { cast, spec } = this.play;
    cast.join = (_, name) =>
      cast.post(spec, name, {
        kind: 'join',
        specDigest: specDigest(spec),
        organisation: organisationOf(name),
        party: name === names[0] ? 'bank' : 'platform',
        certificateFingerprint: '0'.repeat(64) as never,
        identityKey: cast.signer(name).publicKey,
        sealKey: keys.get(name)!.publicKey,
        backend: 'wasm',
      });
    this.play
      .joined()
      .signed()
      .through(this.play.steps.length - 1)
      .finished();
  }

  /** @param names the label holder first. */
  static async set(
    names: readonly string[] = ['bank-a', 'platform-b'],
    other?: OtherModel,
  ): Promise<OnlineStage> {
    const keys = new Map<string, SealKeys>();
    for (const name of names) keys.set(name, await generateSealKeys());
    const stage = new OnlineStage(names, keys, other);
    for (const name of names) stage.#furnish(name);
    return stage;
  }

  get jobId(): JobId {
    return this.play.jobId;
  }

  readonly clock = { now: () => this.nowMs };

  modelOf(name: string): ModelPart {
    return (this.other?.modelOf ?? modelOf)(this.jobId, name, this.names);
  }

  home(name: string): string {
    return join(this.root, name);
  }

  journal(name: string): Journal {
    const journal = new Journal(homeLayout(this.home(name)).journal, journalKey());
    this.#closing.push(async () => journal.close());
    return journal;
  }

  /** Rows of a party: id and one cell a feature. */
  give(name: string, rows: readonly (readonly (string | number)[])[], normalise = '[nfkc, trim]'): void {
    const { datasets } = homeLayout(this.home(name));
    const features = Object.entries(name === this.names[0] ? bankFeatures : platformFeatures);
    const lines = [['id', ...features.map(([feature]) => feature)], ...rows].map((row) => row.join(','));
    writeFileSync(join(datasets, 'customers.csv'), `${lines.join('\n')}\n`);
    const mapped = features.map(
      ([feature, { kind }]) => `  ${feature}: { column: ${feature}, type: ${kind} }`,
    );
    writeFileSync(
      join(datasets, 'customers.yaml'),
      `dataset: customers\nsource: { csv: customers.csv }\nid: { column: id, normalise: ${normalise} }\nfeatures:\n${mapped.join('\n')}\n`,
    );
  }

  allow(name: string, rule: object = {}): void {
    const vertical = [
      {
        ...{
          name: 'pair',
          peers: '*',
          datasets: '*',
          features: '*',
          purposes: '*',
          types: '*',
          release: '*',
        },
        ...{ maximumIterations: 50, approval: 'automatic', scores: { online: true, onlinePerDay: 1000 } },
        ...rule,
      },
    ];
    const text = JSON.stringify({ coordinators: [coordinator], vertical });
    writeFileSync(homeLayout(this.home(name)).policy, text);
  }

  pin(name: string, peers: readonly { name: string; identityKey: string }[]): void {
    const pinned = peers.map((peer) => ({ ...peer, organisation: organisationOf(peer.name), pinnedMs: 1 }));
    writeFileSync(
      join(this.home(name), 'peers.json'),
      JSON.stringify({ format: 'fedrisk/peers/1', peers: pinned }),
    );
  }

  peersOf(name: string) {
    return this.names
      .filter((peer) => peer !== name)
      .map((peer) => ({ name: peer, identityKey: this.play.cast.signer(peer).publicKey }));
  }

  /** As the journal has it after the job. */
  job(name: string): OnlineJob {
    const job =
      this.#jobs.get(name) ??
      onlineJob(this.journal(name), this.jobId, name as ParticipantName, this.play.cast.pinned);
    this.#jobs.set(name, job);
    return job;
  }

  /** A feature holder at work on its home, as after a start. */
  answering(
    name: string,
    changes: { lookMs?: number; read?: (work: TableWork) => ReturnType<typeof readHere> } = {},
  ) {
    const answering = new ScoreAnswering({
      ...{ home: this.home(name), name: name as ParticipantName, organisation: organisationOf(name) },
      ...{ coordinator, signer: this.play.cast.signer(name), journal: this.journal(name) },
      ...{ clock: this.clock, log: quiet, environment: {}, read: readHere },
      ...changes,
    });
    this.#closing.push(() => answering.close());
    return answering;
  }

  /** The label holder, whose questions reach `ask`. */
  asking(ask: AskingParts['ask'], deadlineMs = 5000): ScoreAsking {
    const [me] = this.names as [string];
    const job = this.job(me);
    const model = this.modelOf(me);
    const order: TableOrder = {
      datasetFolder: homeLayout(this.home(me)).datasets,
      dataset: 'customers',
      model,
    };
    const table = readScoreTable(order, {});
    return new ScoreAsking({
      ...{ job, model, clock: this.clock, deadlineMs, ask },
      signer: this.play.cast.signer(me),
      table: () => table,
      pins: () => readPins(this.home(me)),
    });
  }

  async close(): Promise<void> {
    // What was opened last may still use what was opened before.
    for (const close of this.#closing.splice(0).reverse()) await close();
    rmSync(this.root, { recursive: true, force: true });
  }

  #furnish(name: string): void {
    const layout = homeLayout(this.home(name));
    for (const folder of [layout.datasets, join(layout.jobs, this.jobId)])
      mkdirSync(folder, { recursive: true });
    writeFileSync(join(layout.jobs, this.jobId, 'model.json'), JSON.stringify(this.modelOf(name)));
    this.pin(name, this.peersOf(name));
    this.allow(name);
    const journal = new Journal(layout.journal, journalKey());
    journal.keepJob(this.jobId, 'running');
    for (const event of eventsOf(this.play.bodies)) journal.keepEvent(this.jobId, event);
    journal.keepSecret(this.jobId, 'seal-key', this.#keys.get(name)!.privateKey);
    journal.keepSecret(this.jobId, 'job-secret', new Secret(new Uint8Array(32)));
    journal.keepJob(this.jobId, 'finished');
    journal.conclude(this.jobId);
    journal.close();
  }
}

/** Reads in this thread: what the product does in another one is tested apart. */
function readHere({ order }: TableWork) {
  return readScoreTable(order, {});
}

/** Questions go straight to the answering parties, as the relay would take them. */
export function relayTo(
  stage: OnlineStage,
  parties: ReadonlyMap<string, ScoreAnswering>,
): AskingParts['ask'] {
  const [from] = stage.names as [ParticipantName];
  return async ({ jobId, to, requestId, sealed }) => {
    const answer = await parties.get(to)!.answer({ jobId, from, requestId, sealed });
    if ('code' in answer) throw new Error(answer.code);
    return answer.sealed;
  };
}
