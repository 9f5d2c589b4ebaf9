import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeClientConstructor } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { drawNonce, jobSpec, specJson } from '../contract/index.js';
import { createInvitation, initCoordinator } from '../coordinator/main.js';
import { freePorts } from '../examples/demo/free-ports.js';
import { enroll, homeCredentials, serveScores, trustPeer } from '../participant/main.js';
import { wire } from '../proto/index.js';
import { FaultProxy } from '../tests/integration/support/fault-proxy.js';
import { syntheticFeatures, syntheticParty } from './vertical-rows.js';

const hub = 'bench-hub';
const features = { bank: 10, platform: 20 } as const;
const parties = ['bank', 'platform'] as const;
/** Of the simulated network, between the coordinator and each party. */
const roundTripMs = 50;
const inParallel = 8;
/** The coordinator takes 500 questions at once and 250 a second of one caller. */
const refillMs = 2500;

interface Latency {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Latency of one joint score over HTTP: coordinator and platform are processes of their own, over mutual TLS on loopback;
 * the label holder's server, the client and the proxy share this one. Everything between the coordinator and either
 * party goes through the proxy, held back by half of 50 ms each way in the second part, so that a question and its
 * answer, which cross the network four times, cannot take less than 100 ms. Baseline in the same run: two bare
 * unary calls one after the other (gRPC health checks) on the same path, which cross it four times as well.
 * Arguments: customers [4000], requests of each kind [400], of which a quarter with the delay.
 */
export async function run([customers = '4000', requests = '400']: readonly string[]) {
  const stage = new OnlineBench(Number(customers));
  try {
    await stage.open();
    const model = await stage.train();
    const serving = await serveScores({
      ...{ home: stage.homeOf('bank'), jobId: model, host: '127.0.0.1', port: 0, deadlineMs: 10_000 },
      logLevel: 'error',
    });
    try {
      const { port } = new URL(serving.url);
      const loopback = await stage.measure(Number(port), Number(requests));
      stage.proxy!.delayMs = roundTripMs / 2;
      await delay(500);
      const delayed = await stage.measure(Number(port), Math.ceil(Number(requests) / 4));
      return {
        seconds: loopback.oneByOne.p50Ms / 1000,
        baseline: `two bare unary calls on the same path: p50 ${loopback.baseline.p50Ms} ms, p99 ${loopback.baseline.p99Ms} ms`,
        ratio: Number((loopback.oneByOne.p50Ms / loopback.baseline.p50Ms).toFixed(2)),
        customers: Number(customers),
        loopback,
        [`delayed${roundTripMs}ms`]: delayed,
      };
    } finally {
      await serving.close();
    }
  } finally {
    await stage.close();
  }
}

class OnlineBench {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fedrisk-bench-online-'));
  readonly #customers: number;
  readonly #children: ChildProcess[] = [];
  #address = '';
  proxy: FaultProxy | undefined;

  constructor(customers: number) {
    this.#customers = customers;
  }

  homeOf(name: string): string {
    return join(this.#folder, name);
  }

  /** Parties learn the address of the proxy at enrolment. */
  async open(): Promise<void> {
    const [front, port, enrolmentPort] = (await freePorts(3)) as [number, number, number];
    const home = this.homeOf('coordinator');
    this.#address = `127.0.0.1:${front}`;
    const { caFingerprint } = await initCoordinator({
      ...{ home, name: hub, organisation: 'Bench', hosts: ['127.0.0.1'] },
      ...{ address: this.#address, enrolmentAddress: `127.0.0.1:${enrolmentPort}` },
    });
    await this.#startCoordinator(home, port, enrolmentPort);
    this.proxy = await FaultProxy.open(front, port);
    const keys = new Map<string, string>();
    for (const name of parties) {
      const { token } = await createInvitation({ home, name, organisation: `${name} Ltd`, role: name });
      keys.set(name, (await enroll({ home: this.homeOf(name), token })).identityKey);
      this.#furnish(name, caFingerprint);
    }
    const [bank, platform] = parties;
    for (const [name, peer] of [[bank, platform] as const, [platform, bank] as const]) {
      const pin = { name: peer, key: keys.get(peer)!, organisation: `${peer} Ltd` };
      await trustPeer({ home: this.homeOf(name), ...pin });
    }
  }

  /** A joint model of few features: how many rows and features it has hardly matters to one score. */
  async train(): Promise<string> {
    const nodes = await Promise.all(parties.map((name) => this.#startParty(name)));
    const named = parties.map((name) => [
      name,
      { dataset: 'bench', features: syntheticFeatures(name, features[name]) },
    ]);
    const spec = jobSpec.parse({
      ...{
        name: 'bench-online',
        mode: 'vertical',
        type: 'training',
        purpose: 'benchmark',
        labelHolder: 'bank',
      },
      ...{ parties: Object.fromEntries(named), training: { iterations: 3 }, nonce: drawNonce() },
    });
    const credentials = await homeCredentials({ home: this.homeOf('bank') });
    const jobs = new wire.JobsService(this.#address, credentials.channel, credentials.channelOptions);
    try {
      const { jobId } = await call<{ jobId: string }>((done) =>
        jobs.SubmitJob({ specJson: specJson(spec), idempotencyKey: '' }, done),
      );
      for (;;) {
        await delay(250);
        const { job } = await call<{ job: { state: string; code: string; detail: string } }>((done) =>
          jobs.GetJob({ jobId }, done),
        );
        if (job.state === 'failed') throw new Error(`${job.code}: ${job.detail}`);
        if (job.state === 'finished') break;
      }
      // The bank's participant is not needed to ask; its conclusion of the job is.
      await delay(1000);
      await end(nodes[0]!);
      return jobId;
    } finally {
      jobs.close();
    }
  }

  async measure(port: number, requests: number) {
    const agent = new Agent({ keepAlive: true, maxSockets: inParallel });
    const one = (turn: number) => scored(agent, port, String(1 + (turn % this.#customers)));
    const credentials = await homeCredentials({ home: this.homeOf('bank') });
    const Health = makeClientConstructor(healthService, 'Health');
    const health = new Health(this.#address, credentials.channel, credentials.channelOptions);
    const check = () =>
      new Promise<void>((resolve, reject) =>
        health.check!({ service: '' }, (error: Error | null) => (error ? reject(error) : resolve())),
      );
    const two = async () => {
      await check();
      await check();
    };
    try {
      await latency(30, 1, one);
      await latency(30, 1, two);
      await delay(refillMs);
      const oneByOne = await latency(requests, 1, one);
      const baseline = await latency(requests, 1, two);
      await delay(refillMs);
      const parallel = await latency(requests, inParallel, one);
      const found = { oneByOne, [`parallel${inParallel}`]: parallel, baseline };
      console.log(JSON.stringify({ delayMs: this.proxy!.delayMs, ...found }));
      return { oneByOne, [`parallel${inParallel}`]: parallel, baseline };
    } finally {
      health.close();
      agent.destroy();
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children.splice(0).reverse()) await end(child);
    this.proxy?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startCoordinator(home: string, port: number, enrolmentPort: number): Promise<void> {
    const executable = fileURLToPath(new URL('../cli/main.js', import.meta.url));
    const ports = ['--port', String(port), '--enrolment-port', String(enrolmentPort)];
    const words = ['coordinator', 'start', '--json', '--home', home, '--bind', '127.0.0.1', ...ports];
    const child = spawn(process.execPath, [executable, ...words, '--log-level', 'error'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    await once(createInterface({ input: child.stdout! }), 'line');
  }

  async #startParty(name: string): Promise<ChildProcess> {
    const child = fork(fileURLToPath(new URL('vertical-party.js', import.meta.url)), [this.homeOf(name)]);
    this.#children.push(child);
    const ended = once(child, 'exit').then(() =>
      Promise.reject(new Error(`${name} ended before it was connected`)),
    );
    // Once it is connected, its end is what close asks for.
    ended.catch(() => undefined);
    await Promise.race([once(child, 'message'), ended]);
    return child;
  }

  #furnish(name: (typeof parties)[number], caFingerprint: string): void {
    const datasets = join(this.homeOf(name), 'datasets');
    mkdirSync(datasets, { recursive: true });
    const mapped = syntheticParty(name, features[name], this.#customers).dataset(datasets);
    const label = name === 'bank' ? 'label: { column: y, bad: 1 }\n' : '';
    const head = `dataset: bench\nsource: { csv: bench.csv }\nid: id\n${label}features:\n`;
    writeFileSync(join(datasets, 'bench.yaml'), head + mapped);
    const rule = {
      ...{ name: 'bench', peers: '*', datasets: '*', features: '*', purposes: '*', types: '*', release: '*' },
      labels: { woe: true, fit: true, waiver: 'benchmark on synthetic rows' },
      scores: { batch: 'all', online: true, onlinePerDay: 1_000_000 },
      ...{ maximumIterations: 50, approval: 'automatic' },
    };
    const policy = { coordinators: [{ name: hub, caFingerprint }], vertical: [rule] };
    writeFileSync(join(this.homeOf(name), 'policy.yaml'), JSON.stringify(policy));
  }
}

function call<T>(start: (done: (error: Error | null, answer?: unknown) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) =>
    start((error, answer) => (error ? reject(error) : resolve(answer as T))),
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  await ended;
}

/** One score over HTTP; its answer is read whole. */
function scored(agent: Agent, port: number, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ agent, host: '127.0.0.1', port, path: '/v1/score', method: 'POST' },
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${response.statusCode}: ${Buffer.concat(chunks)}`));
        });
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify({ id }));
  });
}

async function latency(
  requests: number,
  lanes: number,
  one: (turn: number) => Promise<void>,
): Promise<Latency> {
  const ms: number[] = [];
  let turn = 0;
  const lane = async () => {
    while (turn < requests) {
      const start = performance.now();
      await one(turn++);
      ms.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  ms.sort((a, b) => a - b);
  const at = (share: number) =>
    Number(ms[Math.min(ms.length - 1, Math.floor(share * ms.length))]!.toFixed(2));
  return { requests, p50Ms: at(0.5), p99Ms: at(0.99) };
}
