import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { drawNonce, type HorizontalSpec, horizontalSpec, ownRelease, specJson } from '../contract/index.js';
import { initCoordinator } from '../coordinator/main.js';
import { freePorts } from '../examples/demo/free-ports.js';
import { wire } from '../proto/index.js';
import { LoadCrowd } from './load-crowd.js';
import { LoadHub } from './load-hub.js';
import { enrolBanks } from './load-identities.js';
import { channelOptions, type PartyIdentity } from './load-party.js';

const parameters = 100_501;

type Environment = Readonly<Record<string, string | undefined>>;

/** What a federation of one size costs. Bytes are those of messages; but for rounds all is of the whole job. */
interface Load {
  readonly participants: number;
  readonly roundSeconds: number;
  readonly roundCpuSeconds: number;
  readonly keyingSeconds: number;
  readonly cpuSeconds: number;
  readonly idleMiB: number;
  readonly peakMiB: number;
  readonly upMiB: number;
  readonly downMiB: number;
  readonly eventsShown: number;
  readonly messages: number;
  readonly callsRepeated: number;
}

/**
 * One coordinator process and a crowd of simulated participants: time and bytes of a round of a 100,501-parameter model,
 * CPU time and memory of the coordinator. Numbers of participants: the arguments, 10, 100 and 1000 by default; `--rounds`: 3.
 */
export async function run(args: readonly string[], environment: Environment) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '3' } },
  });
  const rounds = Number(values.rounds);
  const loads: Load[] = [];
  for (const participants of positionals.length > 0 ? positionals.map(Number) : [10, 100, 1000]) {
    const load = await loadOf(participants, rounds, environment);
    loads.push(load);
    console.log(JSON.stringify(load));
  }
  const [first, last] = [loads[0]!, loads.at(-1)!];
  const larger = last.participants / first.participants;
  return {
    seconds: last.roundSeconds,
    baseline: `a round of ${first.participants} participants, ${larger} times as long: ${first.roundSeconds * larger} s`,
    ratio: round(last.roundSeconds / first.roundSeconds / larger),
    target: 1,
    parameters,
    rounds,
    peakMiBRatio: round(last.peakMiB / first.peakMiB),
    loads,
  };
}

async function loadOf(participants: number, rounds: number, environment: Environment): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-load-'));
  const ports = (await freePorts(2)) as [number, number];
  const home = join(folder, 'coordinator');
  const address = `localhost:${ports[0]}`;
  await initCoordinator({
    ...{ home, name: 'bench-hub', organisation: 'Bench', hosts: ['localhost'] },
    ...{ address, enrolmentAddress: `localhost:${ports[1]}` },
  });
  const spec = specOf(participants, rounds);
  const banks = await enrolBanks(home, join(home, 'coordinator.sqlite'), spec.participants);
  const hub = await LoadHub.start(home, ports, environment);
  const crowd = new LoadCrowd(spec, parameters, hub, banks);
  try {
    await crowd.connect(`${ownRelease}.0`);
    const [idleMiB, cpuBefore] = [hub.residentMiB, hub.cpuSeconds];
    await submit(spec, banks[0]!, address);
    const { keyingSeconds, rounds: timed } = await crowd.course;
    while (crowd.behind().length > 0) await delay(20);
    const cpuSeconds = hub.cpuSeconds - cpuBefore;
    const total = (of: 'up' | 'down' | 'events' | 'messages' | 'repeated') =>
      crowd.parties.reduce((sum, party) => sum + party[of], 0);
    // The first round warms up.
    const [, ...steady] = timed;
    return {
      participants,
      roundSeconds: round(mean(steady.map(({ seconds }) => seconds))),
      roundCpuSeconds: round(mean(steady.map(({ cpuSeconds: cpu }) => cpu))),
      keyingSeconds: round(keyingSeconds),
      cpuSeconds: round(cpuSeconds),
      idleMiB: round(idleMiB),
      peakMiB: round(hub.peakMiB),
      upMiB: round(total('up') / 2 ** 20),
      downMiB: round(total('down') / 2 ** 20),
      eventsShown: total('events'),
      messages: total('messages'),
      callsRepeated: total('repeated'),
    };
  } finally {
    crowd.close();
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function specOf(participants: number, rounds: number): HorizontalSpec {
  const deadlines = { consentSeconds: 3600, keyingSeconds: 3600, roundSeconds: 3600, openingSeconds: 3600 };
  return horizontalSpec.parse({
    name: 'bench-load',
    mode: 'horizontal',
    purpose: 'benchmark',
    participants: Array.from(
      { length: participants },
      (_, place) => `bank-${String(place).padStart(4, '0')}`,
    ),
    dataset: 'bench',
    features: Object.fromEntries(Array.from({ length: 200 }, (_, feature) => [`f${feature}`, 'number'])),
    model: { kind: 'mlp', hidden: [400, 50] },
    training: { rounds },
    evaluation: { bins: 1000 },
    participation: { quorum: participants },
    release: ['auc'],
    deadlines: { ...deadlines, graceSeconds: 3600 },
    nonce: drawNonce(),
  });
}

function submit(spec: HorizontalSpec, { tls }: PartyIdentity, address: string): Promise<void> {
  const channel = credentials.createSsl(tls.authority, tls.key, tls.certificate);
  const jobs = new wire.JobsService(address, channel, channelOptions);
  return new Promise((resolve, reject) => {
    jobs.SubmitJob({ specJson: specJson(spec), idempotencyKey: '' }, (error) => {
      jobs.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
