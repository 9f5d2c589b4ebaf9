import type { Secret } from '../contract/index.js';
import type { HomeOrder, LogLevel, Running } from './doors.js';

/** What the CLI asks of coordinator/main.ts. */
export interface CoordinatorDoor {
  initCoordinator(
    order: HomeOrder & {
      readonly name: string;
      readonly organisation: string;
      /** Host names and IP addresses for the server certificate. */
      readonly hosts: readonly string[];
      /** host:port that parties dial. */
      readonly address: string;
      readonly enrolmentAddress: string;
    },
  ): Promise<{
    readonly caFingerprint: string;
    readonly operatorHome: string;
    /** Files that now hold a passphrase each, when none was given. */
    readonly passphraseFiles: readonly string[];
  }>;
  createInvitation(
    order: HomeOrder & {
      readonly name: string;
      readonly organisation: string;
      readonly role: string;
      readonly validMs: number;
      readonly address?: string;
      readonly enrolmentAddress?: string;
    },
  ): Promise<{ readonly token: string; readonly expiresMs: number }>;
  revokeParty(order: HomeOrder & { readonly name: string; readonly reason: string }): Promise<void>;
  listParties(order: HomeOrder): Promise<readonly PartyRow[]>;
  startCoordinator(
    order: HomeOrder & {
      /** Interface to listen on. */
      readonly host: string;
      /** 0 takes a free port; undefined those given to `init`. */
      readonly port: number | undefined;
      readonly enrolmentPort: number | undefined;
      readonly logLevel: LogLevel;
      /** PORT or HOST:PORT for Prometheus. */
      readonly metrics?: string;
    },
  ): Promise<StartedCoordinator>;
  coordinatorStatus(order: HomeOrder): Promise<CoordinatorStatus>;
  /** Writes an encrypted backup while the coordinator runs, or not. */
  backupCoordinator(
    order: HomeOrder & {
      readonly file: string;
      readonly backupPassphrase: Secret;
      /** Also what running jobs uploaded. */
      readonly withCiphertexts: boolean;
    },
  ): Promise<BackupReport>;
  /** Makes the home folder, which must be new. */
  restoreCoordinator(order: {
    readonly home: string;
    readonly file: string;
    readonly backupPassphrase: Secret;
  }): Promise<{
    readonly files: number;
    readonly unfinishedJobs: readonly string[];
    readonly ciphertexts: boolean;
    readonly blobs: BlobsKept;
  }>;
}

export interface StartedCoordinator extends Running {
  readonly port: number;
  readonly enrolmentPort: number;
  /** host:port of its metrics, when it serves them. */
  readonly metrics?: string | undefined;
  /** How it is named among replicas of a shared store. */
  readonly replica?: string | undefined;
}

export interface BackupReport {
  /** Size of the backup. */
  readonly bytes: number;
  readonly files: number;
  /** False where the database is in PostgreSQL, whose own tools copy it. */
  readonly database: boolean;
  readonly unfinishedJobs: readonly string[];
  /** Whether ciphertexts of the unfinished jobs are in it. */
  readonly ciphertexts: boolean;
  readonly blobs: BlobsKept;
}

/** Where a coordinator keeps ciphertexts for good: in its home, in PostgreSQL, or in an S3-compatible store. */
export type BlobsKept = 'folder' | 'postgres' | 's3';

/** A coordinator at a glance. Times in milliseconds since the epoch, sizes in bytes. */
export interface CoordinatorStatus {
  /** True while a process runs on this home folder. */
  readonly running: boolean;
  /** 0 unless it runs. */
  readonly startedMs: number;
  readonly version: string;
  /** host:port, of parties, of newcomers and of metrics; empty unless so. */
  readonly address: string;
  readonly enrolmentAddress: string;
  readonly metrics: string;
  readonly store: 'sqlite' | 'postgres';
  readonly schema: number;
  readonly databaseBytes: number;
  readonly blobs: BlobsKept;
  /** Of the home. */
  readonly blobBytes: number;
  readonly otherReplicas: number;
  /** Participants that are connected. */
  readonly sessions: readonly string[];
  /** Number of jobs in each state that has any. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly stalled: readonly {
    readonly jobId: string;
    readonly name: string;
    readonly state: string;
    readonly untilMs: number;
    readonly waitingFor: readonly string[];
  }[];
  readonly authorityExpiresMs: number;
  readonly serverExpiresMs: number;
  /** Of parties, expired or soon to be. */
  readonly expiring: readonly { readonly name: string; readonly expiresMs: number }[];
}

export interface PartyRow {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly status: string;
  readonly identityKey: string;
  readonly certificateFingerprint: string;
  readonly expiresMs: number;
}
