import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../../examples/demo/free-ports.js';
import type { Fault } from './fault-cases.js';
import { letGo, loseLog, tearLog, tearUploads } from './fault-files.js';
import type { Direction, FaultProxy } from './fault-proxy.js';
import type { FaultStage } from './fault-stage.js';
import { type Sight, until } from './sight.js';

/** Slow enough for a ciphertext to be under way for a while. */
const slowBytesPerSecond = 150_000;
/** A break in the middle of something that never comes is no fault. */
const tripMs = 60_000;
/** A disk that stays full and that nobody wants to write to is no fault. */
const fullMs = 60_000;

/** A fault at work on one job. */
export interface Act {
  readonly stage: FaultStage;
  readonly job: Sight;
  readonly fault: Fault;
  readonly victims: readonly string[];
}

/** What must be so before the point is reached: a ciphertext that is to break needs time on its way. */
export function prepare({ stage, fault, victims }: Omit<Act, 'job'>): void {
  if (fault.kind === 'reset' || fault.kind === 'torn file') {
    for (const line of linesOf(stage, victims)) line.bytesPerSecond = slowBytesPerSecond;
  }
}

/** Makes the fault; resolves when it is over, or has begun where it lasts until the job ends. */
export async function perform(act: Act): Promise<void> {
  const { stage, fault, victims } = act;
  const { processes } = stage;
  const lines = linesOf(stage, victims);
  switch (fault.kind) {
    case 'kill':
      await processes.kill(...victims);
      for (const name of victims) processes.start(name);
      return;
    case 'kill for good':
      return await processes.kill(...victims);
    case 'pause':
      for (const name of victims) processes.freeze(name);
      await delay(fault.forMs);
      for (const name of victims) processes.thaw(name);
      return;
    case 'cut':
    case 'no database':
      for (const line of lines) line.cut();
      return await mendAfter(fault.forMs, lines);
    case 'hole':
      for (const line of lines) line.hold(...fault.directions);
      return await mendAfter(fault.forMs, lines);
    case 'half open':
      for (const line of lines) line.halfClose('far');
      return;
    case 'delay':
      for (const line of lines) Object.assign(line, { delayMs: fault.delayMs, jitterMs: fault.jitterMs });
      return;
    case 'throttle':
      for (const line of lines) line.bytesPerSecond = fault.bytesPerSecond;
      return;
    case 'reset':
      await tripped(lines, fault.direction, fault.afterBytes);
      for (const line of lines) line.bytesPerSecond = Number.POSITIVE_INFINITY;
      return;
    case 'no answers':
      for (const line of lines) line.hold('down');
      await delay(fault.forMs);
      for (const line of lines) line.reset();
      return await mendAfter(0, lines);
    case 'clock':
      for (const name of victims) stage.setClock(name, fault.byMs);
      return;
    case 'torn log':
      return await between(act, () => tearLog(databaseOf(act)));
    case 'lost log':
      return await between(act, () => loseLog(databaseOf(act), fault.transactions));
    case 'torn file':
      return await tornFile(act, lines, fault.afterBytes);
    case 'full disk':
      return await fillDisk(act, fault.forMs);
    case 'move':
      return await moved(act, lines);
  }
}

/** Undoes what is left of a fault, so that the next job has none. */
export async function tidy({ stage, fault, victims }: Omit<Act, 'job'>): Promise<void> {
  const { processes } = stage;
  for (const line of stage.lines.values()) {
    Object.assign(line, { delayMs: 0, jitterMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY });
    line.mend();
  }
  if (fault.kind === 'kill for good') await processes.bringUp(...victims);
  if (fault.kind === 'clock' && stage.clocksMove) {
    // Started anew, so that the jump back is none for the next job.
    await processes.kill(...victims);
    for (const name of victims) stage.setClock(name, 0);
    await processes.bringUp(...victims);
  }
  // A job that had ended for everybody waits for nobody who was killed.
  await processes.up(...victims);
  await stage.restored();
}

function linesOf(stage: FaultStage, victims: readonly string[]): FaultProxy[] {
  return [...new Set(victims.flatMap((name) => stage.linesOf(name)))];
}

async function mendAfter(forMs: number, lines: readonly FaultProxy[]): Promise<void> {
  await delay(forMs);
  for (const line of lines) line.mend();
}

/** While the victims are down. */
async function between(act: Act, change: () => void): Promise<void> {
  const { job, victims } = act;
  const { processes } = act.stage;
  // Whoever is the last to close a database tidies its log away, which must be the victim.
  job.close();
  await letGo(databaseOf(act));
  await processes.kill(...victims);
  change();
  for (const name of victims) processes.start(name);
}

function databaseOf({ stage, victims: [name = ''] }: Act): string {
  const [hub, node] = ['coordinator.sqlite', 'journal.sqlite'].map((file) =>
    join(stage.processes.home(name), file),
  ) as [string, string];
  return existsSync(hub) ? hub : node;
}

async function tripped(lines: readonly FaultProxy[], direction: Direction, bytes: number): Promise<void> {
  const over = new AbortController();
  const never = delay(tripMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${bytes} bytes ${direction} never came`);
  });
  await Promise.race([...lines.map((line) => line.resetAfter(direction, bytes)), never]).finally(() =>
    over.abort(),
  );
}

async function tornFile(act: Act, lines: readonly FaultProxy[], bytes: number): Promise<void> {
  await tripped(lines, 'up', bytes);
  for (const line of lines) line.cut();
  await between(act, () => tearUploads(join(act.stage.processes.home(act.victims[0]!), 'blobs')));
  for (const line of lines) {
    line.bytesPerSecond = Number.POSITIVE_INFINITY;
    line.mend();
  }
}

/** For a while, and until the victim said that it could not store something. @throws when it never did. */
async function fillDisk({ stage, victims, job }: Act, forMs: number): Promise<void> {
  const full = victims.map((name) => ({ name, disk: stage.diskOf(name), said: refusals(stage, name) }));
  const refused = () => full.some(({ name, said }) => refusals(stage, name) > said);
  for (const { disk } of full) disk.leave(0);
  const endMs = performance.now() + fullMs;
  try {
    await delay(forMs);
    await until(() => job.ended || performance.now() > endMs || refused());
  } finally {
    for (const { disk } of full) disk.empty();
  }
  if (!refused()) throw new Error(`the job went on to its end, or for ${fullMs / 1000} s, on a full disk`);
}

function refusals(stage: FaultStage, name: string): number {
  return stage.processes.output(name).filter((line) => line.includes('STORAGE_FULL')).length;
}

async function moved({ stage: { processes }, victims }: Act, lines: readonly FaultProxy[]): Promise<void> {
  const [port] = (await freePorts(1)) as [number];
  await processes.kill(...victims);
  for (const name of victims) {
    processes.options.set(name, ['--port', String(port)]);
    processes.start(name);
  }
  for (const line of lines) line.target = port;
}
