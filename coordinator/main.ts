import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
import { lockHome } from '../crypto/identity/index.js';
import { type Adder, pooledAdder } from './adding/index.js';
import { folderBlobs } from './blobs/index.js';
import { parseConfig } from './config.js';
import { type Coordinator, createCoordinator } from './coordinator.js';
import {
  type CoordinatorInit,
  createInvitation as createInvitationIn,
  initCoordinator as initCoordinatorIn,
  openCoordinatorHome,
  type PartyRow,
  Registry,
} from './identity/index.js';
import { openSqliteStore, type Store } from './store/index.js';

export type { Added, Adder, AddingTask, SumShape } from './adding/index.js';
export type { Coordinator } from './coordinator.js';

export interface StartOptions {
  readonly home: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly enrolmentPort: number;
  readonly passphrase?: Secret;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly clock?: Clock;
  /** Another adder than the product's; bench/round times rounds without protection by one. No command sets it. */
  readonly adder?: Adder;
}

/**
 * Runs a coordinator on an initialised home folder until it is closed.
 * @throws {CodedError} HOME_INVALID, HOME_IN_USE, KEYSTORE_LOCKED, CONFIG_INVALID.
 */
export async function startCoordinator(options: StartOptions): Promise<Coordinator> {
  const { home, host, port, enrolmentPort, passphrase, clock = systemClock } = options;
  const identity = await openCoordinatorHome(home, passphrase);
  const config = parseConfig(readOptional(join(home, 'coordinator.yaml')));
  const unlock = lockHome(home);
  try {
    const coordinator = await createCoordinator({
      identity,
      store: openSqliteStore(databaseOf(home)),
      blobs: folderBlobs(join(home, 'blobs')),
      adder: options.adder ?? pooledAdder(config.addingThreads),
      clock,
      log: loggerOf(options.logLevel ?? 'info'),
      host,
      port,
      enrolmentPort,
      heartbeatMs: config.heartbeatSeconds * 1000,
      scoreAnswerMs: config.scoreSeconds * 1000,
      version: packageVersion(),
      deliver: (_receiver, _jobId, event) => event,
    });
    return {
      ...coordinator,
      close: async () => {
        await coordinator.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Makes a coordinator's home folder: CA, server key, operator. @throws {CodedError} HOME_EXISTS, CONFIG_INVALID. */
export async function initCoordinator(init: Omit<CoordinatorInit, 'openLog' | 'clock'> & { clock?: Clock }) {
  let store: Store | undefined;
  try {
    return await initCoordinatorIn({
      clock: systemClock,
      ...init,
      openLog: () => {
        store = openSqliteStore(databaseOf(init.home));
        return store.registryLog;
      },
    });
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
): Promise<ReturnType<typeof createInvitationIn>> {
  const { home, passphrase, clock, ...order } = options;
  const identity = await openCoordinatorHome(home, passphrase);
  return administered(options, (registry) => createInvitationIn(registry, identity, order));
}

export interface AdministrationOptions {
  readonly home: string;
  readonly passphrase?: Secret;
  readonly clock?: Clock;
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

async function administered<T>(
  { home, clock = systemClock }: AdministrationOptions,
  work: (registry: Registry) => T,
): Promise<T> {
  if (!existsSync(databaseOf(home))) throw new CodedError('HOME_INVALID', `${home} holds no coordinator`);
  const store = openSqliteStore(databaseOf(home));
  try {
    return work(new Registry(store.registryLog, clock));
  } finally {
    await store.close();
  }
}

function nameOf(text: string): ParticipantName {
  const parsed = participantName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CodedError('CONFIG_INVALID', `name: ${parsed.error.issues[0]?.message}`);
}

function databaseOf(home: string): string {
  return join(home, 'coordinator.sqlite');
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
