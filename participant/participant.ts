import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock, HexDigest, JobId, ParticipantName } from '../contract/index.js';
import type { Signer } from '../crypto/identity/index.js';
import { approvalPollMs, homeLayout } from './config.js';
import { type Dial, type Pins, readPins } from './identity/index.js';
import type { Journal } from './journal/index.js';
import type { Observer } from './observe/index.js';
import { decide, decideVertical, readPolicy } from './policy/index.js';
import { Duties, type JobTranscript, type PinnedPeer } from './rounds/index.js';
import { Link, type NodeParts, ParticipantNode } from './session/index.js';
import type { WorkPool } from './training/index.js';
import { readModelPart } from './vertical/index.js';

export interface ParticipantParts {
  readonly home: string;
  readonly name: ParticipantName;
  readonly organisation: string;
  readonly party: 'bank' | 'platform';
  readonly coordinator: { readonly name: string; readonly caFingerprint: string };
  /** Of the home: how to reach the coordinator. */
  readonly dial: Dial;
  readonly certificateFingerprint: HexDigest;
  readonly signer: Signer;
  readonly journal: Journal;
  readonly work: WorkPool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly compareSolo: boolean;
  /** Takes part in jobs without encryption; main.ts sees to it that the coordinator is on this machine. */
  readonly plaintext?: boolean;
  /** Answers for the own part of joint models; without it such questions are refused. */
  readonly scoreQuestion?: NodeParts['scoreQuestion'];
  /** Metrics and traces; it already stands before the journal. */
  readonly observer?: Observer | undefined;
}

/** Puts a participant together; main.ts does so from a home folder, benches with parts of their own. */
export function createParticipant(parts: ParticipantParts): ParticipantNode {
  const { home, name, organisation, party, signer, journal, log, clock } = parts;
  const layout = homeLayout(home);
  const link = new Link(
    parts.dial,
    parts.observer && ((direction, bytes) => parts.observer?.moved(direction, bytes)),
  );
  /** The policy file is read anew each time: what its operator changes holds from the next question on. */
  const circumstances = () => ({
    coordinator: parts.coordinator,
    me: { name, organisation },
    pinned: readPins(home),
    nowMs: clock.now(),
  });
  const duties = new Duties({
    me: { name, organisation, party },
    certificateFingerprint: parts.certificateFingerprint,
    signer,
    journal,
    link,
    work: parts.work,
    clock,
    datasetFolder: layout.datasets,
    jobsFolder: layout.jobs,
    compareSolo: parts.compareSolo,
    approvalPollMs,
    judge: async ({ summing: { spec } }: JobTranscript, rows) =>
      decide(await readPolicy(layout.policy), { ...circumstances(), spec, rows }),
    judgeVertical: async ({ stepping: { spec } }: JobTranscript, { rows, aligned }) =>
      decideVertical(await readPolicy(layout.policy), {
        ...circumstances(),
        ...{ spec, rows, plaintext: parts.plaintext === true },
        sessionsUsed: aligned ? new Map() : journal.alignments.used(spec.parties[name]!.dataset, clock.now()),
        ...(spec.type === 'scoring' && { modelFeatures: await modelFeatures(layout.jobs, spec.model.job) }),
      }),
    progress: ({ jobId, sum, step, fraction }) => node.report(jobId, sum, step, fraction),
  });
  const own: PinnedPeer = { organisation, identityKey: signer.publicKey };
  const node = new ParticipantNode({
    name,
    version: parts.version,
    signer,
    journal,
    link,
    duties,
    log,
    pinned: (peer) => (peer === name ? own : pinOf(readPins(home), peer)),
    scoreQuestion: parts.scoreQuestion,
    observer: parts.observer,
  });
  parts.observer?.watch({ work: () => parts.work.load, openJobs: () => node.openJobs });
  return node;
}

/** Names of the own features of an earlier joint model, which a policy may withhold. @throws {CodedError} MODEL_UNKNOWN. */
async function modelFeatures(jobsFolder: string, jobId: JobId): Promise<string[]> {
  return Object.keys((await readModelPart(join(jobsFolder, jobId))).features);
}

function pinOf(pins: Pins, name: string): PinnedPeer | undefined {
  return pins.get(name);
}
