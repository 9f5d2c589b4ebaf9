import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import Database from 'libsql';
import {
  type Canonical,
  canonicalJson,
  eventFromWire,
  eventToWire,
  type HexDigest,
  type JobEvent,
  type JobId,
  type ParticipantName,
  type Post,
  type PostOf,
  postFromWire,
  postToWire,
  Secret,
  type Timing,
} from '../../contract/index.js';
import { decryptAtRest, encryptAtRest } from '../../crypto/identity/index.js';
import { AlignmentLedger } from './alignment-ledger.js';
import { keptKey } from './kept-key.js';
import { LabelLedger } from './label-ledger.js';
import { migrate } from './schema.js';
import { ScoreLedger } from './score-ledger.js';
import { StatisticLedger } from './statistic-ledger.js';
import { transaction } from './transaction.js';

/** Stands in place of a job id where a secret is of the participant itself. */
const noJob = '' as JobId;
/** Before the names of what steps keep, so that none of them can be a key of the spine. */
const keptByStep = 'step/';

export type JournalJobState = 'awaiting-approval' | 'running' | 'finished' | 'failed' | 'cancelled' | 'left';

export interface JournalJob {
  readonly jobId: JobId;
  readonly state: JournalJobState;
  readonly code: string;
  readonly detail: string;
  readonly concluded: boolean;
}

/** What one step led to: from here on only these parcels and this report may be sent for it. */
export interface StepNote {
  readonly step: number;
  readonly parcels: readonly {
    readonly to: ParticipantName;
    readonly digest: HexDigest;
    readonly bytes: number;
  }[];
  readonly report?: Omit<PostOf<'report'>, 'kind' | 'step' | 'timings'>;
  readonly timings: readonly Timing[];
}

export interface Approval {
  readonly jobId: JobId;
  /** What the operator judges by, as JSON. */
  readonly request: unknown;
  readonly answer: 'asked' | 'approved' | 'refused';
  readonly reason: string;
}

/**
 * A participant's durable memory: transcripts as received, posts before they are sent, secrets under encryption,
 * and questions to the operator. WAL with synchronous=FULL: what a method returned from survives SIGKILL and, but for
 * the latest events, power loss.
 * On a full disk it throws the error of SQLite (SQLITE_FULL), with nothing of the change stored.
 */
export class Journal {
  readonly #db: Database.Database;
  readonly #key: Secret;
  /** How often own ids were aligned, and with whom; written in the transaction of a step (keepStep). */
  readonly alignments: AlignmentLedger;
  /** What own labels told others; written in the transaction of a step. */
  readonly labels: LabelLedger;
  /** Score questions that were answered. */
  readonly scores: ScoreLedger;
  /** Sums with own rows in them that were opened. */
  readonly statistics: StatisticLedger;

  /**
   * @param key 32 bytes; encrypts the secrets at rest.
   * @throws {CodedError} HOME_INVALID when the file was written by a newer version.
   */
  constructor(path: string, key: Secret) {
    makeOnce(path);
    this.#db = new Database(path);
    this.#db.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma secure_delete = on;',
    );
    try {
      migrate(this.#db);
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#key = key;
    this.alignments = new AlignmentLedger(this.#db);
    this.labels = new LabelLedger(this.#db, key);
    this.scores = new ScoreLedger(this.#db);
    this.statistics = new StatisticLedger(this.#db, key);
  }

  close(): void {
    this.#db.close();
  }

  jobs(): JournalJob[] {
    const rows = this.#db.prepare('select * from job order by rowid').all() as Record<string, unknown>[];
    return rows.map(journalJob);
  }

  job(jobId: JobId): JournalJob | undefined {
    const row = this.#db.prepare('select * from job where job_id = ?').get(jobId) as
      | Record<string, unknown>
      | undefined;
    return row && journalJob(row);
  }

  keepJob(jobId: JobId, state: JournalJobState, code = '', detail = ''): void {
    this.#db
      .prepare(
        `insert into job (job_id, state, code, detail) values (?, ?, ?, ?)
         on conflict (job_id) do update set state = excluded.state, code = excluded.code, detail = excluded.detail`,
      )
      .run(jobId, state, code, detail.slice(0, 500));
  }

  /** The job needs nothing more from us; its secrets are gone after this, but for what `keptKey` names. */
  conclude(jobId: JobId): void {
    const kept = keptKey(this.job(jobId)?.state, this.submission(jobId));
    transaction(this.#db, () => {
      this.#db.prepare('update job set concluded = 1 where job_id = ?').run(jobId);
      this.#db.prepare('delete from secret where job_id = ? and name <> ?').run(jobId, kept);
    });
    // Until it is emptied the write-ahead log holds the rows as they were, under a key that lives on.
    this.#db.exec('pragma wal_checkpoint(truncate)');
  }

  /**
   * Not synced by itself, which would be most of what a participant waits for: a power cut can take events behind whatever was
   * stored last. Nothing was said or spent on those, since that is stored first, and the coordinator shows them again.
   */
  keepEvent(jobId: JobId, event: JobEvent): void {
    const json = eventText(event);
    this.#db.exec('pragma synchronous = normal');
    try {
      this.#db
        .prepare('insert or ignore into event (job_id, idx, json) values (?, ?, ?)')
        .run(jobId, event.index, json);
    } finally {
      this.#db.exec('pragma synchronous = full');
    }
  }

  /** Whether this very event stands in the journal at its index. */
  hasEvent(jobId: JobId, event: JobEvent): boolean {
    const row = this.#db
      .prepare('select json from event where job_id = ? and idx = ?')
      .get(jobId, event.index) as { json: string } | undefined;
    return row?.json === eventText(event);
  }

  /** @throws {CodedError} MESSAGE_MALFORMED for events of an older version that this one does not read. */
  events(jobId: JobId): JobEvent[] {
    return this.#events(jobId);
  }

  /** The first event, which every version reads. */
  submission(jobId: JobId): JobEvent | undefined {
    return this.#events(jobId, 1)[0];
  }

  #events(jobId: JobId, most = -1): JobEvent[] {
    const rows = this.#db
      .prepare('select json from event where job_id = ? order by idx limit ?')
      .all(jobId, most) as { json: string }[];
    return rows.map(({ json }) => eventFromWire(fromJson(json)));
  }

  said(jobId: JobId, place: string): Post | undefined {
    const row = this.#db.prepare('select json from said where job_id = ? and place = ?').get(jobId, place) as
      | { json: string }
      | undefined;
    return row === undefined ? undefined : postFromWire(fromJson(row.json));
  }

  /** Stores posts together: after a crash either all or none of them exist. The first in a place stands. */
  keepSaid(jobId: JobId, posts: readonly { place: string; post: Post }[]): void {
    const insert = this.#db.prepare('insert or ignore into said (job_id, place, json) values (?, ?, ?)');
    transaction(this.#db, () => {
      for (const { place, post } of posts) {
        insert.run(jobId, place, canonicalJson(toJson(postToWire(post)) as Canonical));
      }
    });
  }

  /** Notes a contribution whose bytes are durable; from here on only these bytes may be sent for the sum. */
  keepOutgoing(jobId: JobId, contribution: Omit<PostOf<'contribution'>, 'kind'>): void {
    this.#db
      .prepare('insert or ignore into outgoing (job_id, sum, json) values (?, ?, ?)')
      .run(jobId, contribution.sum, JSON.stringify(contribution));
  }

  outgoing(jobId: JobId, sum: number): Omit<PostOf<'contribution'>, 'kind'> | undefined {
    const row = this.#db.prepare('select json from outgoing where job_id = ? and sum = ?').get(jobId, sum) as
      | { json: string }
      | undefined;
    return row === undefined ? undefined : JSON.parse(row.json);
  }

  /**
   * Notes a step whose parcels are durable, with the secrets it keeps (a new value replaces the one under the same
   * name) and whatever `charge` writes: all of it or nothing. The first note of a step stands.
   * @throws whatever `charge` throws; then nothing is kept.
   */
  keepStep(
    jobId: JobId,
    note: StepNote,
    secrets: ReadonlyMap<string, Secret>,
    charge: () => void = () => {},
  ): StepNote {
    transaction(this.#db, () => {
      const { changes } = this.#db
        .prepare('insert or ignore into step (job_id, step, json) values (?, ?, ?)')
        .run(jobId, note.step, JSON.stringify(note));
      if (changes === 0) return;
      for (const [name, secret] of secrets) {
        const full = keptByStep + name;
        this.#db
          .prepare('insert or replace into secret (job_id, name, box) values (?, ?, ?)')
          .run(jobId, full, encryptAtRest(this.#key, `${jobId} ${full}`, secret.reveal()));
      }
      charge();
    });
    return this.stepNote(jobId, note.step) as StepNote;
  }

  stepNote(jobId: JobId, step: number): StepNote | undefined {
    const row = this.#db.prepare('select json from step where job_id = ? and step = ?').get(jobId, step) as
      | { json: string }
      | undefined;
    return row === undefined ? undefined : JSON.parse(row.json);
  }

  /** What the steps of a job kept so far, by name. */
  stepSecrets(jobId: JobId): Map<string, Secret> {
    const rows = this.#db.prepare('select name from secret where job_id = ?').all(jobId) as {
      name: string;
    }[];
    const kept = rows.map(({ name }) => name).filter((name) => name.startsWith(keptByStep));
    return new Map(
      kept.map((name) => [name.slice(keptByStep.length), this.secret(jobId, name) as Secret] as const),
    );
  }

  /** 32 bytes of the participant, drawn once, the same over all jobs. */
  ownSalt(): Secret {
    return this.secret(noJob, 'own-salt') ?? this.keepSecret(noJob, 'own-salt', randomSecret());
  }

  /** 32 bytes of the participant for one job, drawn once. */
  jobSecret(jobId: JobId): Secret {
    return this.secret(jobId, 'job-secret') ?? this.keepSecret(jobId, 'job-secret', randomSecret());
  }

  /** The first secret kept under a name stands; returns what is kept. */
  keepSecret(jobId: JobId, name: string, secret: Secret): Secret {
    const box = encryptAtRest(this.#key, `${jobId} ${name}`, secret.reveal());
    this.#db
      .prepare('insert or ignore into secret (job_id, name, box) values (?, ?, ?)')
      .run(jobId, name, box);
    return this.secret(jobId, name) as Secret;
  }

  secret(jobId: JobId, name: string): Secret | undefined {
    const row = this.#db.prepare('select box from secret where job_id = ? and name = ?').get(jobId, name) as
      | { box: ArrayBuffer | Uint8Array }
      | undefined;
    return row === undefined
      ? undefined
      : new Secret(decryptAtRest(this.#key, `${jobId} ${name}`, new Uint8Array(row.box)));
  }

  ask(jobId: JobId, request: unknown): Approval {
    this.#db
      .prepare('insert or ignore into approval (job_id, request) values (?, ?)')
      .run(jobId, JSON.stringify(request));
    return this.approval(jobId) as Approval;
  }

  approval(jobId: JobId): Approval | undefined {
    return this.approvals().find((approval) => approval.jobId === jobId);
  }

  approvals(): Approval[] {
    const rows = this.#db.prepare('select * from approval order by rowid').all() as Record<string, string>[];
    return rows.map((row) => ({
      jobId: row.job_id as JobId,
      request: JSON.parse(row.request as string),
      answer: row.answer as Approval['answer'],
      reason: row.reason as string,
    }));
  }

  /** Answers a question that is still open; false when there is none. */
  answer(jobId: JobId, answer: 'approved' | 'refused', reason: string): boolean {
    const { changes } = this.#db
      .prepare(`update approval set answer = ?, reason = ? where job_id = ? and answer = 'asked'`)
      .run(answer, reason, jobId);
    return changes === 1;
  }
}

/**
 * SQLite gives its log files the mode of the database, so that is there first. One that is there already is not opened: whoever
 * closes a file gives up all locks that its process has on it (sqlite.org/howtocorrupt.html, section 2.2).
 */
function makeOnce(path: string): void {
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  else closeSync(openSync(path, 'a', 0o600));
}

function randomSecret(): Secret {
  return new Secret(new Uint8Array(randomBytes(32)));
}

function journalJob(row: Record<string, unknown>): JournalJob {
  return {
    jobId: row.job_id as JobId,
    state: row.state as JournalJobState,
    code: String(row.code),
    detail: String(row.detail),
    concluded: row.concluded === 1,
  };
}

const bytesMark = 'base64:';

/** Bytes inside JSON columns; marked, so that reading gives bytes again. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesMark + Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) =>
    (key === 'enc' || key === 'ciphertext') && typeof value === 'string' && value.startsWith(bytesMark)
      ? Buffer.from(value.slice(bytesMark.length), 'base64')
      : value,
  );
}

function eventText(event: JobEvent): string {
  return canonicalJson(toJson(eventToWire(event)) as Canonical);
}
