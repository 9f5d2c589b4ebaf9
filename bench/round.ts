import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drawNonce, horizontalSpec, specJson } from '../contract/index.js';
import { createInvitation, initCoordinator, startCoordinator } from '../coordinator/main.js';
import { enroll, homeCredentials, listPeers, trustPeer } from '../participant/main.js';
import { wire } from '../proto/index.js';
import { plainAdder } from './round-plain.js';

const names = ['bank-a', 'bank-b', 'bank-c', 'platform-x', 'platform-y'] as const;
const features = 200;
/** 200 -> 400 -> 50 -> 1: 100,501 parameters. */
const hidden = [400, 50];
const rounds = 7;

type Mode = 'sealed' | 'plain';

/**
 * Wall time of one training round, encrypted against plaintext: five participants and a coordinator as processes on
 * this machine, mTLS and journals on in both, a 100,501-parameter MLP. Rows per participant: first argument, 8,000 by default.
 */
export async function run([rowsArgument = '8000']: readonly string[]) {
  const rows = Number(rowsArgument);
  const seconds: Record<Mode, number[]> = { sealed: [], plain: [] };
  const bytes: Record<Mode, number> = { sealed: 0, plain: 0 };
  for (const mode of ['plain', 'sealed', 'plain', 'sealed'] as const) {
    const result = await timeRounds(mode, rows);
    seconds[mode].push(...result.seconds);
    bytes[mode] = result.bytesUp;
    console.log(
      `${mode.padEnd(6)} ${result.seconds.map((value) => value.toFixed(2)).join(' ')} s, ${result.bytesUp} bytes up`,
    );
  }
  const [sealed, plain] = [median(seconds.sealed), median(seconds.plain)];
  return {
    seconds: sealed,
    baseline: `the same round with plaintext updates: ${plain.toFixed(3)} s`,
    ratio: Number((sealed / plain).toFixed(3)),
    target: 1.3,
    participants: names.length,
    rowsEach: rows,
    parameters: 100_501,
    bytesUpEach: bytes.sealed,
    bytesUpEachPlain: bytes.plain,
  };
}

async function timeRounds(mode: Mode, rows: number) {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-round-'));
  const children: ChildProcess[] = [];
  const [port, enrolmentPort] = [20_000 + (process.pid % 20_000), 20_001 + (process.pid % 20_000)];
  const home = join(folder, 'coordinator');
  const init = { home, name: 'bench-hub', organisation: 'Bench', hosts: ['localhost'] };
  const addresses = { address: `localhost:${port}`, enrolmentAddress: `localhost:${enrolmentPort}` };
  const { caFingerprint, operatorHome } = await initCoordinator({ ...init, ...addresses });
  const coordinator = await startCoordinator({
    home,
    host: 'localhost',
    port,
    enrolmentPort,
    logLevel: 'error',
    ...(mode === 'plain' && { adder: plainAdder }),
  });
  try {
    await enrolAll(folder, home, caFingerprint, rows);
    for (const name of names) {
      const child = fork(fileURLToPath(new URL('round-party.js', import.meta.url)), [
        join(folder, name),
        mode,
      ]);
      children.push(child);
      await once(child, 'message');
    }
    return await timeJob(join(folder, names[0]), operatorHome);
  } finally {
    for (const child of children) {
      child.disconnect();
      await once(child, 'exit');
    }
    await coordinator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function enrolAll(folder: string, home: string, caFingerprint: string, rows: number): Promise<void> {
  const keys = new Map<string, string>();
  for (const name of names) {
    const role = name.startsWith('bank') ? 'bank' : 'platform';
    const { token } = await createInvitation({ home, name, organisation: `${name} Ltd`, role });
    keys.set(name, (await enroll({ home: join(folder, name), token })).identityKey);
    mkdirSync(join(folder, name, 'datasets'));
    writeFileSync(join(folder, name, 'rows.csv'), syntheticRows(name, rows));
    writeFileSync(join(folder, name, 'datasets', 'bench.yaml'), datasetYaml());
    writeFileSync(join(folder, name, 'policy.yaml'), policyYaml(caFingerprint));
  }
  for (const name of names) {
    for (const peer of await listPeers({ home: join(folder, name) })) {
      const { organisation } = peer;
      await trustPeer({ home: join(folder, name), name: peer.name, key: keys.get(peer.name)!, organisation });
    }
  }
}

async function timeJob(submitterHome: string, operatorHome: string) {
  const submitter = await homeCredentials({ home: submitterHome });
  const operator = await homeCredentials({ home: operatorHome });
  const client = (of: typeof submitter) => new wire.JobsService(of.address, of.channel, of.channelOptions);
  const [submitting, reading] = [client(submitter), client(operator)];
  const { jobId } = await call<{ jobId: string }>((done) =>
    submitting.SubmitJob({ specJson: specJson(spec()), idempotencyKey: '' }, done),
  );
  for (;;) {
    await delay(250);
    const { job } = await call<{ job: { state: string; code: string; detail: string } }>((done) =>
      reading.GetJob({ jobId }, done),
    );
    if (job.state === 'failed') throw new Error(`${job.code}: ${job.detail}`);
    if (job.state === 'finished') break;
  }
  type Round = { purpose: string; startedMs: number; agreedMs: number; participants: { bytesUp: number }[] };
  const { rounds: views } = await call<{ rounds: Round[] }>((done) => reading.ListRounds({ jobId }, done));
  submitting.close();
  reading.close();
  // The first round warms up; each later one counts.
  const counted = views.filter(({ purpose }) => purpose === 'update').slice(1);
  return {
    seconds: counted.map(({ startedMs, agreedMs }) => (agreedMs - startedMs) / 1000),
    bytesUp: counted[0]!.participants[0]!.bytesUp,
  };
}

function call<T>(start: (done: (error: Error | null, answer?: unknown) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) =>
    start((error, answer) => (error ? reject(error) : resolve(answer as T))),
  );
}

function spec() {
  return horizontalSpec.parse({
    name: 'bench-round',
    mode: 'horizontal',
    purpose: 'benchmark',
    participants: names,
    dataset: 'bench',
    features: Object.fromEntries(featureNames().map((name) => [name, 'number'])),
    model: { kind: 'mlp', hidden },
    training: { rounds, epochs: 1, batchRows: 256, learningRate: 0.001 },
    update: { rowsCap: 100_000 },
    release: ['auc'],
    nonce: drawNonce(),
  });
}

function featureNames(): string[] {
  return Array.from({ length: features }, (_, k) => `f${k}`);
}

/** Labels lean on the first ten features; a linear congruential sequence, the same on every machine. */
function syntheticRows(name: string, rows: number): string {
  let seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2_147_483_647, 7);
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const lines = [['id', 'y', ...featureNames()].join(',')];
  for (let id = 1; id <= rows; id++) {
    const values = Array.from({ length: features }, () => next() * 2 - 1);
    const signal = values.slice(0, 10).reduce((sum, value) => sum + value, 0);
    lines.push([id, signal + next() * 2 > 1.5 ? 1 : 0, ...values.map((value) => value.toFixed(4))].join(','));
  }
  return lines.join('\n');
}

function datasetYaml(): string {
  const mapped = featureNames().map((name) => `  ${name}: { column: ${name}, type: number }`);
  return `dataset: bench\ndescription: synthetic rows\nsource: { csv: ../rows.csv }\nid: id\nlabel: { column: y, bad: 1 }\ntest: { modulo: 5, equals: 0 }\nfeatures:\n${mapped.join('\n')}\n`;
}

function policyYaml(caFingerprint: string): string {
  return `coordinators:\n  - { name: bench-hub, caFingerprint: "${caFingerprint}" }\nrules:\n  - name: bench\n    peers: "*"\n    datasets: "*"\n    features: "*"\n    purposes: "*"\n    algorithms: "*"\n    models: "*"\n    maximumRounds: 100\n    release: "*"\n    approval: automatic\n`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
