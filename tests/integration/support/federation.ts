import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
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
import { Processes } from './processes.js';
import { Sight, sqliteTranscript } from './sight.js';

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
 */
export class Federation extends Processes {
  readonly #ports: readonly number[];

  private constructor(
    ports: readonly number[],
    readonly cast: readonly (typeof everybody)[number][],
  ) {
    super('federation');
    this.#ports = ports;
  }

  /** Sets the homes up and starts the coordinator, not yet the participants. */
  static async found(participants: 3 | 5 = 3): Promise<Federation> {
    const federation = new Federation(await freePorts(2), everybody.slice(0, participants));
    await federation.#setUp();
    return federation;
  }

  get names(): string[] {
    return this.cast.map(({ name }) => name);
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
    return this.shown(new Sight(jobIdOfSpec(spec), sqliteTranscript(this.home(hub)), this.homes()));
  }

  revoke(name: string): Promise<void> {
    return revokeParty({ home: this.home(hub), name, reason: 'test' });
  }

  /** host:port of the main port. */
  get address(): string {
    return `127.0.0.1:${this.#ports[0]}`;
  }

  protected command(name: string): string[] {
    if (name !== hub) return ['participant', 'start', '--json'];
    const [port, enrolmentPort] = this.#ports.map(String) as [string, string];
    const where = ['--bind', '127.0.0.1', '--port', port, '--enrolment-port', enrolmentPort];
    return ['coordinator', 'start', ...where, '--json'];
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
    const outFolder = join(this.root, 'rows');
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
