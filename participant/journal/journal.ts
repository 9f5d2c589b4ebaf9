import { closeSync, openSync } from 'node:fs';
import Database from 'libsql';
import {
  type Canonical,
  canonicalJson,
  eventFromWire,
  eventToWire,
  type HexDigest,
  type JobEvent,
  type JobId,
  type Post,
  type PostOf,
  postFromWire,
  postToWire,
  Secret,
} from '../../contract/index.js';
import { decryptAtRest, encryptAtRest } from '../../crypto/identity/index.js';

const schema = `
create table if not exists job (
  job_id text primary key,
  -- awaiting-approval, running, finished, failed, cancelled, left
  state text not null,
  code text not null default '',
  detail text not null default '',
  concluded integer not null default 0
) strict;
create table if not exists event (
  job_id text not null, idx integer not null, json text not null, primary key (job_id, idx)
) strict;
-- What we said, before it was sent: a retry resends these bytes and never computes them again.
create table if not exists said (
  job_id text not null, place text not null, json text not null, primary key (job_id, place)
) strict;
-- Protected contributions on disk, before the first byte is sent.
create table if not exists outgoing (
  job_id text not null, sum integer not null, json text not null, primary key (job_id, sum)
) strict;
-- AES-256-GCM under the journal key; wiped when the job ends.
create table if not exists secret (
  job_id text not null, name text not null, box blob not null, primary key (job_id, name)
) strict;
create table if not exists approval (
  job_id text primary key,
  request text not null,
  -- asked, approved, refused
  answer text not null default 'asked',
  reason text not null default ''
) strict;
-- Static statistics that were opened, by population and survivor set (PROTOCOLS 2: differencing).
create table if not exists statistic (
  population text not null, members text not null, job_id text not null, primary key (population, members)
) strict;
`;

export type JournalJobState = 'awaiting-approval' | 'running' | 'finished' | 'failed' | 'cancelled' | 'left';

export interface JournalJob {
  readonly jobId: JobId;
  readonly state: JournalJobState;
  readonly code: string;
  readonly detail: string;
  readonly concluded: boolean;
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
 * and questions to the operator. WAL with synchronous=FULL: what a method returned from survives SIGKILL and power loss.
 */
export class Journal {
  readonly #db: Database.Database;
  readonly #key: Secret;

  /** @param key 32 bytes; encrypts the secrets at rest. */
  constructor(path: string, key: Secret) {
    // SQLite gives its log files the mode of the database.
    closeSync(openSync(path, 'a', 0o600));
    this.#db = new Database(path);
    this.#db.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma secure_delete = on;',
    );
    this.#db.exec(schema);
    this.#key = key;
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

  /** The job needs nothing more from us; its secrets are gone after this. */
  conclude(jobId: JobId): void {
    this.#db.transaction(() => {
      this.#db.prepare('update job set concluded = 1 where job_id = ?').run(jobId);
      this.#db.prepare('delete from secret where job_id = ?').run(jobId);
    })();
    // Until it is emptied the write-ahead log holds the rows as they were, under a key that lives on.
    this.#db.exec('pragma wal_checkpoint(truncate)');
  }

  keepEvent(jobId: JobId, event: JobEvent): void {
    const json = canonicalJson(toJson(eventToWire(event)) as Canonical);
    this.#db
      .prepare('insert or ignore into event (job_id, idx, json) values (?, ?, ?)')
      .run(jobId, event.index, json);
  }

  events(jobId: JobId): JobEvent[] {
    const rows = this.#db.prepare('select json from event where job_id = ? order by idx').all(jobId) as {
      json: string;
    }[];
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
    this.#db.transaction(() => {
      for (const { place, post } of posts) {
        insert.run(jobId, place, canonicalJson(toJson(postToWire(post)) as Canonical));
      }
    })();
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

  keepStatistic(population: HexDigest, members: readonly string[], jobId: JobId): void {
    this.#db
      .prepare('insert or ignore into statistic (population, members, job_id) values (?, ?, ?)')
      .run(population, [...members].sort().join(' '), jobId);
  }

  /** Survivor sets for which statistics of a population were opened. */
  statistics(population: HexDigest): { members: string[]; jobId: string }[] {
    const rows = this.#db
      .prepare('select members, job_id from statistic where population = ?')
      .all(population) as { members: string; job_id: string }[];
    return rows.map(({ members, job_id }) => ({ members: members.split(' '), jobId: job_id }));
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
