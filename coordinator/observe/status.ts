import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, type JobId } from '../../contract/index.js';
import type { PartyRow } from '../identity/index.js';
import { jobView, Presence } from '../jobs/index.js';
import { isUnfinished, type JobState, jobStateKinds, step } from '../rounds/index.js';
import type { Store } from '../store/index.js';
import { type Beacon, readBeacon } from './beacon.js';
import { folderBytes } from './folder-bytes.js';

/** A coordinator at a glance, for its operator. Times in milliseconds since the epoch, sizes in bytes. */
export interface CoordinatorStatus {
  /** True while a process runs on this home folder. */
  readonly running: boolean;
  /** 0 unless it runs. */
  readonly startedMs: number;
  /** Version of the process that runs, else of this command. */
  readonly version: string;
  /** host:port it listens on, for parties and for enrolment, and of its metrics; empty unless so. */
  readonly address: string;
  readonly enrolmentAddress: string;
  readonly metrics: string;
  readonly store: 'sqlite' | 'postgres';
  readonly schema: number;
  readonly databaseBytes: number;
  /** Where ciphertexts are kept for good. */
  readonly blobs: 'folder' | 'postgres' | 's3';
  /** In the home: all ciphertexts, or of those kept elsewhere what this replica has at hand. */
  readonly blobBytes: number;
  /** Coordinators on the store that announced themselves lately, this one not counted. */
  readonly otherReplicas: number;
  /** Participants connected here or at another replica, sorted. */
  readonly sessions: readonly string[];
  /** Number of jobs in each state that has any. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly stalled: readonly StalledJob[];
  readonly authorityExpiresMs: number;
  readonly serverExpiresMs: number;
  /** Certificates of parties that have expired or do within 30 days, the first to do so first. */
  readonly expiring: readonly { readonly name: string; readonly expiresMs: number }[];
}

/** A job whose deadline passed with too few, and that waits for them once more. */
export interface StalledJob {
  readonly jobId: string;
  readonly name: string;
  readonly state: string;
  readonly untilMs: number;
  /** One sentence per party it waits for. */
  readonly waitingFor: readonly string[];
}

export interface StatusOrder {
  readonly home: string;
  readonly running: boolean;
  readonly version: string;
  readonly store: Store;
  readonly blobs: CoordinatorStatus['blobs'];
  readonly parties: readonly PartyRow[];
  readonly nowMs: number;
}

const everyJob = 1_000_000;
const eventsPerRead = 500;
const soonMs = 30 * 86_400_000;

/** Asks home folder and store; the coordinator itself is not disturbed. */
export async function statusOf(order: StatusOrder): Promise<CoordinatorStatus> {
  const { home, running, store, nowMs } = order;
  const beacon = running ? readBeacon(home) : undefined;
  const facts = await store.facts?.();
  if (!facts) throw new CodedError('INTERNAL', 'the store says nothing of itself');
  const others = (await store.replicas?.others()) ?? [];
  const presence = new Presence();
  for (const name of beacon?.sessions ?? []) presence.connect(name);
  presence.heard(others);
  const { jobs, stalled } = await jobsOf(order, presence);
  const connected = order.parties.map(({ name }) => name).filter((name) => presence.isConnected(name));
  return {
    running,
    startedMs: beacon?.startedMs ?? 0,
    version: beacon?.version ?? order.version,
    ...addressesOf(beacon),
    store: facts.kind,
    schema: facts.schema,
    databaseBytes: facts.bytes,
    blobs: order.blobs,
    blobBytes: await folderBytes(join(home, 'blobs')),
    otherReplicas: others.length,
    sessions: [...new Set(connected)].sort(),
    jobs,
    stalled,
    authorityExpiresMs: expiryOf(home, 'ca.pem'),
    serverExpiresMs: expiryOf(home, 'server.pem'),
    expiring: order.parties
      .filter(({ status, expiresMs }) => status !== 'revoked' && expiresMs < nowMs + soonMs)
      .map(({ name, expiresMs }) => ({ name, expiresMs }))
      .sort((a, b) => a.expiresMs - b.expiresMs),
  };
}

function addressesOf(beacon: Beacon | undefined) {
  if (!beacon) return { address: '', enrolmentAddress: '', metrics: '' };
  const { host, port, enrolmentPort, metrics } = beacon;
  const at = host.includes(':') ? `[${host}]` : host;
  return { address: `${at}:${port}`, enrolmentAddress: `${at}:${enrolmentPort}`, metrics };
}

async function jobsOf({ store, parties, nowMs }: StatusOrder, presence: Presence) {
  const jobs: Record<string, number> = {};
  const stalled: StalledJob[] = [];
  const rows = await store.listJobs({ limit: everyJob });
  const sources = {
    presence,
    nowMs,
    parties: new Map(parties.map((party) => [party.name as string, party])),
  };
  for (const kind of jobStateKinds) {
    const count = rows.filter(({ state }) => state === kind).length;
    if (count > 0) jobs[kind] = count;
  }
  for (const { jobId, endedMs } of rows) {
    if (endedMs !== undefined) continue;
    const state = await stateOf(store, jobId);
    if (!state || !isUnfinished(state)) continue;
    const { stalledUntilMs, name, waitingFor } = jobView(state, sources);
    if (stalledUntilMs > 0) {
      stalled.push({ jobId, name, state: state.kind, untilMs: stalledUntilMs, waitingFor });
    }
  }
  return { jobs, stalled };
}

async function stateOf(store: Store, jobId: JobId): Promise<JobState | undefined> {
  let state: JobState | undefined;
  for (let from = 0; ; from += eventsPerRead) {
    const events = await store.readEvents(jobId, from, eventsPerRead);
    for (const event of events) state = step(state, event);
    if (events.length < eventsPerRead) return state;
  }
}

/** Of the first certificate in the file. */
function expiryOf(home: string, name: string): number {
  const path = join(home, name);
  if (!existsSync(path)) throw new CodedError('HOME_INVALID', `there is no ${path}`);
  return Date.parse(new X509Certificate(readFileSync(path)).validTo);
}
