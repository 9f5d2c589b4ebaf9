import type { Logger } from 'pino';
import type { Clock, HexDigest, ParticipantName } from '../contract/index.js';
import type { Signer } from '../crypto/identity/index.js';
import { approvalPollMs, homeLayout } from './config.js';
import { type Dial, type Pins, readPins } from './identity/index.js';
import type { Journal } from './journal/index.js';
import { decide, readPolicy } from './policy/index.js';
import { Duties, type JobTranscript, type PinnedPeer } from './rounds/index.js';
import { Link, ParticipantNode } from './session/index.js';
import type { WorkPool } from './training/index.js';

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
}

/** Puts a participant together; main.ts does so from a home folder, benches with parts of their own. */
export function createParticipant(parts: ParticipantParts): ParticipantNode {
  const { home, name, organisation, party, signer, journal, log, clock } = parts;
  const layout = homeLayout(home);
  const link = new Link(parts.dial);
  const duties = new Duties({
    me: { name, organisation, party },
    certificateFingerprint: parts.certificateFingerprint,
    signer,
    journal,
    link,
    work: parts.work,
    datasetFolder: layout.datasets,
    jobsFolder: layout.jobs,
    compareSolo: parts.compareSolo,
    approvalPollMs,
    judge: async ({ spec }: JobTranscript, rows) =>
      decide(await readPolicy(layout.policy), {
        spec,
        coordinator: parts.coordinator,
        me: { name, organisation },
        pinned: readPins(home),
        rows,
        nowMs: clock.now(),
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
  });
  return node;
}

function pinOf(pins: Pins, name: string): PinnedPeer | undefined {
  return pins.get(name);
}
