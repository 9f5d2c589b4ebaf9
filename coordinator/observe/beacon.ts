import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../contract/index.js';

const file = 'running.json';
const everyMs = 5_000;

const beacon = z.strictObject({
  format: z.literal('fedrisk/running/1'),
  version: z.string().max(40),
  process: z.int(),
  startedMs: z.int(),
  /** When this was last written. */
  seenMs: z.int(),
  host: z.string().max(255),
  port: z.int(),
  enrolmentPort: z.int(),
  /** host:port of the metrics, or ''. */
  metrics: z.string().max(300),
  /** Participants with an open session here, sorted. */
  sessions: z.array(z.string().max(80)).max(10_000),
});

/** What a running coordinator says of itself to commands on its home folder. Nothing in it is secret. */
export type Beacon = z.infer<typeof beacon>;

type Fixed = Omit<Beacon, 'format' | 'seenMs' | 'startedMs' | 'sessions'>;

/**
 * Keeps `running.json` in the home folder while the coordinator runs. What a crash leaves of it is no sign of life:
 * that is the lock of the home folder.
 */
export function lightBeacon(
  home: string,
  fixed: Fixed,
  sessions: () => readonly string[],
  clock: Clock,
): () => void {
  const startedMs = clock.now();
  const path = join(home, file);
  const write = () => {
    const now: Beacon = {
      ...{ format: 'fedrisk/running/1', ...fixed, startedMs, seenMs: clock.now() },
      sessions: [...sessions()].sort().slice(0, 10_000),
    };
    // Not synced: after a power cut nothing runs. A full disk must not end the coordinator.
    try {
      writeFileSync(`${path}.tmp`, `${JSON.stringify(now)}\n`, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    } catch {
      rmSync(`${path}.tmp`, { force: true });
    }
  };
  write();
  const timer = setInterval(write, everyMs).unref();
  return () => {
    clearInterval(timer);
    rmSync(path, { force: true });
  };
}

/** Undefined when there is none, or none that can be read. */
export function readBeacon(home: string): Beacon | undefined {
  const path = join(home, file);
  if (!existsSync(path)) return undefined;
  try {
    return beacon.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
