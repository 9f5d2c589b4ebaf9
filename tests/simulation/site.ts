import { type JobEvent, jobIdOfSpec } from '../../contract/index.js';
import { Ledger } from './laws.js';
import { BlobDisk } from './memory-blobs.js';
import { ParticipantDisk } from './memory-journal.js';
import { StoreDisk } from './memory-store.js';
import type { RunSpec } from './setups.js';

/** All that outlives the processes of a run, and what the run saw of them. */
export interface Site {
  readonly store: StoreDisk;
  readonly blobs: BlobDisk;
  readonly disks: ReadonlyMap<string, ParticipantDisk>;
  readonly ledger: Ledger;
  /** Since the submission. */
  readonly atMs: number;
}

/** A job without any fault. */
export interface Undisturbed {
  /** What disks held now and then behind keying. */
  readonly sites: readonly Site[];
  readonly events: readonly JobEvent[];
  /** At the end. */
  readonly site: Site;
}

export function emptySite(spec: RunSpec, names: readonly string[]): Site {
  return {
    store: new StoreDisk(),
    blobs: new BlobDisk(),
    disks: new Map(names.map((name) => [name, new ParticipantDisk()])),
    ledger: new Ledger(jobIdOfSpec(spec)),
    atMs: 0,
  };
}

export function copyOf({ store, blobs, disks, ledger, atMs }: Site): Site {
  return {
    store: store.copy(),
    blobs: blobs.copy(),
    disks: new Map([...disks].map(([name, disk]) => [name, disk.copy()])),
    ledger: ledger.copy(),
    atMs,
  };
}

/** What a run came to. */
export interface Outcome {
  readonly failures: readonly string[];
  /** State of the job in the coordinator's store. */
  readonly state: string;
  readonly events: readonly JobEvent[];
  readonly durationMs: number;
  /** What happened when, for people. */
  readonly log: readonly string[];
}
