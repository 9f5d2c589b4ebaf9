import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectJobs } from '../../../cli/client.js';
import { jobIdOfSpec, specJson, systemClock, type VerticalSpec } from '../../../contract/index.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { homeCredentials } from '../../../participant/main.js';
import { NodeProcess } from './node.js';
import { Sight } from './sight.js';
import { bank, enrolCast, hub, initHub, installPair, platform } from './vertical-homes.js';

/** Signs of life twice a second, so that a silent end is found soon. */
const heartbeatSeconds = 0.5;

/**
 * A coordinator, the bank and the platform of the bundled pair as operating-system processes on loopback. Each can be
 * killed and started again on its home folder at any time.
 */
export class VerticalProcesses {
  readonly names = [bank, platform] as const;
  readonly #root = mkdtempSync(join(tmpdir(), 'fedrisk-vertical-'));
  readonly #ports: readonly number[];
  readonly #processes = new Map<string, NodeProcess>();
  /** Output of processes that are gone. */
  readonly #past = new Map<string, string[]>();
  readonly #sights: Sight[] = [];

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** Sets the homes up and starts everybody. */
  static async found(): Promise<VerticalProcesses> {
    const federation = new VerticalProcesses(await freePorts(2));
    const homeOf = (name: string) => federation.home(name);
    const [port, enrolmentPort] = federation.#ports as [number, number];
    const { caFingerprint } = await initHub(homeOf(hub), { port, enrolmentPort });
    writeFileSync(join(homeOf(hub), 'coordinator.yaml'), `heartbeatSeconds: ${heartbeatSeconds}\n`);
    await federation.bringUp(hub);
    await enrolCast(homeOf);
    await installPair(homeOf, caFingerprint, join(federation.#root, 'dealt'));
    await federation.bringUp(...federation.names);
    return federation;
  }

  home(name: string): string {
    return join(this.#root, name);
  }

  /** Starts a process; resolves at once. */
  start(name: string): NodeProcess {
    if (this.#processes.get(name)?.running) throw new Error(`${name} runs already`);
    this.#past.set(name, this.output(name));
    const process = new NodeProcess(this.#command(name), { FEDRISK_HOME: this.home(name) });
    this.#processes.set(name, process);
    return process;
  }

  /** Starts processes and waits until each listens or is connected. */
  async bringUp(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.start(name).printed(/"event":"(listening|connected)"/)));
  }

  /** SIGKILL: the process gets no chance to tidy up. Resolves when it is gone. */
  async kill(...names: string[]): Promise<void> {
    await Promise.all(
      names.map((name) => {
        const process = this.#processes.get(name)!;
        process.signal('SIGKILL');
        return process.ended;
      }),
    );
  }

  /** Everything the processes of a name printed, over all restarts. */
  output(name: string): string[] {
    return [...(this.#past.get(name) ?? []), ...(this.#processes.get(name)?.output ?? [])];
  }

  /** Submits a job as the bank and gives the view of its files. */
  async submit(spec: VerticalSpec): Promise<Sight> {
    const credentials = await homeCredentials({ home: this.home(bank) });
    const to = { credentials, address: `127.0.0.1:${this.#ports[0]}`, timeoutMs: 30_000, clock: systemClock };
    const client = connectJobs(to);
    await client.submit(specJson(spec), '').finally(() => client.close());
    const homes = new Map(this.names.map((name) => [name as string, this.home(name)]));
    const sight = new Sight(jobIdOfSpec(spec), this.home(hub), homes);
    this.#sights.push(sight);
    return sight;
  }

  /** Ends everything and deletes the homes. */
  async close(): Promise<void> {
    for (const sight of this.#sights) sight.close();
    await this.kill(...[...this.#processes].filter(([, { running }]) => running).map(([name]) => name));
    rmSync(this.#root, { recursive: true, force: true });
  }

  #command(name: string): string[] {
    if (name !== hub) return ['participant', 'start', '--json'];
    const [port, enrolmentPort] = this.#ports.map(String) as [string, string];
    const where = ['--bind', '127.0.0.1', '--port', port, '--enrolment-port', enrolmentPort];
    return ['coordinator', 'start', ...where, '--json'];
  }
}
