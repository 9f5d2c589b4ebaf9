import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import {
  type Clock,
  CodedError,
  type ParticipantName,
  participantName,
  type Secret,
  systemClock,
} from '../contract/index.js';
import { lockHome, writePrivateFile } from '../crypto/identity/index.js';
import { type Adder, pooledAdder } from './adding/index.js';
import { folderBlobs, type SharedBlobs } from './blobs/index.js';
import { parseConfig } from './config.js';
import { type Coordinator, createCoordinator } from './coordinator.js';
import { openSharedBlobs, ownerOf } from './home-blobs.js';
import { databaseOf, openOwnStore, openStore, storeSetting } from './home-store.js';
import {
  type CoordinatorInit,
  createInvitation as createInvitationIn,
  initCoordinator as initCoordinatorIn,
  openCoordinatorHome,
  type PartyRow,
  Registry,
} from './identity/index.js';
import { lightBeacon, observeCoordinator } from './observe/index.js';
import { type BackupRequest, backUp, restoreHome, statusOfHome } from './operating.js';
import { isPlaintext, type Store } from './store/index.js';

export type { Added, Adder, AddingTask, SumShape } from './adding/index.js';
export type { Coordinator } from './coordinator.js';

export interface StartOptions {
  readonly home: string;
  readonly host: string;
  /** 0 takes a free port; that of the address given to `init` when left out. */
  readonly port?: number | undefined;
  readonly enrolmentPort?: number | undefined;
  readonly passphrase?: Secret;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly clock?: Clock;
  /** Another adder than the product's; bench/round times rounds without protection by one. No command sets it. */
  readonly adder?: Adder;
  /** `sqlite` or a postgres:// URL; before FEDRISK_STORE and that of the configuration. */
  readonly store?: string;
  /** Serves Prometheus metrics on PORT of this machine, or on HOST:PORT; before that of the configuration. */
  readonly metrics?: string;
}

/** A coordinator at work on a home folder. */
export interface HomeCoordinator extends Coordinator {
  /** host:port of its metrics, when it serves them. */
  readonly metrics: string | undefined;
  /** How it is named among replicas, in its leases; anew at each start, and undefined without a shared store. */
  readonly replica: string | undefined;
}

/**
 * Runs a coordinator on an initialised home folder until it is closed.
 * @throws {CodedError} HOME_INVALID, HOME_IN_USE, KEYSTORE_LOCKED, CONFIG_INVALID, COORDINATOR_UNREACHABLE.
 */
export async function startCoordinator(options: StartOptions): Promise<HomeCoordinator> {
  const { home, host, passphrase, clock = systemClock } = options;
  const identity = await openCoordinatorHome(home, passphrase);
  const { port = portOf(identity.config.address), enrolmentPort = portOf(identity.config.enrolmentAddress) } =
    options;
  const config = parseConfig(readOptional(join(home, 'coordinator.yaml')));
  const unlock = lockHome(home);
  const blobFolder = join(home, 'blobs');
  const observed = await observeCoordinator({
    metrics: options.metrics ?? config.metrics,
    traces: config.traces ?? process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
    instance: identity.config.name,
    version: packageVersion(),
    blobFolder,
  }).catch((error) => {
    unlock();
    throw error;
  });
  let shared: SharedBlobs | undefined;
  try {
    const setting = storeSetting(home, options.store, process.env.FEDRISK_STORE);
    shared = await openSharedBlobs(config, setting, process.env, ownerOf(identity.authority));
    const store = await openOwnStore(home, setting, identity.authority);
    const log = loggerOf(options.logLevel ?? 'info');
    if (setting !== 'sqlite' && (await isPlaintext(setting))) {
      log.warn(
        'the way to the database is not encrypted (sslmode=disable): who listens reads transcripts and the registry',
      );
    }
    const coordinator = await createCoordinator({
      identity,
      store: observed.store(store),
      blobs: observed.blobs(folderBlobs(blobFolder, shared)),
      adder: observed.adder(options.adder ?? pooledAdder(config.addingThreads)),
      observer: observed.observer,
      clock,
      log,
      host,
      port,
      enrolmentPort,
      heartbeatMs: config.heartbeatSeconds * 1000,
      scoreAnswerMs: config.scoreSeconds * 1000,
      version: packageVersion(),
    });
    const { port: bound, enrolmentPort: enrolmentBound, sessions } = coordinator;
    const about = { version: packageVersion(), process: process.pid, host, metrics: observed.endpoint ?? '' };
    const ports = { port: bound, enrolmentPort: enrolmentBound };
    const putOut = lightBeacon(home, { ...about, ...ports }, sessions, clock);
    return {
      ...coordinator,
      metrics: observed.endpoint,
      replica: store.replicas?.self,
      close: async () => {
        putOut();
        await coordinator.close();
        await shared?.close();
        await observed.close();
        unlock();
      },
    };
  } catch (error) {
    await shared?.close();
    await observed.close();
    unlock();
    throw error;
  }
}

/**
 * Makes a coordinator's home folder: CA, server key, operator. Of these the store gets the operator's certificate only.
 * @throws {CodedError} HOME_EXISTS, CONFIG_INVALID, COORDINATOR_UNREACHABLE.
 */
export async function initCoordinator(
  init: Omit<CoordinatorInit, 'openLog' | 'clock'> & { readonly clock?: Clock; readonly store?: string },
) {
  const { store: given, ...rest } = init;
  let store: Store | undefined;
  try {
    const made = await initCoordinatorIn({
      clock: systemClock,
      ...rest,
      openLog: async () => {
        const setting = storeSetting(init.home, given, process.env.FEDRISK_STORE);
        store = await openStore(init.home, setting, 'migrate');
        return store.registryLog;
      },
    });
    if (given !== undefined) keepStoreSetting(init.home, given);
    return made;
  } finally {
    await store?.close();
  }
}

/**
 * Invites a party; works while the coordinator runs. The token is shown once.
 * @throws {CodedError} HOME_INVALID, KEYSTORE_LOCKED, CONFIG_INVALID, NAME_TAKEN.
 */
export async function createInvitation(
  options: AdministrationOptions & Parameters<typeof createInvitationIn>[2],
): ReturnType<typeof createInvitationIn> {
  const { home, passphrase, clock, store: _, ...order } = options;
  const identity = await openCoordinatorHome(home, passphrase);
  return administered(options, (registry) => createInvitationIn(registry, identity, order));
}

export interface AdministrationOptions {
  readonly home: string;
  readonly passphrase?: Secret;
  readonly clock?: Clock;
  /** As for `startCoordinator`. */
  readonly store?: string;
}

/** Revokes a party's certificate; a running coordinator refuses its next call. @throws {CodedError} PARTICIPANT_UNKNOWN. */
export function revokeParty(
  options: AdministrationOptions & { readonly name: string; readonly reason: string },
): Promise<void> {
  return administered(options, (registry) => registry.revoke(nameOf(options.name), options.reason));
}

/** Everybody who ever enrolled here. */
export function listParties(options: AdministrationOptions): Promise<PartyRow[]> {
  return administered(options, (registry) => registry.parties());
}

/** The coordinator of a home folder at a glance; works while it runs and while it does not. @throws {CodedError} HOME_INVALID. */
export function coordinatorStatus(options: OperatingOptions) {
  return statusOfHome(options, surroundings(options));
}

/** Writes an encrypted backup; works while the coordinator runs. @throws {CodedError} CONFIG_INVALID, HOME_INVALID. */
export function backupCoordinator(options: OperatingOptions & BackupRequest) {
  return backUp(options, surroundings(options));
}

/** Makes a home folder from a backup. @throws {CodedError} HOME_EXISTS, KEYSTORE_LOCKED, BACKUP_INVALID, CONFIG_INVALID. */
export function restoreCoordinator(options: OperatingOptions & Parameters<typeof restoreHome>[0]) {
  return restoreHome(options, surroundings(options));
}

type OperatingOptions = Parameters<typeof statusOfHome>[0] & { readonly clock?: Clock };

function surroundings({ clock = systemClock }: OperatingOptions) {
  return { storeVariable: process.env.FEDRISK_STORE, version: packageVersion(), clock };
}

async function administered<T>(
  { home, clock = systemClock, store: given }: AdministrationOptions,
  work: (registry: Registry) => T | Promise<T>,
): Promise<T> {
  const setting = storeSetting(home, given, process.env.FEDRISK_STORE);
  if (setting === 'sqlite' && !existsSync(databaseOf(home))) {
    throw new CodedError('HOME_INVALID', `${home} holds no coordinator`);
  }
  const store = await openStore(home, setting, 'refuse');
  try {
    const registry = new Registry(store.registryLog, clock);
    await registry.refresh();
    return await work(registry);
  } finally {
    await store.close();
  }
}

function nameOf(text: string): ParticipantName {
  const parsed = participantName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CodedError('CONFIG_INVALID', `name: ${parsed.error.issues[0]?.message}`);
}

/** Written where there is no configuration so far; it may hold a password, like other files of the home. */
function keepStoreSetting(home: string, setting: string): void {
  const path = join(home, 'coordinator.yaml');
  if (!existsSync(path)) writePrivateFile(path, `store: ${JSON.stringify(setting)}\n`);
}

function loggerOf(level: NonNullable<StartOptions['logLevel']>) {
  const names = ['secret', 'token', 'passphrase', 'privateKey', 'private_key'];
  const redact = names.flatMap((name) => [name, `*.${name}`]);
  return pino({ level, redact, base: { part: 'coordinator' } }, pino.destination({ dest: 2, sync: true }));
}

function readOptional(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
