import {
  CodedError,
  type HexDigest,
  type JobId,
  leavesModel,
  type ModelSpec,
  type ParticipantName,
  type RosterEntry,
  type Secret,
} from '../../contract/index.js';
import type { Journal } from '../journal/index.js';
import { JobTranscript, type PinnedPeer } from '../rounds/index.js';

/** A finished training job as far as questions about its scores need it. */
export interface OnlineJob {
  readonly jobId: JobId;
  readonly me: ParticipantName;
  readonly spec: ModelSpec;
  /** Binds every message to the roster that everybody signed. */
  readonly rosterDigest: HexDigest;
  /** Signed by the pinned keys of their owners; `sealKey` is what messages to them are sealed with. */
  readonly entries: ReadonlyMap<string, RosterEntry>;
  /** Own X25519 key of the job. */
  readonly privateKey: Secret;
}

/**
 * From the transcript as it was received and journaled, checked again against the pins of today; nothing of it is asked
 * of the coordinator anew.
 * @throws {CodedError} MODEL_UNKNOWN; PEER_NOT_PINNED, PEER_KEY_CHANGED when a pin is no longer the one of the job.
 */
export function onlineJob(
  journal: Pick<Journal, 'job' | 'events' | 'secret'>,
  jobId: JobId,
  me: ParticipantName,
  pinned: (name: string) => PinnedPeer | undefined,
): OnlineJob {
  if (journal.job(jobId)?.state !== 'finished') {
    throw new CodedError('MODEL_UNKNOWN', `${jobId} is no finished job of ${me}`);
  }
  const transcript = new JobTranscript({ jobId, me, pinned });
  for (const event of journal.events(jobId)) transcript.apply(event);
  const { spec, fixedRoster } = transcript;
  if (!leavesModel(spec)) {
    throw new CodedError('MODEL_UNKNOWN', `${jobId} trained no joint model of several domains`);
  }
  const privateKey = journal.secret(jobId, 'seal-key');
  if (privateKey === undefined) {
    throw new CodedError('MODEL_UNKNOWN', `the job key of ${jobId} was not kept, so it answers no questions`);
  }
  const entries = new Map(fixedRoster.entries.map((entry) => [entry.name as string, entry]));
  return { jobId, me, spec, rosterDigest: fixedRoster.digest, entries, privateKey };
}

/**
 * The roster entry of a peer whose pin still is what it was in the job: an operator who pins another key, or unpins,
 * ends questions at once.
 * @throws {CodedError} PEER_NOT_PINNED, PEER_KEY_CHANGED, MESSAGE_UNEXPECTED for who is not in the roster.
 */
export function pinnedEntry(
  { entries }: OnlineJob,
  name: string,
  pins: ReadonlyMap<string, PinnedPeer>,
): RosterEntry {
  const entry = entries.get(name);
  const pin = pins.get(name);
  const parties = [name];
  if (entry === undefined)
    throw new CodedError('MESSAGE_UNEXPECTED', `${name} is not in the roster`, { parties });
  if (pin === undefined)
    throw new CodedError('PEER_NOT_PINNED', `${name} has no pinned key here`, { parties });
  if (pin.identityKey !== entry.identityKey) {
    throw new CodedError('PEER_KEY_CHANGED', `the pin of ${name} changed since the job`, { parties });
  }
  return entry;
}
