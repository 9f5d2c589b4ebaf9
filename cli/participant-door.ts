import type { ErrorCode } from '../contract/index.js';
import type { HomeCredentials } from '../participant/main.js';
import type { HomeOrder, LogLevel, Running } from './doors.js';
import type { TreeCourse, VerticalRow } from './vertical-models.js';

/** What the CLI asks of participant/main.ts. People (scientist, operator, auditor) have such a home too. */
export interface ParticipantDoor {
  enroll(order: HomeOrder & { readonly token: string }): Promise<Enrolled>;
  homeCredentials(order: HomeOrder): Promise<HomeCredentials>;
  startParticipant(
    order: HomeOrder & {
      /** host:port to dial instead of the enrolled one. */
      readonly address?: string;
      readonly logLevel: LogLevel;
      /** PORT or HOST:PORT for Prometheus. */
      readonly metrics?: string;
      /** Takes part in jobs without encryption. */
      readonly plaintext?: boolean;
    },
  ): Promise<StartedParticipant>;
  participantStatus(order: HomeOrder): Promise<ParticipantStatus>;
  /** Asks the coordinator for the directory of cards and compares it with the pins. */
  listPeers(order: HomeOrder & { readonly address?: string }): Promise<readonly PeerRow[]>;
  /** Pins the key that a person compared with the peer by another way than the coordinator. */
  trustPeer(
    order: HomeOrder & {
      readonly address?: string;
      readonly name: string;
      /** Whole, or its first 16 digits or more; case and blanks do not matter. */
      readonly key: string;
      readonly organisation: string;
      /** Accept another key than the one pinned before. */
      readonly replace?: boolean;
    },
  ): Promise<{ readonly name: string; readonly organisation: string; readonly identityKey: string }>;
  listApprovals(order: HomeOrder): Promise<readonly ApprovalRow[]>;
  approve(order: HomeOrder & { readonly jobId: string }): Promise<void>;
  refuse(order: HomeOrder & { readonly jobId: string; readonly reason: string }): Promise<void>;
  checkDatasets(order: HomeOrder & { readonly dataset?: string }): Promise<readonly DatasetReport[]>;
  checkPolicy(order: HomeOrder): Promise<PolicySummary>;
  listLabels(order: HomeOrder & { readonly dataset?: string }): Promise<readonly LabelSet[]>;
  /** Serves single scores of a joint model at its label holder. */
  serveScores(order: ScoreServing): Promise<Running & ScoreService>;
  /** Copies the scores of a finished scoring job out of its label holder's home. */
  copyScores(order: HomeOrder & { readonly jobId: string; readonly out: string }): Promise<ScoreCopy>;
  listModels(order: HomeOrder): Promise<readonly ModelRow[]>;
  showModel(order: HomeOrder & { readonly jobId: string }): Promise<ModelRow>;
  /** Trees of a job at this node, also while it runs. */
  showTrees(order: HomeOrder & { readonly jobId: string }): Promise<TreeCourse>;
  /** Writes the HTML report of a model. */
  writeReport(
    order: HomeOrder & { readonly jobId: string; readonly out: string },
  ): Promise<{ readonly path: string }>;
  /** Writes the own part of a joint model for other programs. */
  exportModel(order: HomeOrder & { readonly jobId: string; readonly out: string }): Promise<ModelExport>;
}

export interface StartedParticipant extends Running {
  readonly name: string;
  readonly address: string;
  readonly connected: Promise<void>;
  /** host:port of its metrics, when it serves them. */
  readonly metrics?: string | undefined;
}

export interface Enrolled {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly address: string;
  readonly caFingerprint: string;
  /** Ed25519, hex; empty for people. */
  readonly identityKey: string;
  /** File that now holds the passphrase, when none was given. */
  readonly passphraseFile?: string;
  /** Why the card is not in the directory yet; the next start publishes it. */
  readonly cardProblem?: string;
}

export interface ParticipantStatus {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly address: string;
  readonly caFingerprint: string;
  readonly identityKey: string;
  readonly certificateExpiresMs: number;
  /** True while a process runs on this home folder. */
  readonly running: boolean;
  readonly waitingApprovals: number;
  readonly jobs: readonly {
    readonly jobId: string;
    readonly state: string;
    readonly code: string;
    readonly detail: string;
  }[];
}

export interface PeerRow {
  readonly name: string;
  readonly organisation: string;
  readonly kind: string;
  readonly identityKey: string;
  /** changed: the directory shows another key or organisation than `pinned`. absent: it has no card of the name. */
  readonly status: 'pinned' | 'unpinned' | 'changed' | 'absent';
  readonly pinned?: { readonly organisation: string; readonly identityKey: string };
}

/** What an operator needs to judge a job. */
export interface ApprovalRow {
  readonly jobId: string;
  readonly answer: 'asked' | 'approved' | 'refused';
  readonly reason: string;
  readonly name: string;
  readonly purpose: string;
  readonly submitter: string;
  readonly organisation: string;
  readonly peers: readonly string[];
  readonly dataset: string;
  readonly features: readonly string[];
  readonly model: string;
  readonly algorithm: string;
  readonly rounds: number;
  readonly minimumRows: number;
  readonly release: readonly string[];
  /** When the coordinator gives up waiting for consent. */
  readonly deadlineMs: number;
}

export interface DatasetReport {
  readonly dataset: string;
  readonly path: string;
  readonly description: string;
  /** How ids become customer keys of vertical jobs. */
  readonly id: { readonly column: string; readonly normalise: readonly string[] };
  /** Without a label split and bad rate say nothing. */
  readonly labelled: boolean;
  readonly rows: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** How held-out rows are chosen. */
  readonly splitRule: string;
  /** Share of bad rows, 0 to 1. */
  readonly badRate: number;
  readonly features: readonly FeatureReport[];
  /** What does not fit; empty when all is well. */
  readonly problems: readonly { readonly code: ErrorCode; readonly detail: string }[];
}

export interface FeatureReport {
  readonly name: string;
  readonly column: string;
  readonly type: 'number' | 'category';
  readonly missing: number;
  /** 0 to 1. */
  readonly missingShare: number;
  /** Values outside the range of the dataset file. */
  readonly outside: number;
  /** Values that are not of the type. */
  readonly unfit: number;
  readonly min?: number;
  readonly max?: number;
  readonly mean?: number;
  readonly levels?: number;
  readonly top?: readonly { readonly level: string; readonly rows: number }[];
}

export interface PolicySummary {
  readonly path: string;
  /** The policy in words; parts of a rule are indented. */
  readonly lines: readonly string[];
}

/** Labels of one dataset, and what they told feature holders in all jobs so far. */
export interface LabelSet {
  readonly dataset: string;
  /** Absent when `problem` says why the labels cannot be counted. */
  readonly labels?: { readonly rows: number; readonly bad: number };
  /** Functionals that may be released in the life of the label set. */
  readonly budget?: number;
  readonly spent: number;
  readonly problem?: { readonly code: ErrorCode; readonly detail: string };
  readonly releases: readonly LabelRelease[];
}

export interface LabelRelease {
  readonly atMs: number;
  readonly jobId: string;
  readonly holder: string;
  readonly kind: string;
  /** Digest of what was asked. */
  readonly question: string;
  readonly functionals: number;
  /** The budget it was measured by. */
  readonly budget: number;
  /** Who lifted the budget for it, and why; empty when it fitted. */
  readonly waiver: string;
}

export interface ScoreServing extends HomeOrder {
  readonly address?: string;
  /** The finished training job. */
  readonly jobId: string;
  /** Another dataset than the one that trained. */
  readonly dataset?: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** For the answers of all partners to one score. */
  readonly deadlineMs: number;
  readonly logLevel: LogLevel;
}

export interface ScoreService {
  readonly url: string;
  readonly model: string;
  readonly dataset: string;
  readonly rows: number;
  readonly partners: readonly string[];
  /** False where other machines reach it. */
  readonly loopback: boolean;
}

export interface ScoreCopy {
  readonly path: string;
  /** Customers with a score. */
  readonly scored: number;
  /** Own customers that not every partner has. */
  readonly withoutPartner: number;
}

export interface ModelExport {
  readonly path: string;
  readonly format: string;
  readonly kind: 'trees' | 'scorecard';
  readonly party: string;
  /** Of vertical jobs. */
  readonly labelHolder?: string;
}

/** What a finished job left here. */
export type ModelRow = HorizontalRow | VerticalRow;

export interface HorizontalRow {
  readonly mode: 'horizontal';
  readonly jobId: string;
  readonly name: string;
  readonly model: string;
  readonly round: number;
  readonly parameters: number;
  /** Of boosted trees. */
  readonly importance?: readonly {
    readonly feature: string;
    readonly splits: number;
    readonly gain: number;
    readonly cover: number;
  }[];
  /** SHA-256 of the kept model: the same at every participant; stays with them. */
  readonly fingerprint: string;
  /** Keyed fingerprint that jobs show prints; ties the kept model to the job's evidence. */
  readonly agreedFingerprint: string;
  readonly metrics: readonly { readonly name: string; readonly round: number; readonly value: number }[];
  /** On own held-out rows: the joint model, and the one this participant would have alone. */
  readonly own: { readonly joint?: OwnMetrics; readonly solo?: OwnMetrics };
  readonly savedMs: number;
}

interface OwnMetrics {
  readonly rows: number;
  readonly auc: number;
  readonly ks: number;
}
