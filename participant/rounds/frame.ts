import type {
  EventKind,
  EventOf,
  HexDigest,
  JobId,
  ParticipantName,
  PostKind,
  PostOf,
  RosterEntry,
} from '../../contract/index.js';

export interface Roster {
  readonly digest: HexDigest;
  /** In roster order. */
  readonly entries: readonly RosterEntry[];
  readonly names: readonly ParticipantName[];
}

/** What every job has, whatever it does: the part of a transcript that a course may ask for. */
export interface JobFrame {
  readonly jobId: JobId;
  readonly me: ParticipantName;
  /** Only after it is fixed. @throws {CodedError} MESSAGE_UNEXPECTED before. */
  readonly fixedRoster: Roster;
  readonly rosterSignatures: ReadonlyMap<ParticipantName, PostOf<'rosterSignature'>>;
}

/** Events and posts between roster and ending; which of them a job knows depends on its mode. */
export type CourseEvent = EventOf<
  Exclude<
    EventKind,
    'submitted' | 'posted' | 'consented' | 'rosterFixed' | 'finished' | 'failed' | 'cancelled'
  >
>;
export type CoursePost = PostOf<Exclude<PostKind, 'consent' | 'join' | 'rosterSignature' | 'abort'>>;

/** What a job does once its roster is fixed: secure sums or steps. Every method throws on a contradiction. */
export interface Course {
  /** More events than this no honest coordinator can show. */
  readonly mostEvents: number;
  /** Place in the job that an abort names: the sum or step under way. */
  readonly position: number;
  /** What everybody signs beside the roster; undefined while it is not known. */
  sharedKeys(): HexDigest | undefined;
  follow(event: CourseEvent): void;
  record(sender: ParticipantName, body: CoursePost): void;
  finish(event: EventOf<'finished'>): void;
}
