import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { connectJobs } from '../../../cli/client.js';
import {
  drawNonce,
  type HorizontalSpec,
  type HorizontalSpecInput,
  horizontalSpec,
  jobIdOfSpec,
  specJson,
  systemClock,
} from '../../../contract/index.js';
import { createInvitation, initCoordinator, revokeParty } from '../../../coordinator/main.js';
import { dealRows, installDataset, installPolicy } from '../../../examples/credit/deal.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { enroll, homeCredentials, trustPeer } from '../../../participant/main.js';
import { type Ended, NodeProcess } from './node.js';
import { Sight } from './sight.js';

const everybody = [
  { name: 'bank-a', organisation: 'Bank A', role: 'bank' },
  { name: 'bank-b', organisation: 'Bank B', role: 'bank' },
  { name: 'platform-x', organisation: 'Platform X', role: 'platform' },
  { name: 'bank-c', organisation: 'Bank C', role: 'bank' },
  { name: 'bank-d', organisation: 'Bank D', role: 'bank' },
] as const;

/** Name of the coordinator's process beside those of the participants. */
export const hub = 'hub';
const hubName = 'test-hub';
/** Signs of life twice a second, so that a silent end is found soon. */
const heartbeatSeconds = 0.5;
/** Customers of each participant: a round of training in a moment, and still both classes in each split. */
const rowsEach = 300;

/**
 * A coordinator and three or five participants as operating-system processes on loopback, enrolled and pinned for real.
 * Each can be killed and started again on its home folder at any time.
 */
export class Federation {
  readonly #root: string;
  readonly #ports: readonly number[];
  readonly #processes = new Map<string, NodeProcess>();
  /** Output of processes that are gone. */
  readonly #past = new Map<string, string[]>();
  readonly #sights: Sight[] = [];
  /** Environment of processes that are started from now on. */
  readonly environment: Record<string, string> = {};
  /** Options of `start` beside the usual ones, by name of the process. */
  readonly options = new Map<string, readonly string[]>();

  private constructor(
    root: string,
    ports: readonly number[],
    readonly cast: readonly (typeof everybody)[number][],
  ) {
    this.#root = root;
    this.#ports = ports;
  }

  /** Sets the homes up and starts the coordinator, not yet the participants. */
  static async found(participants: 3 | 5 = 3): Promise<Federation> {
    const root = mkdtempSync(join(tmpdir(), 'fedrisk-federation-'));
    const federation = new Federation(root, await freePorts(2), everybody.slice(0, participants));
    await federation.#setUp();
    return federation;
  }

  get names(): string[] {
    return this.cast.map(({ name }) => name);
  }

  home(name: string): string {
    return join(this.#root, name);
  }

  /** Starts a process; resolves at once. */
  start(name: string): NodeProcess {
    if (this.#processes.get(name)?.running) throw new Error(`${name} runs already`);
    this.#remember(name);
    const process = new NodeProcess([...this.#command(name), ...(this.options.get(name) ?? [])], {
      ...this.environment,
      FEDRISK_HOME: this.home(name),
    });
    this.#processes.set(name, process);
    return process;
  }

  /** Starts processes and waits until each listens or is connected. */
  async bringUp(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.start(name).printed(/"event":"(listening|connected)"/)));
  }

  /** SIGKILL: the process gets no chance to tidy up. Resolves when it is gone. */
  async kill(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.end(name, 'SIGKILL')));
  }

  end(name: string, signal: NodeJS.Signals): Promise<Ended> {
    const process = this.#processes.get(name)!;
    process.signal(signal);
    return process.ended;
  }

  /** Stops a process without ending it: its connections stay, and nobody answers. */
  freeze(name: string): void {
    this.#processes.get(name)!.signal('SIGSTOP');
  }

  thaw(name: string): void {
    this.#processes.get(name)!.signal('SIGCONT');
  }

  /** Everything the processes of a name printed, over all restarts. */
  output(name: string): string[] {
    return [...(this.#past.get(name) ?? []), ...(this.#processes.get(name)?.output ?? [])];
  }

  /** Submits a job as bank-a and gives the view of its files. */
  async submit(changes: Partial<HorizontalSpecInput> = {}): Promise<Sight> {
    const spec = specOf(this.names, changes);
    const client = connectJobs({
      credentials: await homeCredentials({ home: this.home(this.names[0]!) }),
      address: this.address,
      timeoutMs: 30_000,
      clock: systemClock,
    });
    try {
      await client.submit(specJson(spec), '');
    } finally {
      client.close();
    }
    const homes = new Map(this.names.map((name) => [name, this.home(name)]));
    const sight = new Sight(jobIdOfSpec(spec), this.home(hub), homes);
    this.#sights.push(sight);
    return sight;
  }

  revoke(name: string): Promise<void> {
    return revokeParty({ home: this.home(hub), name, reason: 'test' });
  }

  /** Ends everything and deletes the homes. */
  async close(): Promise<void> {
    for (const sight of this.#sights) sight.close();
    const running = [...this.#processes].filter(([, process]) => process.running);
    await this.kill(...running.map(([name]) => name));
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** host:port of the main port. */
  get address(): string {
    return `127.0.0.1:${this.#ports[0]}`;
  }

  #command(name: string): string[] {
    if (name !== hub) return ['participant', 'start', '--json'];
    const [port, enrolmentPort] = this.#ports.map(String) as [string, string];
    const where = ['--bind', '127.0.0.1', '--port', port, '--enrolment-port', enrolmentPort];
    return ['coordinator', 'start', ...where, '--json'];
  }

  #remember(name: string): void {
    this.#past.set(name, this.output(name));
    this.#processes.delete(name);
  }

  async #setUp(): Promise<void> {
    const home = this.home(hub);
    const { caFingerprint } = await initCoordinator({
      home,
      name: hubName,
      organisation: 'Test Hub',
      hosts: ['127.0.0.1'],
      address: this.address,
      enrolmentAddress: `127.0.0.1:${this.#ports[1]}`,
    });
    await writeFile(join(home, 'coordinator.yaml'), `heartbeatSeconds: ${heartbeatSeconds}\n`);
    await this.bringUp(hub);
    const keys = new Map<string, string>();
    for (const party of this.cast) {
      const { token } = await createInvitation({ home, ...party, validMs: 600_000 });
      const { identityKey } = await enroll({ home: this.home(party.name), token });
      keys.set(party.name, identityKey);
    }
    for (const { name } of this.cast) {
      for (const peer of this.cast) {
        if (peer.name === name) continue;
        const { organisation } = peer;
        await trustPeer({
          home: this.home(name),
          name: peer.name,
          key: keys.get(peer.name)!,
          organisation,
        });
      }
      await installPolicy(this.home(name), { name: hubName, caFingerprint });
      await widenPolicy(join(this.home(name), 'policy.yaml'), this.names);
    }
    await this.#dealRows();
  }

  async #dealRows(): Promise<void> {
    const outFolder = join(this.#root, 'rows');
    mkdirSync(outFolder);
    // Every fifth loan is held out, so five parts by id would each be all held out or not at all.
    const parts = this.names.length === 5 ? [...this.names, 'nobody-1', 'nobody-2'] : this.names;
    const dealt = await dealRows({ parts, outFolder });
    for (const { name, path } of dealt.slice(0, this.names.length)) {
      const lines = (await readFile(path, 'utf8')).split('\n');
      await writeFile(path, `${lines.slice(0, rowsEach + 1).join('\n')}\n`);
      await installDataset(this.home(name), path);
    }
  }
}

/** Jobs without colluders have a quorum that is not everybody, also among three. */
async function widenPolicy(path: string, peers: readonly string[]): Promise<void> {
  const policy = parseDocument(await readFile(path, 'utf8'));
  policy.setIn(['rules', 0, 'peers'], peers);
  policy.setIn(['rules', 0, 'minimumColluders'], 0);
  await writeFile(path, policy.toString());
}

/**
 * Three rounds of logistic regression. Numeric features only: columns of categories follow a hash under a key that
 * is fresh in every job, so two jobs with categories give the same quality but not the same bits.
 */
function specOf(participants: string[], changes: Partial<HorizontalSpecInput>): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'crash-test',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants,
    dataset: 'credit-loans',
    features: { Age: 'number', Amount: 'number', Income: 'number', Seniority: 'number' },
    model: { kind: 'logistic' },
    training: { rounds: 3, epochs: 1, batchRows: 32, learningRate: 0.05, seed: 11 },
    update: { rowsCap: 10_000 },
    release: ['auc', 'ks', 'trainLoss'],
    ...changes,
    nonce: drawNonce(),
  });
}
