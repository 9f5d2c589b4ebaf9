import { type ChildProcess, fork } from 'node:child_process';
import { createPrivateKey, createPublicKey, diffieHellman, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SideReport, SideTask } from './psi-side.js';

const SAMPLE = 4000;
const TURNS = 3;
/** DER before a raw X25519 key (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');

interface Findings {
  readonly ids: number;
  readonly seconds: number;
  readonly pointsPerSecond: number;
  readonly peakRssMiB: readonly number[];
  readonly bytesSentPerSide: number;
  readonly common: number;
  readonly steps: Readonly<Record<string, number>>;
}

/**
 * Both sides of an alignment as two processes on this machine, which share its cores; half of each set is common. The largest of
 * the sizes is the result, the others show growth. Baseline: Node's own X25519, one core's rate times the cores, for the same 4n
 * multiplications and nothing else; `floorSeconds` is the same for libsodium, which no arrangement of threads can beat.
 * args: ids per side, any number of sizes [250000 1000000]
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const sizes = args.length > 0 ? args.map(Number) : [250_000, 1_000_000];
  const cores = availableParallelism();
  // Before and after, the better counts: what else the machine does must not flatter the ratio.
  const before = await multiplicationMicros();
  const results: Findings[] = [];
  for (const ids of sizes) {
    const found = await alignment(ids, Math.max(1, Math.floor(cores / 2)));
    console.log(JSON.stringify(found));
    results.push(found);
  }
  const largest = results.reduce((a, b) => (b.ids > a.ids ? b : a));
  const smallest = results.reduce((a, b) => (b.ids < a.ids ? b : a));
  const after = await multiplicationMicros();
  const micros = {
    node: Math.min(before.node, after.node),
    sodium: Math.min(before.sodium, after.sodium),
  };
  const projected = (each: number) => round((4 * largest.ids * each) / 1e6 / cores);
  const baseline = {
    name: `node:crypto X25519, ${cores} cores`,
    micros: micros.node,
    seconds: projected(micros.node),
  };
  const findings = {
    ...largest,
    cores,
    baseline,
    ratio: round(baseline.seconds / largest.seconds),
    sodiumMicros: micros.sodium,
    floorSeconds: projected(micros.sodium),
    secondsPerMillionIds: results.map(({ ids, seconds }) => ({ ids, seconds: round((seconds / ids) * 1e6) })),
    growthAgainstLinear: round(largest.seconds / largest.ids / (smallest.seconds / smallest.ids)),
  };
  for (const [label, value] of Object.entries(findings)) console.log(`${label}: ${JSON.stringify(value)}`);
  return findings;
}

/** Wall seconds from both sides having started to both knowing the intersection. */
async function alignment(ids: number, threads: number): Promise<Findings> {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-bench-psi-'));
  const common = Math.floor(ids / 2);
  const task = { folder, threads, count: ids };
  try {
    const sides = [
      side({ ...task, name: 'a', peer: 'b', first: 0 }),
      side({ ...task, name: 'b', peer: 'a', first: ids - common }),
    ];
    await allReady(sides);
    const start = performance.now();
    for (let step = 0; step < 2; step++) {
      const ready = allReady(sides);
      go(sides);
      await ready;
    }
    const reports = Promise.all(sides.map(async (each) => (await next(each)) as SideReport));
    go(sides);
    const [a, b] = (await reports) as [SideReport, SideReport];
    const seconds = (performance.now() - start) / 1000;
    if (a.common !== common || b.common !== common || a.order !== b.order) {
      throw new Error(`found ${a.common} and ${b.common} of ${common} common ids, or another order`);
    }
    return {
      ids,
      seconds: round(seconds),
      pointsPerSecond: Math.round((4 * ids) / seconds),
      peakRssMiB: [Math.round(a.peakRssMiB), Math.round(b.peakRssMiB)],
      bytesSentPerSide: a.bytesSent,
      common,
      steps: {
        digest: round(Math.max(a.digest, b.digest)),
        blind: round(Math.max(a.blind, b.blind)),
        raise: round(Math.max(a.raise, b.raise)),
        intersect: round(Math.max(a.intersect, b.intersect)),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function side(task: SideTask): ChildProcess {
  return fork(fileURLToPath(new URL('psi-side.js', import.meta.url)), [JSON.stringify(task)]);
}

/** The next message of a side. A side that ends before is an error. */
async function next(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: over.signal }).then(([message]) => message as unknown),
      once(child, 'exit', { signal: over.signal }).then(([code]) => {
        throw new Error(`a side ended with ${String(code)}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

async function allReady(sides: readonly ChildProcess[]): Promise<void> {
  await Promise.all(sides.map(next));
}

function go(sides: readonly ChildProcess[]): void {
  for (const each of sides) each.send('go');
}

/** Microseconds of one multiplication on one core, best of some turns each. */
async function multiplicationMicros(): Promise<{ node: number; sodium: number }> {
  const { default: sodium } = await import('sodium-native');
  const scalar = randomBytes(32);
  const point = randomBytes(32);
  point[31] = (point[31] as number) & 0x7f;
  const result = new Uint8Array(32);
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, scalar]),
    format: 'der',
    type: 'pkcs8',
  });
  const best = (once: () => void) => {
    let least = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < TURNS; turn++) {
      const start = performance.now();
      for (let k = 0; k < SAMPLE; k++) once();
      least = Math.min(least, performance.now() - start);
    }
    return round((least * 1000) / SAMPLE);
  };
  return {
    sodium: best(() => sodium.crypto_scalarmult(result, scalar, point)),
    node: best(() => {
      const key = Buffer.concat([spkiPrefix, point]);
      const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
      diffieHellman({ privateKey, publicKey });
    }),
  };
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
