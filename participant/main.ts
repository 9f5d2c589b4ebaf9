import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import {
  type Clock,
  CodedError,
  hinted,
  type JobId,
  jobId,
  type Secret,
  systemClock,
  toCodedError,
} from '../contract/index.js';
import { homeFiles, isParticipantRole, lockHome, readClientConfig } from '../crypto/identity/index.js';
import { homeLayout } from './config.js';
import type { DatasetReport } from './data/index.js';
import {
  homeCredentials as credentialsOf,
  enroll as enrollHome,
  fetchCards,
  type HomeCredentials,
  listPeers as mergePeers,
  type PeerRow,
  trustPeer as pinPeer,
  publishCard,
  readPins,
} from './identity/index.js';
import { Journal } from './journal/index.js';
import type { LabelSet } from './labels.js';
import { refuseOtherMachines } from './loopback.js';
import { observeParticipant } from './observe/index.js';
import { explainPolicy, readPolicy } from './policy/index.js';
import type { ScoredRows, ScoringOrder } from './scoring.js';

export { approve, listApprovals, refuse } from './approvals.js';
export type { HomeCredentials } from './identity/index.js';
export { listModels, showModel } from './models.js';
export type { ScoredRows, ScoringOrder } from './scoring.js';

/** A home folder and what opens its keystore. */
export interface HomeOrder {
  readonly home: string;
  readonly passphrase?: Secret;
}
type CallOrder = HomeOrder & { readonly address?: string };

export interface StartOrder extends CallOrder {
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** After each job also train on own rows alone, to see what the joint model adds. Default true. */
  readonly compareSolo?: boolean;
  /** Serves Prometheus metrics on PORT of this machine, or on HOST:PORT. Default: none. */
  readonly metrics?: string;
  readonly clock?: Clock;
  /** Takes part in jobs without encryption, for tests: only where all coordinators that it dials are on this machine. */
  readonly plaintext?: boolean;
  /** Another worker than the product's; bench/round times rounds without protection by one. No command sets it. */
  readonly workerFile?: string;
}

/**
 * Runs a participant on its home folder until it is closed. Dials out only.
 * @throws {CodedError} HOME_INVALID, HOME_IN_USE, KEYSTORE_LOCKED, ROLE_FORBIDDEN for homes of people.
 */
export async function startParticipant(order: StartOrder) {
  const { home, clock = systemClock, compareSolo = true } = order;
  const credentials = await credentialsAt(order);
  const { config, participant } = credentials;
  if (participant === undefined || !isParticipantRole(config.role)) {
    throw new CodedError('ROLE_FORBIDDEN', `${home} belongs to a ${config.role}, not to a participant`);
  }
  if (order.plaintext) refuseOtherMachines(credentials);
  // Loaded here, so that commands that only ask the coordinator do not wait for training and encryption.
  const [{ createParticipant }, { WorkPool }, { ScoreAnswering }] = await Promise.all([
    import('./participant.js'),
    import('./training/index.js'),
    import('./online/index.js'),
  ]);
  const layout = homeLayout(home);
  for (const folder of [layout.jobs, layout.datasets]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = lockHome(home);
  const log = nodeLog(config.name, order.logLevel);
  const observed = await observeParticipant({
    metrics: order.metrics,
    traces: process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
    ...{ name: config.name, version: packageVersion(), clock },
  }).catch((error) => {
    unlock();
    throw error;
  });
  const { observer } = observed;
  const ownJournal = new Journal(layout.journal, participant.journalKey);
  const journal = observer?.journal(ownJournal) ?? ownJournal;
  const environment = withoutPassphrase(process.env);
  const work = new WorkPool(environment, order.workerFile);
  const { name, organisation, coordinator } = config;
  const { signer } = participant;
  const scores = new ScoreAnswering({
    ...{ home, name, organisation, coordinator, signer, journal, clock, log, environment },
  });
  const node = createParticipant({
    home,
    name,
    organisation,
    party: config.role,
    coordinator,
    dial: credentials,
    certificateFingerprint: credentials.certificateFingerprint,
    signer,
    journal,
    work,
    clock,
    log,
    version: packageVersion(),
    compareSolo,
    plaintext: order.plaintext === true,
    scoreQuestion: (question) => scores.answer(question),
    observer,
  });
  node.start();
  void scores.prepare();
  // A card lost between certificate and directory (see enroll) is published as soon as the coordinator answers.
  void node.connected
    .then(() => publishCard(credentials))
    .catch((error: unknown) => {
      log.warn({ code: toCodedError(error).code }, 'the card could not be published');
    });
  return {
    name: config.name as string,
    address: credentials.address,
    connected: node.connected,
    /** host:port of its metrics, when it serves them. */
    metrics: observed.endpoint,
    close: async () => {
      await node.close();
      await Promise.all([work.close(), scores.close()]);
      await observed.close();
      journal.close();
      unlock();
    },
  };
}

/** @throws {CodedError} TOKEN_*, CA_MISMATCH, HOME_EXISTS, COORDINATOR_UNREACHABLE. */
export async function enroll(order: HomeOrder & { readonly token: string; readonly clock?: Clock }) {
  const { clock = systemClock, ...rest } = order;
  const { config, passphraseFile, cardError } = await enrollHome({ ...rest, clock });
  const { participant } = await credentialsOf(order.home, order.passphrase);
  return {
    name: config.name as string,
    organisation: config.organisation,
    role: config.role as string,
    address: config.coordinator.address,
    caFingerprint: config.coordinator.caFingerprint as string,
    identityKey: participant?.signer.publicKey ?? '',
    ...(passphraseFile !== undefined && { passphraseFile }),
    ...(cardError && { cardProblem: `${cardError.code}: ${cardError.message}` }),
  };
}

export function homeCredentials(order: HomeOrder): Promise<HomeCredentials> {
  return credentialsOf(order.home, order.passphrase);
}

/** What the home folder itself says; asks nobody. */
export async function participantStatus(order: HomeOrder) {
  const { home } = order;
  const { config, participant, certificatePem } = await credentialsOf(home, order.passphrase);
  const { journal: path } = homeLayout(home);
  const journal = participant && existsSync(path) ? new Journal(path, participant.journalKey) : undefined;
  try {
    return {
      name: config.name as string,
      organisation: config.organisation,
      role: config.role as string,
      address: config.coordinator.address,
      caFingerprint: config.coordinator.caFingerprint as string,
      identityKey: participant?.signer.publicKey ?? '',
      certificateExpiresMs: Date.parse(new X509Certificate(certificatePem).validTo),
      running: isRunning(home),
      waitingApprovals: journal?.approvals().filter(({ answer }) => answer === 'asked').length ?? 0,
      jobs:
        journal?.jobs().map(({ jobId, state, code, detail }) => ({
          jobId: jobId as string,
          state: state as string,
          code,
          detail,
        })) ?? [],
    };
  } finally {
    journal?.close();
  }
}

/** Directory and pins side by side; asks the coordinator. */
export async function listPeers(order: CallOrder): Promise<PeerRow[]> {
  return mergePeers(await fetchCards(await credentialsAt(order)), readPins(order.home));
}

/** Pins a peer's key that a person compared by another way. @throws {CodedError} PEER_KEY_CHANGED, PARTICIPANT_UNKNOWN, CONFIG_INVALID. */
export async function trustPeer(
  order: CallOrder & {
    readonly name: string;
    readonly key: string;
    readonly organisation: string;
    readonly replace?: boolean;
  },
) {
  const { home, name, key, organisation, replace = false } = order;
  const cards = await fetchCards(await credentialsAt(order));
  return pinPeer(home, cards, { name, key, organisation, replace }, systemClock);
}

/** Reads the named dataset, or all of them, whole. @throws {CodedError} DATASET_UNKNOWN, DATASET_INVALID. */
export async function checkDatasets(
  order: HomeOrder & { readonly dataset?: string },
): Promise<DatasetReport[]> {
  const { checkDataset, findDataset, listDatasets } = await import('./data/index.js');
  const { datasets } = homeLayout(order.home);
  const all = await listDatasets(datasets);
  if (order.dataset !== undefined && !all.includes(order.dataset)) {
    // Only here, where the owner asks: what a peer's job is told must not name other datasets.
    throw new CodedError('DATASET_UNKNOWN', `there is no dataset ${hinted(order.dataset, all)} here`);
  }
  const names = order.dataset === undefined ? all : [order.dataset];
  const env = (name: string) => process.env[name];
  const reports: DatasetReport[] = [];
  for (const name of names)
    reports.push(await checkDataset((await findDataset(datasets, name)).path, { env }));
  return reports;
}

/** Label sets of this home, their budgets and what was released of them. @throws {CodedError} DATASET_UNKNOWN, ROLE_FORBIDDEN. */
export async function listLabels(order: HomeOrder & { readonly dataset?: string }): Promise<LabelSet[]> {
  const { labelSets } = await import('./labels.js');
  return labelSets(order, (name) => process.env[name]);
}

/** Scores the held-out rows of a dataset file with a kept model. @throws {CodedError} MODEL_UNKNOWN, DATASET_*. */
export async function scoreRows(order: ScoringOrder): Promise<ScoredRows> {
  const { scoreHeldOut } = await import('./scoring.js');
  return scoreHeldOut(order, (name) => process.env[name]);
}

/** Serves single scores of a joint model at its label holder until it is closed. @throws {CodedError} as openScoreService. */
export async function serveScores(
  order: CallOrder & {
    readonly jobId: string;
    readonly dataset?: string;
    readonly host: string;
    readonly port: number;
    /** For the answers of all partners to one score. */
    readonly deadlineMs: number;
    readonly logLevel?: StartOrder['logLevel'];
  },
) {
  const { openScoreService } = await import('./online/index.js');
  const { home, jobId: named, dataset, host, port, deadlineMs, logLevel } = order;
  const credentials = await credentialsAt(order);
  return openScoreService({
    ...{ home, credentials, dataset, host, port, deadlineMs },
    jobId: knownJobId(named),
    clock: systemClock,
    log: nodeLog(credentials.config.name, logLevel),
    environment: withoutPassphrase(process.env),
  });
}

/** Copies the scores of a finished scoring job out of its label holder's home. @throws {CodedError} MODEL_UNKNOWN, CONFIG_INVALID. */
export async function copyScores(
  order: HomeOrder & { readonly jobId: string; readonly out: string },
): Promise<{ readonly path: string; readonly scored: number; readonly withoutPartner: number }> {
  const { copyBatchScores } = await import('./online/index.js');
  return copyBatchScores(order.home, knownJobId(order.jobId), order.out);
}

/** Trees of a boosting job as far as they are grown. @throws {CodedError} MODEL_UNKNOWN. */
export async function showTrees(order: HomeOrder & { readonly jobId: string }) {
  const { showTrees: read } = await import('./trees.js');
  return read({ home: order.home, jobId: knownJobId(order.jobId) });
}

/** Writes the HTML report of boosted trees at their label holder, or of a horizontal job's model. @throws {CodedError} MODEL_UNKNOWN, CONFIG_INVALID. */
export async function writeReport(order: HomeOrder & { readonly jobId: string; readonly out: string }) {
  const { writeModelReport } = await import('./model-report.js');
  return writeModelReport({ ...order, jobId: knownJobId(order.jobId) });
}

/** Writes the own part of a joint model in a documented form. @throws {CodedError} MODEL_UNKNOWN, CONFIG_INVALID. */
export async function exportModel(order: HomeOrder & { readonly jobId: string; readonly out: string }) {
  const { exportModel: write } = await import('./model-export.js');
  return write(order);
}

/** The policy file in words. @throws {CodedError} POLICY_INVALID. */
export async function checkPolicy(order: HomeOrder) {
  const { policy: path } = homeLayout(order.home);
  readClientConfig(order.home);
  return { path, lines: explainPolicy(await readPolicy(path)) };
}

async function credentialsAt({ home, passphrase, address }: CallOrder): Promise<HomeCredentials> {
  if (!existsSync(join(home, homeFiles.config)))
    throw new CodedError('HOME_INVALID', `${home} is not enrolled`);
  const credentials = await credentialsOf(home, passphrase);
  if (address === undefined) return credentials;
  const [first = '', ...otherAddresses] = address.split(',');
  return { ...credentials, address: first, otherAddresses };
}

function isRunning(home: string): boolean {
  try {
    lockHome(home)();
    return false;
  } catch {
    return true;
  }
}

/** @throws {CodedError} MODEL_UNKNOWN for what is no job id. */
function knownJobId(text: string): JobId {
  const parsed = jobId.safeParse(text);
  if (!parsed.success) throw new CodedError('MODEL_UNKNOWN', `${text} is no job id`);
  return parsed.data;
}

function nodeLog(participant: string, level: StartOrder['logLevel'] = 'info') {
  return pino(
    { level, base: { participant }, redact: ['*.privateKey', '*.passphrase'] },
    pino.destination(2),
  );
}

function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Variables for dataset sources; the worker needs no passphrase. */
function withoutPassphrase(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FEDRISK_PASSPHRASE: _, ...rest } = environment;
  return rest;
}
