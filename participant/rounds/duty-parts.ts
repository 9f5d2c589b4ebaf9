import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, HexDigest, JobId, ParticipantName } from '../../contract/index.js';
import type { Signer } from '../../crypto/identity/index.js';
import type { Journal } from '../journal/index.js';
import type { PolicyDecision, VerticalDecision } from '../policy/index.js';
import type { Link, ProgressReport } from '../session/index.js';
import type { WorkPool } from '../training/index.js';
import type { JobTranscript } from './transcript.js';

/** What a policy judges a vertical job by, beside its spec. */
export interface VerticalAsked {
  readonly rows: number;
  /** Our blinded ids left already: the alignments of the period bound beginnings, and this one has begun. */
  readonly aligned: boolean;
}

/** What duties are done with. */
export interface DutyParts {
  readonly me: {
    readonly name: ParticipantName;
    readonly organisation: string;
    readonly party: 'bank' | 'platform';
  };
  readonly certificateFingerprint: HexDigest;
  readonly signer: Signer;
  readonly journal: Journal;
  readonly link: Pick<Link, 'upload' | 'download' | 'downloadParcel'>;
  readonly work: Pick<WorkPool, 'run'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly datasetFolder: string;
  /** Folder of all jobs; each has one under its id. */
  readonly jobsFolder: string;
  /** Train a model on own rows alone after each job, for comparison. */
  readonly compareSolo: boolean;
  /** Milliseconds between looks for an operator's answer. */
  readonly approvalPollMs: number;
  judge(transcript: JobTranscript, rows: number): Promise<PolicyDecision>;
  judgeVertical(transcript: JobTranscript, asked: VerticalAsked): Promise<VerticalDecision>;
  progress(report: ProgressReport): void;
}

/** The folder of a job; made when it is not there. */
export function jobFolder(jobsFolder: string, jobId: JobId): string {
  const folder = join(jobsFolder, jobId);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Where the disk is read-only Node (20 to 24) says ENOENT of a folder that it could not make; the one above says why.
    accessSync(jobsFolder, constants.W_OK);
    throw error;
  }
  return folder;
}
