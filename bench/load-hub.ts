import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ticksPerSecond = 100;

/** `fedrisk coordinator start` as a process of its own, and what Linux says of it. */
export class LoadHub {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
  ) {}

  static async start(
    home: string,
    [port, enrolmentPort]: readonly [number, number],
    environment: Readonly<Record<string, string | undefined>>,
  ): Promise<LoadHub> {
    const where = ['--bind', '127.0.0.1', '--port', `${port}`, '--enrolment-port', `${enrolmentPort}`];
    const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url));
    const child = spawn(
      process.execPath,
      [cli, 'coordinator', 'start', ...where, '--log-level', 'error', '--json'],
      {
        env: { ...environment, FEDRISK_HOME: home },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.includes('"listening"')) break;
    }
    child.stdout!.resume();
    return new LoadHub(child, `localhost:${port}`);
  }

  /** Of all its threads, since it started. */
  get cpuSeconds(): number {
    // The command in brackets may hold spaces; utime and stime are the 12th and 13th fields behind it.
    const fields = this.#proc('stat').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  get peakMiB(): number {
    return Number(/VmHWM:\s+(\d+)/.exec(this.#proc('status'))![1]) / 1024;
  }

  get residentMiB(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(this.#proc('status'))![1]) / 1024;
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.child.pid}/${file}`, 'utf8');
  }
}
