import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { blindOwn, drawPsiSecrets, idDigests, intersect, PsiPool, raisePeer } from '../crypto/psi/index.js';

/** What bench/psi tells a side as JSON in its arguments. Messages are files in one folder: the wire is not measured here. */
export interface SideTask {
  readonly name: string;
  readonly peer: string;
  readonly folder: string;
  readonly threads: number;
  /** Ids are `count` consecutive numbers from `first` on. */
  readonly first: number;
  readonly count: number;
}

/** Seconds of each step, and when all are done. */
export interface SideReport {
  readonly digest: number;
  readonly blind: number;
  readonly raise: number;
  readonly intersect: number;
  readonly peakRssMiB: number;
  readonly common: number;
  /** SHA-256 of the common ids in the order found. */
  readonly order: string;
  readonly bytesSent: number;
}

const task = JSON.parse(process.argv[2] as string) as SideTask;
const { name, peer, folder, threads, first, count } = task;
const idOf = (row: number) => String(13_000_000_000 + first + row);
const message = (side: string, kind: string) => join(folder, `${side}.${kind}`);

function* ids(): Generator<string> {
  for (let row = 0; row < count; row++) yield idOf(row);
}

async function seconds(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/** The parent answers when both sides have said so. */
async function together(): Promise<void> {
  const answer = once(process, 'message');
  process.send?.('ready');
  await answer;
}

await together();
const start = performance.now();
const set = idDigests(ids());
const digest = (performance.now() - start) / 1000;
const pool = PsiPool.open({ threads });
const secrets = drawPsiSecrets(set);
const counts = { ownCount: count, peerCount: count };
const own = { blinded: message(name, 'blinded'), raised: message(name, 'raised') };
const blind = await seconds(() => blindOwn({ pool, ids: set, secrets, output: own.blinded }));
await together();
const raise = await seconds(() =>
  raisePeer({ pool, secrets, input: message(peer, 'blinded'), output: own.raised, ...counts }),
);
await together();
let rows = new Uint32Array(0);
const intersecting = await seconds(async () => {
  rows = Uint32Array.from(
    await intersect({ secrets, own: message(peer, 'raised'), peer: own.raised, ...counts }),
  );
});
await pool.close();
const order = createHash('sha256');
for (const row of rows) order.update(`${idOf(row)}\n`);
const sizes = await Promise.all([stat(own.blinded), stat(own.raised)]);
const report: SideReport = {
  digest,
  blind,
  raise,
  intersect: intersecting,
  peakRssMiB: process.resourceUsage().maxRSS / 1024,
  common: rows.length,
  order: order.digest('hex'),
  bytesSent: sizes.reduce((sum, { size }) => sum + size, 0),
};
process.send?.(report, () => process.disconnect());
