import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as participantDoor from '../../../participant/main.js';
import { type Run, runHere, runProcess, type Start, startProcess } from './harness.js';

/** A coordinator as a process of its own in a fresh folder, and the homes of its parties beside it. */
export class Hub {
  private constructor(
    readonly folder: string,
    readonly coordinator: Start,
    readonly address: string,
    readonly enrolmentAddress: string,
  ) {}

  static async open(): Promise<Hub> {
    const folder = await mkdtemp(join(tmpdir(), 'fedrisk-hub-'));
    const home = ['--home', join(folder, 'hub'), '--json'];
    const names = ['--name', 'east-hub', '--organisation', 'East Hub', '--host', 'localhost'];
    const made = await runProcess(['coordinator', 'init', ...names, ...home]);
    if (made.exit !== 0) throw new Error(`init: ${made.stdout}${made.stderr}`);
    const ports = ['--bind', '127.0.0.1', '--port', '0', '--enrolment-port', '0'];
    const coordinator = startProcess(['coordinator', 'start', ...ports, ...home]);
    const { port, enrolmentPort } = JSON.parse(await coordinator.firstLine).data;
    return new Hub(folder, coordinator, `localhost:${port}`, `localhost:${enrolmentPort}`);
  }

  get home(): string {
    return join(this.folder, 'hub');
  }

  homeOf(name: string): string {
    return join(this.folder, name);
  }

  /** A coordinator command as a process, with --json. */
  administer(...words: string[]): Promise<Run> {
    return runProcess(['coordinator', ...words, '--home', this.home, '--json']);
  }

  /** What `coordinator invite` printed on stdout. */
  async invite(name: string, role: string, organisation: string): Promise<Run> {
    const party = [name, '--role', role, '--organisation', organisation];
    const addresses = ['--address', this.address, '--enrolment-address', this.enrolmentAddress];
    return runProcess(['coordinator', 'invite', ...party, ...addresses, '--home', this.home]);
  }

  async enrol(name: string, role: string, organisation: string): Promise<void> {
    const { stdout } = await this.invite(name, role, organisation);
    const run = await this.as(name, 'user', 'enroll', stdout.trim());
    if (run.exit !== 0) throw new Error(`enroll ${name}: ${run.stdout}${run.stderr}`);
  }

  /** A command of this party in this process, with --json and the real doors. */
  as(name: string, ...words: string[]): Promise<Run> {
    return runHere([...words, '--home', this.homeOf(name), '--json'], { participant: participantDoor });
  }

  async close(): Promise<void> {
    this.coordinator.child.kill('SIGKILL');
    await this.coordinator.ended;
    await rm(this.folder, { recursive: true });
  }
}
