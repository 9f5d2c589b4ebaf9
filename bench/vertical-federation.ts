import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { boundGarbage, drawNonce, garbageBytes, jobSpec, specJson } from '../contract/index.js';
import { createInvitation, initCoordinator, startCoordinator } from '../coordinator/main.js';
import { enroll, homeCredentials, listPeers, trustPeer } from '../participant/main.js';
import { wire } from '../proto/index.js';

export interface BenchParty {
  readonly name: string;
  readonly role: 'bank' | 'platform';
  /** Writes bench.csv or bench.csv.gz into HOME/datasets and gives the feature lines of its dataset file. */
  readonly dataset: (folder: string) => string;
}

export interface StepTiming {
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly parcels: readonly {
    readonly from: string;
    readonly to: string;
    readonly bytes: number;
    readonly timings: readonly { readonly step: string; readonly ms: number }[];
  }[];
}

export interface PhaseTiming {
  readonly purpose: string;
  readonly round: number;
  readonly steps: readonly StepTiming[];
}

/** CPU seconds so far, by process; the coordinator's is that of the bench itself. */
export interface UsageAt {
  readonly atMs: number;
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

export interface PartyUsage {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const hub = 'bench-hub';

/**
 * A coordinator in this process and a bank and platforms as processes of their own, enrolled and pinned, over mutual
 * TLS on loopback: what the vertical benches measure is the product as people run it.
 */
export class VerticalFederation {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fedrisk-vertical-'));
  readonly #children = new Map<string, ChildProcess>();
  readonly #parties: readonly BenchParty[];
  readonly #plaintext: boolean;
  #coordinator: Awaited<ReturnType<typeof startCoordinator>> | undefined;
  #operatorHome = '';

  constructor(parties: readonly BenchParty[], { plaintext = false }: { readonly plaintext?: boolean } = {}) {
    this.#parties = parties;
    this.#plaintext = plaintext;
  }

  homeOf(name: string): string {
    return join(this.#folder, name);
  }

  async open(): Promise<void> {
    const home = this.homeOf('coordinator');
    const port = 20_000 + (process.pid % 20_000);
    const addresses = { address: `localhost:${port}`, enrolmentAddress: `localhost:${port + 1}` };
    const init = { home, name: hub, organisation: 'Bench', hosts: ['localhost'], ...addresses };
    const { caFingerprint, operatorHome } = await initCoordinator(init);
    this.#operatorHome = operatorHome;
    const listening = { home, host: 'localhost', port, enrolmentPort: port + 1, logLevel: 'error' } as const;
    // As `fedrisk coordinator start` does.
    boundGarbage(garbageBytes.coordinator);
    this.#coordinator = await startCoordinator(listening);
    const keys = new Map<string, string>();
    for (const { name, role, dataset } of this.#parties) {
      const { token } = await createInvitation({ home, name, organisation: `${name} Ltd`, role });
      keys.set(name, (await enroll({ home: this.homeOf(name), token })).identityKey);
      const datasets = join(this.homeOf(name), 'datasets');
      mkdirSync(datasets, { recursive: true });
      const features = dataset(datasets);
      const [source] = readdirSync(datasets);
      writeFileSync(join(datasets, 'bench.yaml'), datasetYaml(source!, role === 'bank', features));
      writeFileSync(join(this.homeOf(name), 'policy.yaml'), policyYaml(caFingerprint));
    }
    for (const { name } of this.#parties) {
      for (const peer of await listPeers({ home: this.homeOf(name) })) {
        const { organisation } = peer;
        await trustPeer({
          home: this.homeOf(name),
          name: peer.name,
          key: keys.get(peer.name)!,
          organisation,
        });
      }
    }
    for (const { name } of this.#parties) {
      const args = [this.homeOf(name), ...(this.#plaintext ? ['plaintext'] : [])];
      const child = fork(fileURLToPath(new URL('vertical-party.js', import.meta.url)), args);
      this.#children.set(name, child);
      await once(child, 'message');
    }
  }

  /** Submits a vertical job from the bank's home and waits for its end; looks at what everybody used four times a second. */
  async runJob(spec: object): Promise<{ jobId: string; phases: PhaseTiming[]; usage: UsageAt[] }> {
    const usage: UsageAt[] = [];
    const submitter = await homeCredentials({ home: this.homeOf(this.#parties[0]!.name) });
    const operator = await homeCredentials({ home: this.#operatorHome });
    const client = (of: typeof submitter) => new wire.JobsService(of.address, of.channel, of.channelOptions);
    const [submitting, reading] = [client(submitter), client(operator)];
    try {
      const text = specJson(jobSpec.parse({ ...spec, nonce: drawNonce() }));
      const { jobId } = await call<{ jobId: string }>((done) =>
        submitting.SubmitJob({ specJson: text, idempotencyKey: '' }, done),
      );
      for (;;) {
        await delay(250);
        usage.push(await this.#usage());
        const { job } = await call<{ job: { state: string; code: string; detail: string } }>((done) =>
          reading.GetJob({ jobId }, done),
        );
        if (job.state === 'failed') throw new Error(`${job.code}: ${job.detail}`);
        if (job.state === 'finished') break;
      }
      const { rounds } = await call<{ rounds: PhaseTiming[] }>((done) => reading.ListRounds({ jobId }, done));
      return { jobId, phases: rounds, usage };
    } finally {
      submitting.close();
      reading.close();
    }
  }

  /** What a party keeps of a finished job. */
  resultOf<T>(name: string, jobId: string): T {
    return JSON.parse(readFileSync(join(this.homeOf(name), 'jobs', jobId, 'result.json'), 'utf8')) as T;
  }

  async usageOf(name: string): Promise<PartyUsage> {
    const child = this.#children.get(name)!;
    child.send('usage');
    const [usage] = (await once(child, 'message')) as [PartyUsage];
    return usage;
  }

  async #usage(): Promise<UsageAt> {
    const { user, system } = process.cpuUsage();
    const cpuSeconds: Record<string, number> = { coordinator: (user + system) / 1e6 };
    for (const { name } of this.#parties) cpuSeconds[name] = (await this.usageOf(name)).cpuSeconds;
    return { atMs: Date.now(), cpuSeconds };
  }

  async close(): Promise<void> {
    for (const child of this.#children.values()) {
      child.disconnect();
      await once(child, 'exit');
    }
    await this.#coordinator?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function call<T>(start: (done: (error: Error | null, answer?: unknown) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) =>
    start((error, answer) => (error ? reject(error) : resolve(answer as T))),
  );
}

function datasetYaml(source: string, label: boolean, features: string): string {
  const labelled = label ? 'label: { column: y, bad: 1 }\ntest: { modulo: 5, equals: 0 }\n' : '';
  return `dataset: bench\nsource: { csv: ${source} }\nid: id\n${labelled}missing: ["NA"]\nfeatures:\n${features}`;
}

/** Everything a bench needs; the waiver lifts the label budget, which bounds jobs of people, not benches. */
function policyYaml(caFingerprint: string): string {
  return `coordinators:
  - { name: ${hub}, caFingerprint: "${caFingerprint}" }
rules: []
vertical:
  - name: bench
    peers: "*"
    datasets: "*"
    features: "*"
    purposes: "*"
    types: "*"
    alignment: { sessionsPerMonth: 1000 }
    labels: { woe: true, fit: true, classFloor: 0, minimumShare: 0, waiver: "benchmark on synthetic or public rows" }
    scores: { batch: all, online: true, maximumReleasedShare: 1 }
    release: "*"
    maximumIterations: 50
    approval: automatic
`;
}
