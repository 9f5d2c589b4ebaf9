import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectJobs } from '../../../cli/client.js';
import { jobIdOfSpec, specJson, systemClock, type VerticalSpec } from '../../../contract/index.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { homeCredentials } from '../../../participant/main.js';
import { Processes } from './processes.js';
import { Sight, sqliteTranscript } from './sight.js';
import { bank, enrolCast, hub, initHub, installPair, platform } from './vertical-homes.js';

/** Signs of life twice a second, so that a silent end is found soon. */
const heartbeatSeconds = 0.5;

/** A coordinator, the bank and the platform of the bundled pair as operating-system processes on loopback. */
export class VerticalProcesses extends Processes {
  readonly names = [bank, platform] as const;
  readonly #ports: readonly number[];

  private constructor(ports: readonly number[]) {
    super('vertical');
    this.#ports = ports;
  }

  /** Sets the homes up and starts the coordinator, not yet the participants. */
  static async furnish(): Promise<VerticalProcesses> {
    const federation = new VerticalProcesses(await freePorts(2));
    const homeOf = (name: string) => federation.home(name);
    const [port, enrolmentPort] = federation.#ports as [number, number];
    const { caFingerprint } = await initHub(homeOf(hub), { port, enrolmentPort });
    writeFileSync(join(homeOf(hub), 'coordinator.yaml'), `heartbeatSeconds: ${heartbeatSeconds}\n`);
    await federation.bringUp(hub);
    await enrolCast(homeOf);
    await installPair(homeOf, caFingerprint, join(federation.root, 'dealt'));
    return federation;
  }

  /** Sets the homes up and starts everybody. */
  static async found(): Promise<VerticalProcesses> {
    const federation = await VerticalProcesses.furnish();
    await federation.bringUp(...federation.names);
    return federation;
  }

  /** host:port of the main port. */
  get address(): string {
    return `127.0.0.1:${this.#ports[0]}`;
  }

  /** Submits a job as the bank and gives the view of its files. */
  async submit(spec: VerticalSpec): Promise<Sight> {
    const credentials = await homeCredentials({ home: this.home(bank) });
    const to = { credentials, address: this.address, timeoutMs: 30_000, clock: systemClock };
    const client = connectJobs(to);
    await client.submit(specJson(spec), '').finally(() => client.close());
    return this.look(jobIdOfSpec(spec));
  }

  /** The view of a job's files as they stand now. */
  look(jobId: string): Sight {
    return this.shown(new Sight(jobId, sqliteTranscript(this.home(hub)), this.homes()));
  }

  protected command(name: string): string[] {
    if (name !== hub) return ['participant', 'start', '--json'];
    const [port, enrolmentPort] = this.#ports.map(String) as [string, string];
    const where = ['--bind', '127.0.0.1', '--port', port, '--enrolment-port', enrolmentPort];
    return ['coordinator', 'start', ...where, '--json'];
  }
}
